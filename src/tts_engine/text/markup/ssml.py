"""SSML -> ``MarkedText``: what the big clouds accept, read by a parser that allows no declarations.

Document types and entity declarations are refused (entity bombs, external files), nesting is limited, and every
error names line and column. The text of unknown elements is read, with a warning; their names are never spoken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.parsers import expat

from ...errors import TextError
from ...types import Span
from . import amounts
from .builder import Builder
from .say_as import say_as
from .values import (
    DurationRequest,
    EmotionRequest,
    EmphasisRequest,
    MarkedText,
    PauseRequest,
    PronunciationRequest,
    ProsodyRequest,
    ReferenceRequest,
    SayAsRequest,
    VoiceRequest,
)

MAX_DEPTH = 64

_START = re.compile(r"[\ufeff\s]*(?:<\?xml[^<>]{0,200}\?>\s*)?(?:<!--(?:[^-]|-(?!->)){0,2000}-->\s*)?<speak(?=[\s/>])")
_DOCTYPE_START = re.compile(r"[\ufeff\s]*(?:<\?xml[^<>]{0,200}\?>\s*)?<!DOCTYPE\s+speak\b")
_SPACE = re.compile(r"\s+")
_SENTENCE_END = frozenset("。！？!?….；;\n")
_TRANSPARENT = frozenset({"speak", "lang", "audio", "mark", "w", "token", "mstts:viseme"})
_EMPHASES = frozenset({"strong", "moderate", "none", "reduced"})
_DROPPED = frozenset({"metadata", "meta", "desc", "lexicon", "mstts:backgroundaudio", "bookmark"})


def looks_like_ssml(text: str) -> bool:
    """Whether the text is meant as an SSML document: it starts with ``<speak``."""
    return bool(_START.match(text) or _DOCTYPE_START.match(text))


@dataclass(slots=True)
class _Element:
    """An element that is open: where its content begins, and what to do when it ends."""

    name: str
    attributes: dict[str, str]
    begin: int
    plain_begin: int
    buffered: list[tuple[str, int, int]] | None = None
    silent: bool = False


@dataclass(slots=True)
class _Offsets:
    """Byte offsets of the UTF-8 document -> characters; asked in ascending order, so the whole walk is linear."""

    text: str
    byte: int = 0
    at: int = 0

    def char(self, byte: int) -> int:
        """The character at a byte offset."""
        if byte < self.byte:
            self.byte = self.at = 0
        while self.byte < byte and self.at < len(self.text):
            code = ord(self.text[self.at])
            self.byte += 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
            self.at += 1
        return self.at


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.out = Builder(source)
        self.offsets = _Offsets(source)
        self.open: list[_Element] = []
        self.in_cdata = False
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartCdataSectionHandler = self._cdata_start
        parser.EndCdataSectionHandler = self._cdata_end
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.EntityDeclHandler = self._refuse_entity
        parser.ExternalEntityRefHandler = self._refuse_external
        parser.ProcessingInstructionHandler = self._refuse_instruction
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser = parser

    def read(self) -> MarkedText:
        # errors="surrogatepass": a lone surrogate becomes an expat error with its place, not a codec error.
        document = self.source.encode("utf-8", "surrogatepass")
        try:
            self.parser.Parse(document, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise self._error(f"SSML 格式错误：{reason}", error.lineno, error.offset + 1) from error
        return self.out.result()

    def _error(self, message: str, line: int | None = None, column: int | None = None) -> TextError:
        line = line or self.parser.CurrentLineNumber
        column = column or self.parser.CurrentColumnNumber + 1
        return TextError(
            f"{message}（第 {line} 行第 {column} 列）。SSML is not usable at line {line}, column {column}; "
            "correct it there, or send plain text that does not start with <speak",
            code="ssml_invalid",
            line=line,
            column=column,
        )

    def _cdata_start(self) -> None:
        self.in_cdata = True

    def _cdata_end(self) -> None:
        self.in_cdata = False

    def _refuse_doctype(self, *_: object) -> None:
        raise self._error("SSML 中不允许 DOCTYPE 声明 (document types are refused)")

    def _refuse_entity(self, *_: object) -> None:
        raise self._error("SSML 中不允许实体声明 (entity declarations are refused)")

    def _refuse_external(self, *_: object) -> int:
        raise self._error("SSML 中不允许外部实体 (external entities are refused)")

    def _refuse_instruction(self, *_: object) -> None:
        raise self._error("SSML 中不允许处理指令 (processing instructions are refused)")

    def _here(self) -> int:
        return self.offsets.char(self.parser.CurrentByteIndex)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise self._error(f"SSML 嵌套超过 {MAX_DEPTH} 层 (nested deeper than {MAX_DEPTH})")
        name = tag.lower()
        if not self.open and name != "speak":
            raise self._error("SSML 的根元素必须是 <speak> (the root must be <speak>)")
        if name in ("p", "s"):
            self._separated(name)
        begin = self._tag_end()
        element = _Element(name, {key.lower(): value for key, value in attributes.items()}, begin, self.out.length)
        if self.open and (self.open[-1].silent or name in _DROPPED):
            element.silent = True
            if name in _DROPPED - {"metadata", "meta", "desc"}:
                self._unsupported(name)
        elif name in ("sub", "say-as"):
            element.buffered = []
        elif name in ("break", "mstts:silence"):
            self._break(element)
        elif name not in _HANDLERS and name not in _TRANSPARENT and name not in ("p", "s"):
            self.out.warn(f"未知的 SSML 元素 <{tag[:40]}>，只朗读其内容 (unknown element, only its content is read)")
        elif name == "audio":
            self._unsupported(name)
        self.open.append(element)

    def _tag_end(self) -> int:
        """The character behind the tag that begins here; quoted ``>`` inside attributes are passed over."""
        at = self._here() + 1
        quote = ""
        while at < len(self.source):
            char = self.source[at]
            at += 1
            if quote:
                quote = "" if char == quote else quote
            elif char in "\"'":
                quote = char
            elif char == ">":
                break
        return at

    def _end(self, _tag: str) -> None:
        element = self.open.pop()
        end = max(element.begin, self._here())
        if element.silent:
            return
        if element.buffered is not None:
            self._replaced(element, end)
            return
        handler = _HANDLERS.get(element.name)
        if handler is not None and end > element.begin:
            handler(self, element, Span(element.begin, end))
        if element.name in ("p", "s"):
            self._ended(element, end)

    def _ended(self, element: _Element, at: int) -> None:
        """The end of a paragraph or a sentence becomes the punctuation that is missing."""
        if self.out.length > element.plain_begin and at < len(self.source):
            self._mark(element.name, at)

    def _separated(self, name: str) -> None:
        """What stands before a paragraph or a sentence ends there."""
        if self.out.length and not any(item.silent or item.buffered is not None for item in self.open):
            self._mark(name, self._here())

    def _mark(self, name: str, at: int) -> None:
        last = self.out.last_character()
        if name == "s" and last not in _SENTENCE_END and not last.isspace():
            self.out.put("。", at, at + 1)
        elif name == "p" and last != "\n":
            self.out.put("\n", at, at + 1)

    def _characters(self, data: str) -> None:
        if not self.open:
            return
        element = self.open[-1]
        begin = self._here()
        end = begin + len(data)
        if self.source[begin:end] != data or (data == "&" and not self.in_cdata):
            end = self._entity_end(begin)
        if any(item.silent for item in self.open):
            return
        holder = next((item for item in reversed(self.open) if item.buffered is not None), None)
        if holder is not None and holder.buffered is not None:
            holder.buffered.append((data, begin, end))
        elif element.name not in ("break",):
            self._plain(data, begin, end)

    def _entity_end(self, begin: int) -> int:
        """The end of a reference (``&amp;``) or of a line end that the parser folded."""
        if self.source.startswith("\r\n", begin):
            return begin + 2
        found = self.source.find(";", begin, begin + 12)
        return found + 1 if found >= 0 else begin + 1

    def _plain(self, data: str, begin: int, end: int) -> None:
        """Character data; runs of white space, which only lay out the document, shrink to one space or none."""
        if end - begin != len(data):
            if data.isspace():
                self._space(begin, end)
            else:
                self.out.put(data, begin, end)
            return
        at = 0
        for gap in _SPACE.finditer(data):
            self.out.keep(begin + at, begin + gap.start())
            self._space(begin + gap.start(), begin + gap.end())
            at = gap.end()
        self.out.keep(begin + at, end)

    def _space(self, begin: int, end: int) -> None:
        if self.out.ends_with_space():
            return
        if end - begin == 1 and self.source[begin] == " ":
            self.out.keep(begin, end)
        elif self.out.last_character().isascii():
            self.out.put(" ", begin, end)

    def _replaced(self, element: _Element, end: int) -> None:
        """``sub`` and ``say-as``: the text takes the place of what was written."""
        span = Span(element.begin, max(end, element.begin))
        written = "".join(text for text, _, _ in element.buffered or ())
        if not written.strip() or span.begin >= span.end:
            return
        if element.name == "sub":
            alias = element.attributes.get("alias", "").strip()
            if alias:
                self.out.request(PronunciationRequest(span, alias=alias))
                self.out.put(alias, span.begin, span.end)
                return
            self.out.warn("<sub> 缺少 alias，按原文朗读 (without alias: read as written)")
        else:
            kind = element.attributes.get("interpret-as", "").strip().lower()
            form = element.attributes.get("format", "").strip().lower()
            spoken = say_as(written.strip(), kind, form)
            self.out.request(SayAsRequest(span, kind, form, read=spoken is not None))
            if spoken is not None:
                self.out.put(spoken, span.begin, span.end)
                return
            self.out.warn(
                f"say-as interpret-as={kind[:30]!r} 不适用于 {written.strip()[:30]!r}，"
                "按普通文本朗读 (read as ordinary text)"
            )
        for text, begin, stop in element.buffered or ():
            self._plain(text, begin, stop)

    def _break(self, element: _Element) -> None:
        length = amounts.break_seconds(element.attributes)
        if length is None:
            self._invalid(element.name, " ".join(element.attributes.values()))
        else:
            self.out.request(PauseRequest(self._here(), length))

    def _prosody(self, element: _Element, span: Span) -> None:
        given: dict[str, float | None] = {}
        for name, value in element.attributes.items():
            if name == "rate":
                given["rate"] = amounts.rate_factor(value)
            elif name == "volume":
                given["volume_db"] = amounts.volume_db(value)
            elif name == "pitch":
                shift = amounts.pitch(value)
                given["pitch_st"], given["pitch_hz"] = shift or (None, None)
            else:
                self.out.warn(f"<prosody> 的 {name[:30]} 不支持，已忽略 (unsupported attribute, ignored)")
                continue
            if not any(given.get(key) is not None for key in (name, f"{name}_db", f"{name}_st", f"{name}_hz")):
                self._invalid(f"prosody {name}", value)
        if any(value is not None for value in given.values()):
            self.out.request(ProsodyRequest(span, **given))

    def _phoneme(self, element: _Element, span: Span) -> None:
        alphabet = element.attributes.get("alphabet", "pinyin").strip().lower()
        said = element.attributes.get("ph", "")
        if alphabet in ("sapi", "pinyin", "x-pinyin", "x-microsoft-sapi"):
            syllables = amounts.pinyin(said)
            words = "".join(self.source[span.begin : span.end].split())
            if syllables is None or len(syllables) != len(words):
                self._invalid("phoneme ph", said)
            else:
                self.out.request(PronunciationRequest(span, pinyin=syllables))
        elif alphabet == "ipa" and said.strip():
            self.out.request(PronunciationRequest(span, phonemes=said.strip()))
        else:
            self._invalid("phoneme alphabet", alphabet)

    def _emphasis(self, element: _Element, span: Span) -> None:
        level = element.attributes.get("level", "moderate").strip().lower()
        if level in _EMPHASES:
            self.out.request(EmphasisRequest(span, level))
        else:
            self._invalid("emphasis level", level)

    def _voice(self, element: _Element, span: Span) -> None:
        name = element.attributes.get("name", "").strip()
        if name:
            self.out.request(VoiceRequest(span, name))
        else:
            self._invalid("voice name", "")

    def _reference(self, element: _Element, span: Span) -> None:
        """Our own element: a stretch said like the recording that the request gives under this name."""
        name = element.attributes.get("name", "").strip()
        if name:
            self.out.request(ReferenceRequest(span, name))
        else:
            self._invalid("tts:ref name", "")

    def _express(self, element: _Element, span: Span) -> None:
        attributes = element.attributes
        style = attributes.get("style", "").strip() or None
        role = attributes.get("role", "").strip()
        degree = None
        if "styledegree" in attributes:
            try:
                degree = float(attributes["styledegree"])
            except ValueError:
                degree = None
            if degree is None or not 0.01 <= degree <= 2:
                degree = None
                self._invalid("mstts:express-as styledegree", attributes["styledegree"])
        if style or role:
            self.out.request(EmotionRequest(span, style, degree=degree, role=role, written="ssml"))
        else:
            self._invalid("mstts:express-as style", "")

    def _duration(self, element: _Element, span: Span) -> None:
        length = amounts.seconds(element.attributes.get("value", ""), bare_ms=True)
        if length:
            self.out.request(DurationRequest(span, length))
        else:
            self._invalid("mstts:audioduration value", element.attributes.get("value", ""))

    def _unsupported(self, name: str) -> None:
        self.out.warn(f"SSML 元素 <{name}> 不支持，已忽略 (unsupported element, ignored)")

    def _invalid(self, what: str, value: str) -> None:
        self.out.warn(f"SSML 的 {what} 取值无效，已忽略：{value[:40]!r} (invalid value, ignored)")


_HANDLERS: dict[str, Callable[[_Reader, _Element, Span], None]] = {
    "break": lambda _reader, _element, _span: None,
    "mstts:silence": lambda _reader, _element, _span: None,
    "sub": lambda _reader, _element, _span: None,
    "say-as": lambda _reader, _element, _span: None,
    "prosody": _Reader._prosody,
    "phoneme": _Reader._phoneme,
    "emphasis": _Reader._emphasis,
    "voice": _Reader._voice,
    "mstts:express-as": _Reader._express,
    "express-as": _Reader._express,
    "mstts:audioduration": _Reader._duration,
    "tts:ref": _Reader._reference,
}


def read_ssml(source: str) -> MarkedText:
    """The text of an SSML document and what it asks for.

    Raises:
        TextError: not well formed, or with declarations; names line and column.
    """
    return _Reader(source).read()
