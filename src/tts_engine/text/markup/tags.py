"""Inline tags in ordinary text -> ``MarkedText``.

    [开心]你好[pause:800ms]再见   [emotion=happy][intensity=0.8]   [voice:xiaoxiao]   [ref:host]   <行|XING2>
    重庆{chong2 qing4}

An emotion, voice, reference or rate holds until the next tag of its kind, a closing tag (``[/]``, ``[/开心]``) or
the end of the line. What only looks like a tag stays text: ``[1]``, ``数组[0]``, ``[图1]``, ``a<b``, ``{x}``. Every
pattern is bounded, so a megabyte of brackets is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match

from . import amounts
from .builder import Builder
from .holding import Holding
from .pronunciation import angle, braces
from .values import MarkedText, PauseRequest

IsEmotion = Callable[[str], bool]

_KEYS = {
    "emotion": "emotion", "style": "emotion", "情感": "emotion", "情绪": "emotion", "风格": "emotion",
    "intensity": "intensity", "强度": "intensity",
    "pause": "pause", "break": "pause", "停顿": "pause", "暂停": "pause", "静音": "pause",
    "voice": "voice", "speaker": "voice", "声音": "voice", "音色": "voice",
    "speed": "speed", "rate": "speed", "语速": "speed",
    "pitch": "pitch", "音高": "pitch", "音调": "pitch",
    "volume": "volume", "音量": "volume",
    "ref": "reference", "reference": "reference", "参考": "reference",
}  # fmt: skip
_KEY = "|".join(sorted(_KEYS, key=len, reverse=True))
_HAN = "一-鿿㐀-䶿"

_TOKEN = re.compile(
    r"\\(?P<escaped>[\[<{])"
    r"|[\[［](?P<tag>[^\[\]［］\n]{1,80})[\]］]"
    r"|<(?P<words>[^<>|\[\]{}\n]{1,40})\|(?P<said>[^<>|\[\]{}\n]{1,160})>"
    r"|\{(?P<pinyin>[^{}\n]{2,160})\}"
    r"|<(?P<element>/?(?:[A-Za-z][\w-]{0,20}:)?[A-Za-z][\w-]{0,30})(?P<attributes>(?:\s+[\w:-]{1,40}\s*=\s*(?:\"[^\"<>\n]{0,80}\"|'[^'<>\n]{0,80}'))*)\s*/?>"
    r"|(?<![^\s。！？!?；;\"“])\((?P<aside>[A-Za-z][A-Za-z -]{1,30})\)"
)
_SETTING = re.compile(rf"\s*(?P<key>{_KEY})\s*(?:[:：=]\s*|\s+)(?P<value>.+?)\s*", re.IGNORECASE)
_FOREIGN_SETTING = re.compile(r"\s*[A-Za-z][A-Za-z_-]{1,20}\s*(?:=\s*[^\s=][^=]{0,40}|:\s?[\w.%+-]{1,30})\s*")
_FOREIGN_WORDS = re.compile(r"[a-z]{3,20}(?: [a-z]{2,20}){0,3}")
_NAME_AND_STRENGTH = re.compile(
    r"\s*(?P<name>[^\s:：=,，\d][^:：=,，]{0,30}?)(?:\s*[:：=,，]\s*|\s+)(?P<strength>\d{1,3}(?:\.\d+)?%?)\s*"
)
_OPEN_TAG = re.compile(rf"[\[［]\s*(?:{_KEY})\s*[:：=][^\[\]［］\n]{{0,80}}(?=[\[［\n]|$)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ELEMENTS = frozenset(
    {
        *(
            "speak",
            "break",
            "prosody",
            "voice",
            "emphasis",
            "phoneme",
            "sub",
            "say-as",
            "audio",
            "lang",
            "bookmark",
            "mark",
        ),
        *(
            "br",
            "em",
            "strong",
            "span",
            "div",
            "font",
            "img",
            "html",
            "body",
            "table",
            "li",
            "ul",
            "sup",
            "hr",
            "code",
            "pre",
        ),
        *("p", "s", "b", "i", "u", "a", "h1", "h2", "h3", "td", "tr", "small", "del", "ins", "blockquote"),
    }
)
_HAN_WORD = re.compile(rf"[{_HAN}]{{2,4}}")


class _Reader:
    def __init__(self, source: str, is_emotion: IsEmotion | None) -> None:
        self.source = source
        self.given = is_emotion
        self.is_emotion: IsEmotion = is_emotion or (lambda _name: False)
        self.accepts_any_emotion = is_emotion is None
        self.out = Builder(source)
        self.holding = Holding(self.out)

    def read(self) -> MarkedText:
        done = at = 0
        while match := _TOKEN.search(self.source, at):
            self._text(done, match.start())
            done = match.start()
            at = done + 1  # where it is no markup after all, its inside is searched too
            if self._token(match):
                done = at = match.end()
        self._text(done, len(self.source))
        self.holding.close_all(len(self.source))
        for match in _OPEN_TAG.finditer(self.source):
            self.out.warn(f"标签没有结束，按文字朗读：{match[0][:30]!r} (unterminated tag read as text)")
        return self.out.result()

    def _text(self, begin: int, end: int) -> None:
        """Ordinary characters; the end of a line ends what holds."""
        at = begin
        while self.holding and (found := self.source.find("\n", at, end)) >= 0:
            self.holding.close_all(found)
            at = found + 1
        self.out.keep(begin, end)

    def _token(self, match: Match[str]) -> bool:
        """Whether a token is markup, which then is done."""
        if match["aside"]:
            name = match["aside"].strip()
            return self.is_emotion(name) and self._emotion(match, name, None)
        if match["escaped"]:
            return self._escaped(match)
        if match["words"]:
            return angle(match, self.out)
        if match["pinyin"]:
            return braces(match, self.out)
        return self._tag(match, match["tag"].strip()) if match["tag"] else self._element(match)

    def _escaped(self, match: Match[str]) -> bool:
        r"""``\[开心]`` is the text [开心]; a backslash before anything else is a backslash."""
        following = _TOKEN.match(self.source, match.end() - 1)
        if following is None or not _Reader(self.source, self.given)._token(following):
            return False
        self.out.put(match["escaped"], match.start(), match.end())
        return True

    def _tag(self, match: Match[str], body: str) -> bool:
        """A bracket: a setting, an emotion, something unknown in the form of a tag, or text."""
        if body.startswith("/"):
            return self._closing(match, body[1:].strip())
        settings = [_SETTING.fullmatch(part) for part in re.split(r"[,，;；]\s*", body) if part]
        if settings and all(settings):
            for setting in settings:
                if setting is not None:
                    self._setting(match, _KEYS[setting["key"].lower()], setting["value"])
        elif _KEYS.get(body.lower()) == "pause":
            self.out.request(PauseRequest(match.start(), amounts.DEFAULT_PAUSE_S))
        elif self.is_emotion(body):
            self._emotion(match, body, None)
        elif (strong := _NAME_AND_STRENGTH.fullmatch(body)) and self.is_emotion(strong["name"].strip()):
            self._emotion(match, strong["name"].strip(), strong["strength"])
        else:
            return self._foreign(match, body)
        return True

    def _foreign(self, match: Match[str], body: str) -> bool:
        """Brackets that we do not know: left out when they have the form of a tag, else text."""
        before = self.source[max(0, match.start() - 1) : match.start()]
        is_index = before.isascii() and (before.isalnum() or before in ("_", "]", ")"))
        is_link = self.source.startswith("(", match.end())
        if is_index or is_link:  # list[index], [text](address)
            return False
        if _FOREIGN_SETTING.fullmatch(body) or _FOREIGN_WORDS.fullmatch(body):
            self._unknown(match)
            return True
        if _HAN_WORD.fullmatch(body) and before in ("", "\n", "。", "！", "？"):
            self.out.warn(f"{match[0]} 不是已知的标签，按文字朗读 (not a known tag, read as text)")
        return False

    def _setting(self, match: Match[str], key: str, value: str) -> None:
        value = value.strip().strip("\"'")
        at, begin = match.span()
        if key == "emotion":
            if self.accepts_any_emotion or self.is_emotion(value):
                self._emotion(match, value, None)
            else:
                self._unknown(match)
        elif key == "intensity":
            strength = amounts.fraction(value)
            if strength is None:
                self._invalid(match, "0 到 1 (0 to 1)")
            else:
                self.holding.intensity(at, begin, strength)
        elif key == "pause":
            length = amounts.seconds(value)
            if length is None:
                self._invalid(match, f"不超过 {amounts.MAX_PAUSE_S:g} 秒，例如 800ms、1.5s (at most that long)")
            else:
                self.out.request(PauseRequest(at, length))
        elif key in ("voice", "reference"):
            self.holding.start(key, at, begin, value)
        else:
            self._prosody(match, key, value)

    def _prosody(self, match: Match[str], key: str, value: str) -> None:
        if key == "speed":
            amount = amounts.rate_factor(value)
        elif key == "pitch":
            shift = amounts.pitch(value)
            amount = shift[0] if shift else None
        else:
            amount = amounts.volume_db(value)
        if amount is None:
            self._invalid(match, "例如 [speed=1.2] [pitch=+2st] [volume=-3dB] (see the examples)")
        else:
            self.holding.start(key, match.start(), match.end(), None, amount)

    def _emotion(self, match: Match[str], name: str, strength: str | None) -> bool:
        amount = amounts.fraction(strength) if strength else None
        if strength and amount is None:
            self._invalid(match, "0 到 1 (0 to 1)")
        self.holding.emotion(match.start(), match.end(), name, amount)
        return True

    def _closing(self, match: Match[str], name: str) -> bool:
        """``[/]`` ends everything, ``[/开心]`` and ``[/emotion]`` the emotion, ``[/voice]`` the voice."""
        kind = _KEYS.get(name.lower(), "emotion" if self.accepts_any_emotion or self.is_emotion(name) else "")
        if not name:
            self.holding.close_all(match.start())
        elif kind:
            self.holding.close("emotion" if kind == "intensity" else kind, match.start())
        else:
            self._unknown(match)
        return True

    def _element(self, match: Match[str]) -> bool:
        """XML-like tags in ordinary text: ``<break time="1s"/>`` is understood, others are left out."""
        name = match["element"].lstrip("/").lower()
        if ":" not in name and name not in _ELEMENTS:
            return False
        before = self.source[max(0, match.start() - 1) : match.start()]
        if len(name) == 1 and not match["attributes"] and before.isascii() and before.isalnum() and match[0][1] != "/":
            return False  # a<b>c
        if name == "break":
            self._break(match)
        else:
            self._unknown(match)
        return True

    def _break(self, match: Match[str]) -> None:
        attributes = {key: one or two for key, one, two in _ATTRIBUTE.findall(match["attributes"] or "")}
        length = amounts.break_seconds(attributes)
        if length is None:
            self._invalid(match, '例如 <break time="800ms"/> (see the example)')
        else:
            self.out.request(PauseRequest(match.start(), length))

    def _unknown(self, match: Match[str]) -> None:
        self.out.warn(f"未知标签 {match[0][:40]} 已略去，不朗读 (unknown tag left out)")

    def _invalid(self, match: Match[str], allowed: str) -> None:
        self.out.warn(f"标签 {match[0][:40]} 的取值无效，已忽略；应为 {allowed} (invalid value, ignored)")


def read_tags(source: str, is_emotion: IsEmotion | None) -> MarkedText:
    """The text without its inline tags, and what they ask for."""
    return _Reader(source, is_emotion).read()
