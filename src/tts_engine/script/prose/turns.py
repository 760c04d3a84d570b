"""Paragraphs -> turns: what one person says in one go, with everything that speaks for and against each speaker.

Evidence adds up as logarithms of odds: who is named as saying it, which pronouns fit, who acts beside it, who is
called by name in it (and so does not say it), who was spoken to before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .cast import FIRST_PERSON, Cast, Person, called, introduces
from .pieces import SAID, TOLD, Paragraph, Piece
from .told import Clause, Subject, Told, read_told

#: Weights of evidence, natural logarithms of odds; set on ``tests/golden/script/attribution/tuned``.
LEAD, AFTER, GOES_ON = 6.0, 5.5, 6.0
ACTS_AFTER, ACTS_BEFORE = 3.2, 1.9
INTRODUCED, CALLED, SPOKEN_TO = 3.0, -3.0, 1.6
PRONOUN_RANKS = (2.6, 1.7, 1.2, 0.8)
WRONG_GENDER = -4.0
NARRATED, NARRATED_SILENT, NARRATED_SAYING = 1.0, -1.2, 2.2
CALLED_BACK = 1.0
SOMEBODY = 4.0

#: Characters of the narration beside a quotation that may say how it is said.
_TAG_LENGTH = 160

_SILENT = re.compile(
    "没有?(?:说话|吭声|回答|作声|动|理|接话|应|出声|言语|反应)|不语|沉默|无言|不说话|一声不吭|愣住|怔住|怔|僵住|说不出|不答|不理|没吱声|无语|一言不发|低下了?头|呆住|什么也没说|一静|一愣"
)
_CRIES = re.compile("[喊叫问骂吼嚷]|开口|说(?!完|罢|话)")
_SOMEBODY = re.compile(
    r"^[^，。]{0,10}(?<![他她它])的?(?:声音|女声|男声)[^，。]{0,10}(?:[，。：]|$)|(?:有人|有个声音|一个[^，。]{0,8}声音|不知是?谁)[^，。]{0,10}(?:说|喊|叫|问|道|嚷|笑)"
)
_VOICE_FIRST = re.compile("忽听|只听|但听|猛听|却听|传来|响起|有人|忽有人|不知谁")
_ANYBODY = re.compile("有人|有个声音|一个声音|不知谁")
_VOICE = re.compile("传来|响起|有人|声音|一声|笑声|不知谁")


@dataclass(slots=True)
class Reason:
    """Evidence for somebody: how much, by which rule, which words."""

    weight: float
    rule: str
    words: str


@dataclass(slots=True)
class Turn:
    """What one person says in one go.

    Attributes:
        pieces: quotations, in order.
        paragraph: number of its paragraph.
        for_whom: person -> evidence.
        gap: characters of what is told since the turn before.
        recent: people mentioned before it, the latest first.
        has_lead: somebody is named as saying it before it begins.
        somebody: evidence for somebody who is not named (有人喊).
        tags: what is told of how a quotation is said (他怒吼道), by where the quotation begins.
    """

    pieces: list[Piece]
    paragraph: int
    for_whom: dict[int, list[Reason]] = field(default_factory=dict)
    gap: int = 0
    recent: tuple[Person, ...] = ()
    has_lead: bool = False
    somebody: float = 0.0
    tags: dict[int, str] = field(default_factory=dict)

    def add(self, person: Person, weight: float, rule: str, words: str) -> None:
        """One more reason."""
        self.for_whom.setdefault(id(person), []).append(Reason(weight, rule, words))


class Turns:
    """Reads paragraphs in order; remembers who was mentioned.

    Args:
        cast: the people of the text.
    """

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._people = cast.everybody()
        self._recent: list[Person] = []
        self._last: Turn | None = None
        self._last_addressees: list[Person] = []
        self._between: list[Told] = []
        self._number = 0
        self._told = 0

    def read(self, paragraphs: Iterable[Paragraph]) -> Iterator[Turn]:
        """The turns, in order."""
        lead: tuple[Told, ...] = ()
        for number, paragraph in enumerate(paragraphs):
            self._number = number
            told = {
                index: read_told(piece.text, self._cast)
                for index, piece in enumerate(paragraph.pieces)
                if piece.kind == TOLD
            }
            if not any(piece.kind == SAID for piece in paragraph.pieces):
                for sentences in told.values():
                    self._mention(sentences)
                    self._between += sentences
                last = paragraph.pieces[-1].text if paragraph.pieces else ""
                lead = next(reversed(told.values()), ()) if last.rstrip().endswith(("：", ":")) else ()
                continue
            yield from self._paragraph(paragraph, told, lead)
            lead = ()
            last_piece = paragraph.pieces[-1]
            if last_piece.kind == TOLD and last_piece.text.rstrip().endswith(("：", ":")):
                lead = told[len(paragraph.pieces) - 1]

    def _paragraph(
        self, paragraph: Paragraph, told: dict[int, tuple[Told, ...]], lead: tuple[Told, ...]
    ) -> Iterator[Turn]:
        pieces = paragraph.pieces
        turn: Turn | None = None
        for index, piece in enumerate(pieces):
            if piece.kind == TOLD:
                self._mention(told[index])
                continue
            before = told.get(index - 1, lead if index == 0 else ())
            after = told.get(index + 1, ())
            leading = _lead_of(before, pieces[index - 1].text if index else "：") if before else None
            between = told.get(index - 1, ())
            is_shared = turn is not None and not turn.has_lead and len(between) == 1  # “……，”他说，“……”
            is_anonymous = leading is not None and leading[0] is None and _VOICE.search(leading[2]) is not None
            is_led = is_anonymous or (leading is not None and leading[0] is not None)
            is_same = turn is not None and bool(between) and (is_shared or not is_led)
            if turn is None or not is_same:
                if turn is not None:
                    yield self._closed(turn)
                turn = self._open(piece)
            else:
                turn.pieces.append(piece)
            if piece.goes_on and self._last is not None:
                turn.for_whom |= {key: list(reasons) for key, reasons in self._last.for_whom.items()}
            self._evidence(turn, piece, leading, before, after, is_first=len(turn.pieces) == 1)
        if turn is not None:
            yield self._closed(turn)

    def _open(self, piece: Piece) -> Turn:
        turn = Turn([piece], self._number, recent=tuple(self._recent[:6]))
        turn.gap, self._told = self._told, 0
        if self._last is not None and self._last.paragraph != self._number:
            self._narrated(turn)
        for person in self._last_addressees:
            turn.add(person, SPOKEN_TO, "spoken to", person.name)
        return turn

    def _narrated(self, turn: Turn) -> None:
        """What is told between two turns is mostly about who speaks next, unless it says that somebody keeps silent."""
        if not self._between:
            return
        last = self._between[-1]
        subject = next((clause.subject for clause in reversed(last.clauses) if clause.subject), None)
        subject = subject or (self._between[-2].subject if len(self._between) > 1 else None)
        person = self._resolve(subject) if subject else None
        if person is not None:
            is_silent = _SILENT.search("".join(told.text for told in self._between[-2:])) is not None
            is_crying = _CRIES.search(last.text) is not None
            weight = NARRATED_SILENT if is_silent else NARRATED_SAYING if is_crying else NARRATED
            turn.add(person, weight, "narrated before", last.text)

    def _closed(self, turn: Turn) -> Turn:
        text = "".join(piece.text for piece in turn.pieces)
        self._last_addressees = []
        for person in called(text, self._cast):
            turn.add(person, CALLED, "called by name", person.name)
            if self._last is not None and turn.gap <= 80:
                self._last.add(person, CALLED_BACK, "answered by name", text)
            self._last_addressees.append(person)
        introduced = introduces(text, self._cast)
        if introduced is not None:
            turn.add(introduced, INTRODUCED - CALLED * (introduced in self._last_addressees), "introduces", text)
        self._last = turn
        self._between = []
        return turn

    def _evidence(
        self,
        turn: Turn,
        piece: Piece,
        leading: tuple[Subject | None, Clause | None, str] | None,
        before: Sequence[Told],
        after: Sequence[Told],
        is_first: bool,
    ) -> None:
        around = [*before[-1:], *after[:1]] if is_first else []
        voices = before[-1:] if is_first and leading is not None and leading[0] is None else []
        if any(_SOMEBODY.search(told.text) for told in around) or any(_VOICE.search(told.text) for told in voices):
            turn.somebody += SOMEBODY
        if leading is not None:
            subject, clause, words = leading
            turn.tags[piece.begin] = words[-_TAG_LENGTH:]
            if subject is not None:
                self._credit(turn, subject, LEAD, "named before", words)
                turn.has_lead = True
            if clause is not None and clause.addressee is not None:
                turn.add(clause.addressee, CALLED, "spoken to", words)
                self._later_addressee(clause.addressee)
            if subject is not None or not is_first:
                return
        found = _after(after)
        if found is not None and not turn.has_lead:
            subject, clause, words = found
            turn.tags.setdefault(piece.begin, words[:_TAG_LENGTH])
            if clause is not None:
                self._credit(turn, subject, AFTER, "named after", words)
                if clause.addressee is not None and clause.addressee is not subject.person:
                    turn.add(clause.addressee, CALLED, "spoken to", words)
            elif is_first:
                self._credit(turn, subject, ACTS_AFTER, "acts after", words)
        if is_first and before and leading is None:
            sentence = before[-1]
            if sentence.subject is not None:
                turn.tags.setdefault(piece.begin, sentence.text[-_TAG_LENGTH:])
                self._credit(turn, sentence.subject, ACTS_BEFORE, "acts before", sentence.text)

    def _later_addressee(self, person: Person) -> None:
        if person not in self._last_addressees:
            self._last_addressees.append(person)

    def _credit(self, turn: Turn, subject: Subject, weight: float, rule: str, words: str) -> None:
        """Evidence for a subject; for a pronoun it is shared out by gender and by how lately somebody was mentioned."""
        if subject.person is not None:
            turn.add(subject.person, weight, rule, words)
        elif subject.is_first:
            narrator = self._cast.people.get(FIRST_PERSON)
            if narrator is not None:
                turn.add(narrator, weight, rule, words)
        else:
            rank = 0
            for person in self._recent[:8]:
                if person.name == FIRST_PERSON:
                    continue
                if subject.gender and person.gender and person.gender != subject.gender:
                    turn.add(person, WRONG_GENDER, "other gender", words)
                elif rank < len(PRONOUN_RANKS):
                    doubt = 0.8 if person.gender is None else 0.0
                    share = weight / LEAD * PRONOUN_RANKS[rank] - doubt
                    turn.add(person, share, f"{rule}, pronoun", words)
                    rank += 1

    def _mention(self, sentences: Iterable[Told]) -> None:
        for sentence in sentences:
            self._told += len(sentence.text)
            for clause in sentence.clauses:
                if clause.addressee is not None:
                    self._seen(clause.addressee)
                person = self._resolve(clause.subject) if clause.subject else None
                if person is not None:
                    self._seen(person)

    def _seen(self, person: Person) -> None:
        if person in self._recent:
            self._recent.remove(person)
        self._recent.insert(0, person)
        del self._recent[16:]

    def _resolve(self, subject: Subject) -> Person | None:
        """The person behind a subject: of a pronoun, who of its gender was mentioned last."""
        if subject.person is not None:
            return subject.person
        if subject.is_first:
            return self._cast.people.get(FIRST_PERSON)
        fitting = [person for person in self._recent[:6] if person.gender in (None, subject.gender)]
        return next(iter(fitting), None)


def _lead_of(before: Sequence[Told], text: str) -> tuple[Subject | None, Clause | None, str] | None:
    """Who is said to speak in what leads in to a quotation: subject, clause of saying, words; None for no lead."""
    last = before[-1]
    saying = next((clause for clause in reversed(last.clauses) if clause.is_saying), None)
    ends_saying = bool(last.clauses) and last.clauses[-1].is_saying and not re.search("[。！？!?…]$", text.rstrip())
    if not (text.rstrip().endswith(("：", ":")) or ends_saying):
        return None
    begin = last.clauses.index(saying) if saying is not None else len(last.clauses) - 1
    subject, words = _led_by(before, begin)
    if saying is not None and saying.subject is None and _VOICE_FIRST.match(saying.text):
        subject = None
    return subject, saying, words


def _led_by(before: Sequence[Told], begin: int) -> tuple[Subject | None, str]:
    """Whom a lead is about, looking back from its clause ``begin``, and the words that say so."""
    last = before[-1]
    for at in range(begin, -1, -1):
        subject = last.clauses[at].subject
        if subject is not None:
            earlier = [clause.subject for told in before[-2:-1] for clause in told.clauses]
            earlier += [clause.subject for clause in last.clauses[:at]]
            return _antecedent(subject, earlier), last.text
        if _ANYBODY.search(last.clauses[at].text):
            return None, last.text
    if not _VOICE.search(last.text):
        for sentence in reversed(before[:-1]):
            if sentence.subject is not None:
                return sentence.subject, sentence.text + last.text
    return None, last.text


def _antecedent(subject: Subject, earlier: Sequence[Subject | None]) -> Subject:
    """Whom a pronoun takes up that somebody right before it in the narration fits: 圆圆红了脸，他喊 is 圆圆."""
    if subject.person is not None or subject.is_first:
        return subject
    for other in reversed(earlier):
        if other is not None and other.person is not None:
            is_fitting = subject.gender is None or other.person.gender in (None, subject.gender)
            return other if is_fitting else subject
    return subject


def _after(after: Sequence[Told]) -> tuple[Subject, Clause | None, str] | None:
    """Who is said to have spoken, or acts, right behind a quotation."""
    if not after:
        return None
    first = after[0]
    subject = None
    for clause in first.clauses[:5]:
        subject = subject or clause.subject
        if clause.is_saying and subject is not None:
            return subject, clause, first.text
    if subject is None:
        return None
    return subject, None, first.text
