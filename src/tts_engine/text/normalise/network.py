# ruff: noqa: E501 - tables: one rule, one line
"""Addresses of the network: URL, e-mail, IP, file names, @names and hashtags."""

from __future__ import annotations

import re
from re import Match

from .numbers import digits, phone_digits
from .rule import Rule, rule

_TLD = "com|cn|net|org|edu|gov|io|ai|co|me|tv|cc|top|xyz|info|biz|app|dev|uk|jp|hk|tw|de|fr|us|ru|kr|shop|site|online|vip|club|tech|cloud|wang|ltd|int|mil|eu|sg|au|ca|in|gg|ly|im"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})"
_HOST = rf"(?:{_LABEL}\.){{1,6}}(?:{_TLD})(?![A-Za-z0-9-])"
_PATH = r"(?::\d{2,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'*+,;=%]{0,512})?"
_IP = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?!\.?\d)"
_FILES = "pdf|docx?|xlsx?|pptx?|txt|csv|json|ya?ml|xml|html?|md|py|js|ts|java|cpp|exe|zip|rar|7z|tar|gz|jpe?g|png|gif|svg|mp3|mp4|wav|flac|avi|mkv|mov|apk|dmg|iso|log|ini|conf|sh|bat|php|css|sql|psd|epub|mobi"
_SIGNS = {
    ".": "点", "/": "斜杠", ":": "冒号", "@": "艾特", "-": "杠", "_": "下划线", "?": "问号", "=": "等于", "&": "和", "#": "井号", "%": "百分号",
    "+": "加", "~": "波浪号", ",": "逗号", ";": "分号", "!": "感叹号", "*": "星号", "$": "美元符", "'": "", "[": "", "]": "",
}  # fmt: skip


def spell(text: str) -> str:
    """An address as it is read aloud: letters stay, digits by name, signs by name."""
    return "".join(_SIGNS.get(char, digits(char)) for char in text)


def _url(match: Match[str]) -> str | None:
    text = match["rest"].rstrip(".,;:!?'/#")
    return spell(text) if text else None


def _email(match: Match[str]) -> str:
    return spell(match[0])


def _ip(match: Match[str]) -> str:
    return digits(match["ip"]).replace(".", "点") + (f"端口{digits(match['port'])}" if match["port"] else "")


def _ip_labelled(match: Match[str]) -> str:
    return phone_digits(match["ip"]).replace(".", "点") + (
        f"端口{phone_digits(match['port'])}" if match["port"] else ""
    )


_TRAIL = r"(?<![.,;:!?])"

RULES: tuple[Rule, ...] = (
    # user_01@mail.example.com => user下划线零一艾特mail点example点com
    rule("net.email", "ad", rf"[A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}}@{_HOST}", _email),
    # https://www.example.com/a?b=1 => www点example点com斜杠a问号b等于一
    rule("net.url", "a", rf"(?:https?|ftp|ws|wss)://(?P<rest>[A-Za-z0-9\-._~:/?#@!$&'*+,;=%]{{1,512}}){_TRAIL}", _url),
    # www.example.com => www点example点com, example.cn/path
    rule("net.host", "ad", rf"(?P<rest>{_HOST}{_PATH}){_TRAIL}", _url, not_left=r"[A-Za-z0-9@.-]"),
    # 地址192.168.22.3 => 幺九二点幺六八点二二点三
    rule(
        "net.ip_labelled",
        "d",
        rf"(?P<ip>{_IP})(?:\:(?P<port>\d{{2,5}}))?",
        _ip_labelled,
        left="(?:地址|IP|ip|网关|主机|服务器|DNS|路由器?|掩码)[是为：:\\s]{0,3}",
        not_left=r"[\d.]",
    ),
    # 127.0.0.1 => 一二七点零点零点一
    rule("net.ip", "d", rf"(?P<ip>{_IP})(?:\:(?P<port>\d{{2,5}}))?", _ip, not_left=r"[\d.§]|版本\s?|[vV]"),
    # document.pdf => document点pdf
    rule(
        "net.file",
        "ad",
        rf"[A-Za-z0-9_][A-Za-z0-9_-]{{0,80}}\.(?:{_FILES})(?![A-Za-z0-9.])",
        lambda m: spell(m[0]) if re.search("[A-Za-z]", m[0].split(".")[0]) or not m[0][0].isdigit() else None,
        not_left=r"[A-Za-z0-9.]",
    ),
    rule(
        "net.file_suffix",
        "s",
        rf"\.(?=(?:{_FILES})(?![A-Za-z0-9]))",
        "点",
        left=r"[一-鿿]|[一-鿿）)]",
        right=rf"(?:{_FILES})",
    ),
    # @张三 => 艾特张三
    rule("net.mention", "s", r"@(?=[\w一-鿿])", "艾特"),
    # #春节# => 春节; the signs only mark the topic
    rule("net.hashtag", "s", r"#(?=[^\s#]{1,30}#)|#(?=\s|$|[，。！？])", "", not_right=r"\d+$"),
    rule("net.hashtag_open", "s", r"#(?=[A-Za-z一-鿿\d])", ""),
)
