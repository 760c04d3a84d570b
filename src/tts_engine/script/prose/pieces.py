"""A text -> paragraphs, each cut into what is told and what is said.

    雨停了。“走吧。”他说。   ──►   told 雨停了。 | said 走吧。 | told 他说。

Quotation marks “” 「」 『』 ‘’ " nest: what is quoted inside a quotation belongs to it. What stands in quotation marks
and is not said by anybody (所谓“自由”, “砰”的一声, a title) stays part of what is told. A quotation that is not closed
ends with its paragraph; if the next one begins with the same mark it goes on there. A paragraph that begins with a dash
is said where the text has no quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .sayings import SPEECH_BEFORE, says

TOLD, SAID = "told", "said"

_CLOSERS = {"“": "”", "「": "」", "『": "』", "‘": "’", '"': '"', "＂": "＂"}
_OPENER = re.compile('[“「『‘"＂]')
_MARK = re.compile("[“”「」『』‘’]")
_ENDS = "。！？!?…，,；;—～~."
_MENTION_BEFORE = re.compile(
    r"(?:所谓的?|叫做?|名叫|名为|取名|名字是|唤作|唤做|称作|称为|称之为|号称|人称|江湖上?人?称|绰号|外号|写着|刻着|印着|绣着|题着|名曰|题为|挂着|贴着|标着|当作|作为"
    r"|成为|被誉为|誉为|视为|看作|一个|这个|那个|两个|对于|关于|的|《|是|了)$"
)
_MENTION_AFTER = re.compile(
    r"[一二两三四五六七八九十几这那]?个?大?字|地?一声|的一声|的声|地?一下|一词|一说|之称|之名|称号|二字|这[个种句]|那[个种句]|[，,]?[一两]声|的名[声号字]|地响|的响"
)
_WRITTEN = re.compile("(?:写着|写道|印着|刻着|写的是)[：:]$")
_SOUND = re.compile(
    r"^[叮咚铛当哐啷砰嘭轰隆哗啦沙滴答嗒咔嚓嘎吱呀噼里啪咕噜咚扑通嗖呼嘀嘟喵汪咩哞叽喳嘶吼嗷呱嗡咣梆铃簌飒潺啾噗哧]{1,8}[!！…~～—]*$"
)
_SOUND_AFTER = re.compile(r"[地的]|[，,]|[一几两]声|。?$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph, ``text[begin:end]`` of the source.

    Attributes:
        kind: ``told`` or ``said``.
        begin: first character, quotation marks included.
        end: one past the last.
        text: without the quotation marks.
        goes_on: it continues the quotation that the paragraph before left open.
    """

    kind: str
    begin: int
    end: int
    text: str
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of the source with its pieces in order."""

    begin: int
    end: int
    pieces: tuple[Piece, ...]


def split_paragraphs(text: str) -> Iterator[Paragraph]:
    """Paragraphs that are not blank, in order; together they hold every character that is not white space."""
    has_quotes = _OPENER.search(text) is not None
    left_open = ""
    position = 0
    for raw in text.split("\n"):
        begin = position + len(raw) - len(raw.lstrip())
        stripped = raw.strip()
        position += len(raw) + 1
        if not stripped:
            continue
        pieces, left_open = _split(stripped, begin, left_open)
        if not has_quotes and re.match(r"(?:——|—|―)\s*[^\W\d_]", stripped):
            lead = re.match(r"[—―]+\s*", stripped)
            pieces = [Piece(SAID, begin, begin + len(stripped), stripped[lead.end() if lead else 0 :])]
        yield Paragraph(begin, begin + len(stripped), tuple(pieces))


def _split(text: str, offset: int, left_open: str) -> tuple[list[Piece], str]:
    """The pieces of a paragraph and the mark of a quotation that it leaves open."""
    pieces: list[Piece] = []
    told = 0
    position = 0
    goes_on = bool(left_open) and text.startswith(left_open)
    open_mark = ""
    closings = _closings(text)
    while opener := _OPENER.search(text, position):
        begin = opener.start()
        if opener[0] in '"‘' and begin and text[begin - 1].isascii() and text[begin - 1].isalnum():
            position = begin + 1  # 5" and don't
            continue
        end = _close(text, begin, closings)
        if end < 0:
            end, open_mark = len(text), opener[0]
            inner = text[begin + 1 : end]
        else:
            inner = text[begin + 1 : end - 1]
        position = end
        if not _is_said(text, begin, end, inner):
            open_mark = ""
            continue
        if text[told:begin].strip():
            pieces.append(Piece(TOLD, offset + told, offset + begin, text[told:begin]))
        pieces.append(Piece(SAID, offset + begin, offset + end, inner, goes_on and begin == 0))
        told = end
    if text[told:].strip():
        pieces.append(Piece(TOLD, offset + told, offset + len(text), text[told:]))
    return pieces, open_mark


def _closings(text: str) -> dict[int, int]:
    """Place of each mark that opens -> one past the one that closes it, marks of one kind nested, in one pass."""
    closings: dict[int, int] = {}
    open_at: dict[str, list[int]] = {}
    for mark in _MARK.finditer(text):
        if mark[0] in _CLOSERS:
            open_at.setdefault(_CLOSERS[mark[0]], []).append(mark.start())
        elif open_at.get(mark[0]):
            closings[open_at[mark[0]].pop()] = mark.end()
    return closings


def _close(text: str, begin: int, closings: dict[int, int]) -> int:
    """One past the mark that closes the quotation at ``begin``; -1 where nothing does."""
    opener, closer = text[begin], _CLOSERS[text[begin]]
    if opener == closer or begin not in closings:  # opened twice and closed once: the first mark that closes counts
        return text.find(closer, begin + 1) + 1 or -1
    return closings[begin]


def _is_said(text: str, begin: int, end: int, inner: str) -> bool:
    before, after = text[max(0, begin - 48) : begin].rstrip()[-24:], text[end : end + 48].lstrip()[:24]
    is_lead = SPEECH_BEFORE.search(before) is not None
    is_closed = inner.rstrip("”’』」")[-1:] in _ENDS
    is_short = len(inner) <= 12
    if not any(character.isalnum() for character in inner):
        said = bool(re.search("[…！？!?—]", inner)) and not _MENTION_AFTER.match(after)
    elif _SOUND.match(inner) and not is_lead and _SOUND_AFTER.match(after):
        said = False
    elif before.endswith(("：", ":")):
        said = not _WRITTEN.search(before) or "“" in inner
    elif is_short and _MENTION_AFTER.match(after):
        said = False
    elif is_lead or is_closed:
        said = not (_MENTION_BEFORE.search(before) and (is_short if is_closed and not is_lead else not is_closed))
    elif before and before[-1] not in "，,。！？!?；;…”’」』—":
        said = False
    else:
        said = not (before or after) or says(re.split("[。！？!?]", after)[0])
    return said
