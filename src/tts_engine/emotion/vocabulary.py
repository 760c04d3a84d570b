"""The one emotion vocabulary: names, labels and aliases of every entrance.

An emotion is a point on eight axes (the order of IndexTTS-2) or a named style that is more than an emotion. Stable
identifiers are English; labels are Chinese and English. Names of other systems that lie between ours are blends of
ours (``BLENDS``). This module knows names only, not how anything sounds.

Sources of the aliases: the style names that Azure documents for zh-CN voices, the audio tags of ElevenLabs v3, the
markers of Fish Audio, the axes of IndexTTS-2, and everyday Chinese.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ControlError, near_matches
from ..types import EMOTION_AXES

AXES = EMOTION_AXES
NEUTRAL = "neutral"

#: Asks for the emotion that the words themselves carry.
AUTO = "auto"
AUTO_NAMES = ("auto", "automatic", "from_text", "自动", "智能", "跟随文本")


@dataclass(frozen=True, slots=True)
class Label:
    """A name in the vocabulary.

    Attributes:
        name: stable identifier.
        zh: Chinese label.
        aliases: other names that mean the same, Chinese and English, other systems' included.
    """

    name: str
    zh: str
    aliases: tuple[str, ...] = ()


def _label(name: str, zh: str, aliases: str = "") -> Label:
    return Label(name, zh, tuple(aliases.split()))


LABELS = (
    _label(NEUTRAL, "中性", "自然 普通 无 默认 正常 none default normal"),
    _label(
        "happy", "喜悦", "开心 高兴 快乐 喜 欣喜 欢喜 大笑 joy joyful happiness glad delighted laughs laughing chuckles"
    ),
    _label("angry", "愤怒", "生气 恼火 怒 气愤 发怒 暴怒 anger mad furious annoyed"),
    _label("sad", "悲伤", "难过 伤心 哀 悲 悲痛 哀伤 哭泣 sadness sorrow sorrowful crying cry sobbing upset grief"),
    _label("afraid", "恐惧", "害怕 惊恐 惧 惊慌 恐慌 fear fearful scared frightened panicked anxious nervous"),
    _label(
        "disgusted", "厌恶", "嫌弃 反感 恶心 鄙视 轻蔑 disgust disgusting contempt contemptuous scornful disdainful"
    ),
    _label("melancholic", "低落", "忧郁 沮丧 失落 惆怅 消沉 叹气 depressed melancholy gloomy sighs sigh dejected"),
    _label("surprised", "惊喜", "惊讶 惊奇 吃惊 震惊 惊 surprise astonished amazed shocked gasps"),
    _label("calm", "平静", "冷静 平和 镇定 淡定 从容 平缓 舒缓 peaceful relaxed composed narration-relaxed"),
    _label("gentle", "温柔", "轻柔 柔和 温和 体贴 安慰 soft tender friendly comforting soothing warm"),
    _label("excited", "激动", "兴奋 亢奋 热情 激昂 热血 enthusiastic thrilled passionate energetic"),
    _label("cheerful", "愉快", "欢快 轻快 活泼 俏皮 愉悦 bright lively playful"),
    _label("affectionate", "深情", "爱慕 宠溺 抒情 loving lyrical romantic"),
    _label("serious", "严肃", "庄重 郑重 认真 威严 formal solemn stern newscast-formal"),
    _label("whispering", "低语", "耳语 悄悄话 悄声 小声 whisper whispers whispered"),
    _label("shouting", "喊叫", "大喊 呐喊 大叫 吼叫 shout shouts yelling yell screaming screams"),
    _label("sarcastic", "讽刺", "嘲讽 嘲笑 阴阳怪气 反讽 挖苦 mocking sarcasm ironic sarcastically"),
    _label("suspense", "悬疑", "紧张 神秘 悬念 tense mysterious suspenseful"),
    _label("news", "播报", "新闻 播音 新闻播报 newscast newscast-casual narration-professional broadcast"),
    _label("story", "讲故事", "故事 说书 旁白 story-telling storytelling narration documentary-narration narrator"),
    _label("chat", "聊天", "闲聊 对话 口语 chat-casual conversational conversation casual"),
    _label("embarrassed", "尴尬", "害羞 难为情 羞涩 不好意思 shy awkward"),
    _label("curious", "好奇", "疑惑 困惑 puzzled confused questioning"),
)

#: Names that lie between ours, as blends of ours.
BLENDS: dict[str, str] = {
    "assistant": "chat 0.6 + gentle 0.2",
    "customerservice": "chat 0.5 + cheerful 0.3",
    "助手": "chat 0.6 + gentle 0.2",
    "客服": "chat 0.5 + cheerful 0.3",
    "disgruntled": "disgusted 0.5 + angry 0.3",
    "不满": "disgusted 0.5 + angry 0.3",
    "unfriendly": "disgusted 0.5 + serious 0.3",
    "冷漠": "serious 0.5 + disgusted 0.2",
    "empathetic": "gentle 0.5 + sad 0.2",
    "同情": "gentle 0.5 + sad 0.2",
    "sympathetic": "gentle 0.5 + sad 0.2",
    "envious": "sarcastic 0.4 + melancholic 0.3",
    "嫉妒": "sarcastic 0.4 + disgusted 0.3",
    "jealous": "sarcastic 0.4 + disgusted 0.3",
    "羡慕": "curious 0.3 + melancholic 0.3",
    "hopeful": "cheerful 0.4 + affectionate 0.3",
    "期待": "cheerful 0.5 + curious 0.3",
    "poetry-reading": "affectionate 0.6 + calm 0.2",
    "朗诵": "affectionate 0.6 + calm 0.2",
    "sorry": "sad 0.4 + gentle 0.3",
    "抱歉": "sad 0.4 + gentle 0.3",
    "sports-commentary": "excited 0.8 + shouting 0.2",
    "sports-commentary-excited": "excited 0.7 + shouting 0.3",
    "体育解说": "excited 0.8 + shouting 0.2",
    "terrified": "afraid 1",
    "惊恐万分": "afraid 1",
    "委屈": "sad 0.5 + melancholic 0.3",
    "wronged": "sad 0.5 + melancholic 0.3",
    "疲惫": "melancholic 0.6 + whispering 0.1",
    "tired": "melancholic 0.6 + whispering 0.1",
    "exhausted": "melancholic 0.8 + whispering 0.2",
    "骄傲": "cheerful 0.4 + serious 0.3",
    "proud": "cheerful 0.4 + serious 0.3",
    "感动": "affectionate 0.5 + sad 0.2",
    "touched": "affectionate 0.5 + sad 0.2",
    "绝望": "sad 0.7 + melancholic 0.3",
    "desperate": "sad 0.7 + afraid 0.3",
    "advertisement-upbeat": "excited 0.4 + cheerful 0.4",
    "advertisement_upbeat": "excited 0.4 + cheerful 0.4",
    "广告": "excited 0.4 + cheerful 0.4",
    "livecommercial": "excited 0.6 + cheerful 0.3",
    "直播带货": "excited 0.6 + cheerful 0.3",
    "comfort": "gentle 0.8",
}

#: Manners that exclude each other: a request for both is contradictory.
EXCLUSIVE = (("whispering", "shouting"),)

#: What a style is on the eight axes, for engines that know only those.
STYLE_VECTORS: dict[str, dict[str, float]] = {
    "gentle": {"calm": 0.6, "happy": 0.2},
    "excited": {"happy": 0.7, "surprised": 0.3},
    "cheerful": {"happy": 0.7},
    "affectionate": {"calm": 0.4, "happy": 0.3},
    "serious": {"calm": 0.5},
    "whispering": {"calm": 0.4},
    "shouting": {"angry": 0.5, "surprised": 0.2},
    "sarcastic": {"disgusted": 0.6, "angry": 0.2},
    "suspense": {"afraid": 0.5},
    "news": {"calm": 0.3},
    "story": {"calm": 0.3},
    "chat": {"happy": 0.2},
    "embarrassed": {"afraid": 0.2, "melancholic": 0.2},
    "curious": {"surprised": 0.4},
}


def _fold(name: str) -> str:
    """One spelling of a name: case, underscores and spaces do not matter."""
    return name.strip().casefold().replace("_", "-").replace(" ", "-")


_BY_NAME = {_fold(alias): label for label in LABELS for alias in (label.name, label.zh, *label.aliases)}
_BLENDS = {_fold(name): blend for name, blend in BLENDS.items()}
_AUTO = {_fold(name) for name in AUTO_NAMES}
_BY_ID = {label.name: label for label in LABELS}


def names() -> tuple[str, ...]:
    """The stable identifiers, neutral first, then the axes, then the styles."""
    return tuple(_BY_ID)


def style_names() -> tuple[str, ...]:
    """The identifiers that are manners rather than points on the axes."""
    return tuple(name for name in _BY_ID if name not in AXES and name != NEUTRAL)


def chinese(name: str) -> str:
    """The Chinese label of a stable identifier."""
    return "自动" if name == AUTO else _BY_ID[name].zh


def find_label(name: str) -> Label:
    """The label that a name means, whatever language or system it comes from.

    Raises:
        ControlError: nobody calls an emotion so; lists near matches.
    """
    label = _BY_NAME.get(_fold(name))
    if label is None:
        raise unknown_emotion(name)
    return label


def find_blend(name: str) -> str | None:
    """What a name of another system is as a blend of ours, or None."""
    return _BLENDS.get(_fold(name))


def is_auto(name: str) -> bool:
    """Whether a name asks for the emotion that the words carry."""
    return _fold(name) in _AUTO


def is_emotion(name: str) -> bool:
    """Whether the vocabulary knows a name."""
    folded = _fold(name)
    return folded in _BY_NAME or folded in _BLENDS or folded in _AUTO


def unknown_emotion(name: str) -> ControlError:
    """The one error for a name that the vocabulary does not know."""
    near = near_matches(_fold(name), [*_BY_NAME, *_BLENDS, *_AUTO])
    known = "、".join(label.zh for label in LABELS)
    close = "、".join(near)
    return ControlError(
        f"没有名为 {name!r} 的情感{f'，是不是要 {close}' if near else ''}？可用：{known}、auto。"
        f"Unknown emotion {name!r}{f', did you mean {close}' if near else ''}? Known: {known}, auto.",
        code="emotion_unknown",
        value=name,
        near=near,
    )
