"""Verbs of saying, and what only looks like one."""

from __future__ import annotations

import re

_VERBS = (
    "说道|问道|答道|回答|回应|回道|应道|应声|开口|接口|接话|插嘴|插话|追问|反问|询问|嘟囔|嘟哝|嘀咕|咕哝|咕噜|喃喃|低语|自语|念叨|唠叨|表示|介绍|告诉|认为|指出|坦言|强调"
    "|解释|回忆|透露|感慨|感叹|补充|宣布|宣告|命令|下令|吩咐|叮嘱|嘱咐|催促|央求|哀求|恳求|请求|抱怨|埋怨|安慰|劝慰|提醒|警告|威胁|质问|责问|盘问|呵斥|训斥|斥责|责备"
    "|嘲讽|讥讽|嘲笑|讥笑|调侃|打趣|附和|赞叹|赞道|称赞|夸奖|惊呼|惊叫|尖叫|惨叫|大叫|大喊|高喊|高呼|呼喊|呼唤|欢呼|叹息|叹气|叹了[一]?口气|长叹|哭诉|哭喊|哀嚎|嚎叫|辩解|争辩|反驳"
    "|答应|招呼|承认|否认|坚持|发话|发问|出声|分析|总结|评价|苦笑|冷笑|微笑|大笑|狞笑|嗤笑|冷哼|嗔|哂|怒喝|厉喝|娇叱|低吼|怒吼|咆哮|嘶吼|咒骂|大骂|怒骂|哄|劝|嚷|吼|骂"
    "|喊|叫|喝|斥|问|答|念|唤|呼|曰|叹|哭|笑|称|证实|呼吁|建议|推荐|猜测|估计|感谢|道谢|道歉|祝福|撒娇|求饶|起哄|附耳|传音|哼|喘|催|夸|哭着|学着|通报|报告|禀告|禀报|请示|汇报|诉说|倾诉|说"
)
_SAYING = re.compile(rf"(?:{_VERBS})|(?<![知味街难频渠轨隧管铁赛跑人地公航大小一几])道(?=[：:，,。！!“「\"]|$)")
_NOT_SAYING = re.compile(
    r"(?:没有?|不|未|并未|不再|没再|无法|难以|一言不|说不出|答不上|顾不上)(?:有|再|曾|敢|肯|会|能|想)?(?:说话|说|吭声|回答|答话|答|作声|出声|开口|吱声|笑|叫|理会)"
    r"|说不出|说不清|说完|话说|却说|且说|听说|据说|传说|小说|说服|说法|说明书|说话声|笑容|笑脸|笑声|笑意|哭声|叫声|喊声|叫做|名叫|问题|学问|疑问|答案|呼吸|喝[水茶酒汤了着]|名称|称呼|对称"
    r"|念头|念书|可笑|好笑|玩笑|想念|思念|一声不吭|不问|劝说不动|称为|号称|人称|介绍信|哄堂|哄笑|推荐信|口哨|似的笑|叫人|叫来|大叫大|哭了|喘息|喘着|喘气|哼歌|自称|喘不"
)

#: Narration that ends so is followed by what somebody says.
SPEECH_BEFORE = re.compile(rf"(?:{_VERBS}|道)(?:着|了|了?一[声句]|起来|出[来声]?)?[，,：:]?$")

#: At the very beginning of what follows a quotation.
_FLAT = re.compile(r"[，,。！!？?：:；;…—～~\s]+")


def says(clause: str) -> bool:
    """Whether a clause says that somebody says something."""
    return _SAYING.search(_NOT_SAYING.sub("", clause)) is not None


def clauses_of(sentence: str) -> list[str]:
    """The clauses of a sentence, without its punctuation."""
    return [clause for clause in _FLAT.split(sentence) if clause]
