"""Text -> ``Utterance``: composes the steps of the text stage.

    text ── markup ──► manuscript ── pieces ──► piece ── normalise ──► spoken text
                                          spoken text ── read ──► words, marks ── layout ──► Sentence

Reads piece by piece, so a text of any length is analysed in linear time and flat memory (``FrontEnd.sentences``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import ConfigError, TextError
from ..types import Break, Sentence, Span, Utterance
from .coverage import unread_characters, warn_unread
from .explain import Explanation, explain
from .layout import fit, lay_out
from .lexicon import UserLexicon
from .lexicon_file import LexiconFile
from .manuscript import Manuscript, lay_over
from .marks import CLOSING, Pauses
from .markup import read_markup
from .normalise import AppliedRule, normalise
from .own_readings import pin_readings, swap_aliases
from .phrasing import breathe
from .pieces import Piece
from .reader import Reader
from .requested import pause, pronounce
from .symbols import INVENTORY
from .units import MarkUnit, Unit, WordUnit

#: Fewest tokens per sentence that the layout can work with.
MIN_PHONEMES = 64

NO_LEXICON = "英文发音词典不存在，英文按拼写规则朗读 (no English lexicon: words are read by spelling rules)"


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence with what a caller should know about its reading.

    Attributes:
        sentence: as it will be spoken.
        warnings: about it.
        units: its words and marks with the reasons for their readings.
        rules: of normalisation that applied, spans in the original input.
    """

    sentence: Sentence
    warnings: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    rules: tuple[AppliedRule, ...] = ()


@dataclass(slots=True)
class _Held:
    """A sentence that waits until it is known what follows it."""

    units: list[Unit]
    begin: int
    end: int
    spoken: str
    paragraph: int
    first: bool
    continues: bool = False
    paragraph_end: bool = False
    warnings: list[str] = field(default_factory=list)
    rules: tuple[AppliedRule, ...] = ()
    silence_before_s: float = 0.0
    silence_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Read:
    """A piece once it is read."""

    units: list[Unit]
    spoken: str
    warnings: list[str]
    has_english: bool
    silence_before_s: float
    silence_after_s: float
    rules: tuple[AppliedRule, ...]


class FrontEnd:
    """Reads Chinese text with English in it. Thread-safe; dictionaries load on first use.

    Args:
        symbols: tokens of the acoustic model, one character each.
        max_phonemes: longest sentence in tokens.
        lexicon_dir: folder with the English pronunciation lexicon (``us_gold.json``, ``us_silver.json``); without it
            English is read by rules, with a warning.
        pauses: lengths of pauses, also those of marks inside sentences, which are left to the acoustic model where
            none are given.
        lexicon: readings of this front end's own; those of a file may change at any time.
        is_emotion: whether a name in brackets is an emotion (``[开心]`` is a tag, ``[图1]`` is text).

    Raises:
        ConfigError: the symbols lack one that readings need, or ``max_phonemes`` is too small.
    """

    def __init__(
        self,
        symbols: Collection[str],
        *,
        max_phonemes: int = 510,
        lexicon_dir: Path | None = None,
        pauses: Pauses | None = None,
        lexicon: UserLexicon | LexiconFile | None = None,
        is_emotion: Callable[[str], bool] | None = None,
    ) -> None:
        missing = sorted(INVENTORY - set(symbols))
        if missing:
            raise ConfigError(
                f"the acoustic model's vocabulary lacks {len(missing)} symbols that readings need: {' '.join(missing)}",
                missing=missing,
            )
        if max_phonemes < MIN_PHONEMES:
            raise ConfigError(
                f"max_phonemes must be at least {MIN_PHONEMES}, got {max_phonemes}", max_phonemes=max_phonemes
            )
        self.max_phonemes = max_phonemes
        self.pauses = pauses or Pauses()
        self._has_own_pauses = pauses is not None
        self._reader = Reader(lexicon_dir)
        self._lexicon = lexicon or UserLexicon()
        self._is_emotion = is_emotion

    @property
    def lexicon(self) -> UserLexicon:
        """The readings of its own, as they are now."""
        return self._own_readings()[0]

    def analyse(self, text: str, lexicon: UserLexicon | None = None) -> Utterance:
        """The whole text as it will be spoken.

        Args:
            text: any text, with or without markup.
            lexicon: readings for this text, before those of the front end.

        Raises:
            TextError: not a string, empty, or nothing in it can be spoken.
        """
        read = list(self.sentences(text, lexicon))
        warnings = tuple(dict.fromkeys(warning for item in read for warning in item.warnings))
        return Utterance(text, tuple(item.sentence for item in read), warnings)

    def explain(self, text: str, lexicon: UserLexicon | None = None) -> Explanation:
        """Why the text is read as it is: rule, reading, tone change and pause of every stretch.

        Raises:
            TextError: not a string, empty, or nothing in it can be spoken.
        """
        return explain(text, self.sentences(text, lexicon))

    def sentences(self, text: str, lexicon: UserLexicon | None = None) -> Iterator[ReadSentence]:
        """Sentences in order, one at a time; each is ready once the one after it is found.

        Raises:
            TextError: not a string, empty, or nothing in it can be spoken.
        """
        return self.read(self.open(text), lexicon)

    def open(self, text: str) -> Manuscript:
        """The text with its markup understood: tags and SSML as requests over stretches of it.

        Raises:
            TextError: not a string, empty, or SSML that is not well formed.
        """
        if not isinstance(text, str):
            raise TextError(
                f"文本应为字符串，收到 {type(text).__name__}。text must be a string, got {type(text).__name__}.",
                type=type(text).__name__,
            )
        if not text.strip():
            raise TextError(
                "文本为空，请输入要朗读的内容。The text is empty: give something to read.", code="text_empty"
            )
        return lay_over(read_markup(text, is_emotion=self._is_emotion))

    def read(self, manuscript: Manuscript, lexicon: UserLexicon | None = None) -> Iterator[ReadSentence]:
        """Sentences of an opened text, in order; each is ready once the one after it is found.

        Raises:
            TextError: nothing in it can be spoken.
        """
        readings, problem = self._own_readings()
        own = readings.merged(lexicon)
        held: _Held | None = None
        begin = 0
        paragraph = 0
        first = True
        told_lexicon = False
        early = [*manuscript.warnings, *([problem] if problem else [])]
        silence_s = 0.0
        for piece in manuscript.pieces():
            read = self._read_piece(manuscript, piece, own)
            warnings = read.warnings
            if read.has_english and not told_lexicon and not self._reader.has_lexicon:
                warnings.append(NO_LEXICON)
                told_lexicon = True
            groups = fit(read.units, self.max_phonemes)
            silence_s = max(silence_s, read.silence_before_s)
            for index, group in enumerate(groups):
                if held is not None:
                    held.end = begin = _first_begin(group) if index else max(held.end, piece.begin)
                    yield self._finish(manuscript, held, paragraph)
                spoken = read.spoken if len(groups) == 1 else ""
                held = _Held(group, begin, piece.end, spoken, paragraph, first)
                held.warnings, early = early, []
                held.silence_before_s, silence_s = silence_s, 0.0
                held.continues = index < len(groups) - 1 or piece.continues
                held.rules = read.rules
                first = False
            silence_s = max(silence_s, read.silence_after_s)
            target = early if held is None else held.warnings
            target.extend(warnings)
            if held is not None:
                held.end = piece.end
                if piece.paragraph_end and not held.paragraph_end:
                    held.paragraph_end = first = True
                    paragraph += 1
        if held is None:
            raise TextError(
                "文本里没有可以朗读的内容。Nothing in the text can be spoken." + " ".join(early[:3]),
                code="text_unspeakable",
                warnings=early[:20],
            )
        held.paragraph_end = True
        held.continues = False
        held.silence_after_s = silence_s
        yield self._finish(manuscript, held, held.paragraph + 1)

    def _own_readings(self) -> tuple[UserLexicon, str | None]:
        return self._lexicon.now() if isinstance(self._lexicon, LexiconFile) else (self._lexicon, None)

    def _read_piece(self, manuscript: Manuscript, piece: Piece, own: UserLexicon) -> _Read:
        clean = manuscript.clean(piece)
        text, inner = swap_aliases(clean.text, clean.spans, own)
        normal = normalise(text)
        spans = normal.spans if inner is None else tuple(_through(inner, span) for span in normal.spans)
        rules = tuple(
            replace(rule, span=_moved(rule.span if inner is None else _through(inner, rule.span), piece.begin))
            for rule in normal.rules
            if rule.span.begin < rule.span.end
        )
        units, has_english = self._reader.read(normal.spoken, spans, piece.begin, pin_readings(normal.spoken, own))
        unread = unread_characters(manuscript.masked[piece.begin : piece.end], piece.begin, units)
        warnings = [*normal.warnings, *warn_unread(unread, normal.warnings)]
        units, misfits = pronounce(units, manuscript.pronunciations_in(piece.begin, piece.end))
        is_end = piece.end == len(manuscript.masked)
        units, before, after = pause(breathe(units), manuscript.pauses_in(piece.begin, piece.end + is_end))
        return _Read(units, normal.spoken.strip(), [*warnings, *misfits], has_english, before, after, rules)

    def _finish(self, manuscript: Manuscript, held: _Held, paragraph: int) -> ReadSentence:
        """The held sentence, now that the paragraph of what follows is known."""
        phonemes, words, breaks = lay_out(held.units)
        roles = set()
        if held.first:
            roles.add("paragraph_first")
        if held.paragraph_end:
            roles.add("paragraph_last")
        marks = _final_marks(held.units)
        if "?" in marks.values():
            roles.add("question")
        if "!" in marks.values():
            roles.add("exclamation")
        if held.continues:
            roles.add("continues")
        sentence = Sentence(
            source=manuscript.masked[held.begin : held.end],
            span=Span(held.begin, held.end),
            spoken=held.spoken or _spoken(held.units),
            words=words,
            phonemes=phonemes,
            breaks=tuple(self._with_pause(item) for item in breaks),
            paragraph=held.paragraph,
            pause_after_s=self._pause_after(held, marks) / 1000,
            roles=frozenset(roles),
            silence_before_s=held.silence_before_s,
            silence_after_s=held.silence_after_s,
            controls=manuscript.controls_of(words[0].span.begin, held.end),
        )
        return ReadSentence(sentence, tuple(dict.fromkeys(held.warnings)), tuple(held.units), held.rules)

    def _with_pause(self, item: Break) -> Break:
        """The break with its length, where markup, our table or an added breath gives one."""
        if item.pause_s is not None or (item.mark and not self._has_own_pauses):
            return item
        length = self.pauses.after(item.mark) if item.mark else self.pauses.breath
        return replace(item, pause_s=length / 1000)

    def _pause_after(self, held: _Held, marks: dict[str, str]) -> int:
        """Milliseconds of silence after a sentence."""
        if held.paragraph_end:
            return self.pauses.paragraph
        if not marks:
            return self.pauses.breath if held.continues else self.pauses.after("")
        return max(self.pauses.after(mark) for mark in marks)


def _through(inner: tuple[Span, ...], span: Span) -> Span:
    """A span of the text that was read, as a span of the piece."""
    return Span(inner[span.begin].begin, inner[span.end - 1].end)


def _moved(span: Span, offset: int) -> Span:
    return Span(span.begin + offset, span.end + offset)


def _first_begin(units: list[Unit]) -> int:
    return units[0].span.begin


def _final_marks(units: list[Unit]) -> dict[str, str]:
    """The pausing marks after the last word: mark as written -> token."""
    marks = {}
    for unit in reversed(units):
        if isinstance(unit, WordUnit):
            break
        if unit.token not in CLOSING:
            marks[unit.mark] = unit.token
    return marks


def _spoken(units: list[Unit]) -> str:
    """Spoken form of a part of a piece."""
    return "".join(unit.mark if isinstance(unit, MarkUnit) else unit.text for unit in units)
