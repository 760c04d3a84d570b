# ruff: noqa: E501 - tables: one rule, one line
"""Emoji and kaomoji: silent and named in the warnings; ``emoji="name"`` reads the common ones."""

from __future__ import annotations

from .numbers import digits
from .rule import Rule, rule

NAMES = {
    "😀": "笑脸", "😁": "开心", "😂": "笑哭", "🤣": "大笑", "😊": "微笑", "😄": "笑脸", "😍": "爱心眼", "😘": "飞吻", "😭": "大哭", "😢": "流泪", "😡": "生气", "😠": "生气",
    "😱": "惊恐", "😎": "酷", "🤔": "思考", "😅": "尴尬", "😴": "睡觉", "🙏": "祈祷", "👍": "点赞", "👎": "差评", "👏": "鼓掌", "💪": "加油", "❤": "爱心", "💔": "心碎",
    "🎉": "庆祝", "🔥": "火", "⭐": "星星", "🌹": "玫瑰", "🎁": "礼物", "🎂": "蛋糕", "☀": "太阳", "🌙": "月亮", "💯": "一百分", "✅": "对勾", "❌": "叉",
}  # fmt: skip

_PICTURE = "[\U0001f000-\U0001faff\u2600-\u26ff\u2700-\u275f\u2761-\u2767\u2794-\u27bf\u2b00-\u2bff\u231a-\u23ff\u3297\u3299\u303d\u24c2]"
_JOINED = f"(?:[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}|[0-9#*]\ufe0f?\u20e3)[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_SEQUENCE = f"{_JOINED}(?:\u200d{_JOINED}){{0,6}}"
_FACE = (
    r"[(（][\s]?[^\w\s一-鿿()（）]{1,2}[_\-ωДд∀▽oO.ᴗ。3ㅂ﹏︿‿益皿口][^\w\s一-鿿()（）]{1,2}[^()（）\w一-鿿]{0,2}[\s]?[)）][~ノﾉ♪☆b]?|"
    r"[(（](?:T[_.ωoO]T|[;；]_[;；]|>_<|\^o\^|o_O|O_o|oAo|QAQ|TAT)[)）]|"
    r"(?<![A-Za-z])(?:T_T|QAQ|TAT|Orz|orz|OTZ|\^_\^|>_<|-_-\|{0,3}|\^o\^|o_O|O_o|=_=|\^_~)(?![A-Za-z])|"
    r"(?<![\dA-Za-z])[:;=]['’]?-?[)(DPpO](?![A-Za-z\d])|¯\\_\(ツ\)_/¯|ヽ\(.{1,5}\)ノ|（づ.{1,6}）づ"
)

SILENT: tuple[Rule, ...] = (
    # 1️⃣ => 一
    rule("emoji.keycap", "d", "([0-9])\ufe0f?\u20e3", lambda m: digits(m[1])),
    # 你好😊 => 你好
    rule("emoji.silent", "sd", _SEQUENCE, "", warn="表情符号不朗读 (emoji not spoken)"),
    # 谢谢(^_^) => 谢谢, T_T
    rule("emoji.kaomoji", "sa", _FACE, "", warn="颜文字不朗读 (kaomoji not spoken)"),
)

NAMED: tuple[Rule, ...] = (
    # 👍 => 点赞
    rule("emoji.name", "s", f"[{''.join(NAMES)}]\ufe0f?", lambda m: NAMES[m[0][0]]),
    *SILENT,
)
