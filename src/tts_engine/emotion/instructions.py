"""Plain directions in Chinese or English -> an emotion and moves of the knobs.

    "温柔一点，慢慢说"                       gentle, slower
    "像讲鬼故事一样，压低声音"                suspense with some of story, quieter
    "angry, shouting, fast"               angry and shouting, faster
    "不要太激动"                             calm, a little
    "Pacing: slow. Tone: warm. Pauses: long." the form that OpenAI's examples have

    text ── clauses ── tokens (cues) ── degree, negation, topic ──► Directions

The result says what each word did (``evidence``) and which words meant nothing here (``not_understood``); those are a
warning, never silence. A direction holds for the whole text: a course over time (先…后…) is reported, not guessed.
The text is data: nothing in it is run, fetched or passed on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from ..errors import ControlError
from ..types import Emotion
from .cues import KNOB_NAMES, Token, load_cues
from .directions import Cue, Directions
from .parse import asks_for_auto, describe, make_emotion, parse_emotion
from .vocabulary import AUTO, EXCLUSIVE, NEUTRAL, chinese

#: Longest direction in characters.
MAX_CHARACTERS = 4096

#: What one step of a knob is where a topic is told to go up or down (语速快一点 has its own in the file).
_STEPS = {"speed": 1.18, "pitch": 2.0, "volume": 4.5, "pause": 1.6}
_FACTORS = ("speed", "pause")

#: What is meant where a feeling is not wanted, at ``_OPPOSITE_AMOUNT``; others leave neutral speech.
_OPPOSITES = {
    "excited": "calm", "angry": "calm", "afraid": "calm", "surprised": "calm", "shouting": "calm", "cheerful": "calm",
    "happy": "calm", "suspense": "calm", "calm": "cheerful", "serious": "chat", "news": "chat", "chat": "serious",
}  # fmt: skip
_OPPOSITE_AMOUNT = 0.4

#: A knob that is not to be moved one way goes this share of a step the other way.
_NEGATED_SHARE = -0.5

_CLAUSE_END = re.compile(
    r"[，。；！？\n,;!?]+|\.(?!\d)|\b(?:but|yet|however)\b|但是?|而是|不过(?!分)|可是|(?<=[快慢高低大小响轻])而(?=不)"
)
_NUMBER = re.compile(
    r"(?P<number>\d+(?:\.\d+)?|[一二两三四五六七八九十半])\s*(?P<unit>倍速|倍|x(?![a-z])|times|%|％|percent|分贝|db\b|个?半音|semitones?|st\b)"
)
_UNITS = {"倍": "x", "倍速": "x", "x": "x", "times": "x", "%": "%", "％": "%", "percent": "%", "分贝": "db", "db": "db"}
_DIGITS = {"半": 0.5, "两": 2.0} | {digit: float(value) for value, digit in enumerate("一二三四五六七八九十", 1)}
_NAMES_ZH = {"speed": "语速", "pitch": "音高", "volume": "音量", "pause": "停顿"}


def read_instructions(text: str) -> Directions:
    """What plain directions ask for.

    Args:
        text: Chinese, English or both, at most ``MAX_CHARACTERS``; empty asks for nothing.

    Raises:
        ControlError: not a string (``instructions_invalid``) or too long (``instructions_too_long``).
    """
    _check(text)
    named = _as_request(text)
    if named is not None:
        return named
    folded = re.sub(r"[^\S\n]+", " ", text.replace("’", "'")).casefold()
    reading = _Reading()
    position = 0
    for mark in [*_CLAUSE_END.finditer(folded), None]:
        end = len(folded) if mark is None else mark.start()
        reading.read(folded[position:end])
        position = end if mark is None else mark.end()
    return reading.directions(text)


def _as_request(text: str) -> Directions | None:
    """The text as a request of the vocabulary (悲伤 0.6 + 愤怒 0.3, [whispers]), where it is one."""
    if not text.strip() or len(text) > 200:
        return None
    try:
        emotion = parse_emotion(text)
    except ControlError:
        return None
    shown = AUTO if asks_for_auto(emotion) else describe(emotion)
    return Directions(emotion=emotion, evidence=(Cue(text.strip(), shown),))


def _check(text: object) -> None:
    if not isinstance(text, str):
        raise ControlError(
            f"instructions 应为文字，收到 {type(text).__name__}。instructions must be a string.",
            code="instructions_invalid",
            option="instructions",
            value=type(text).__name__,
            allowed="a string",
        )
    if len(text) > MAX_CHARACTERS:
        raise ControlError(
            f"instructions 有 {len(text)} 字，最多 {MAX_CHARACTERS} 字。"
            f"instructions has {len(text)} characters, at most {MAX_CHARACTERS} are allowed.",
            code="instructions_too_long",
            option="instructions",
            value=len(text),
            allowed=MAX_CHARACTERS,
        )


class _Reading:
    """What accumulates over the clauses of one text."""

    def __init__(self) -> None:
        self.wanted: list[dict[str, float]] = []
        self.unwanted: list[str] = []
        self.knobs: dict[str, list[float]] = {name: [] for name in KNOB_NAMES}
        self.evidence: list[Cue] = []
        self.unread: list[str] = []
        self.is_course = False

    def read(self, clause: str) -> None:
        """Takes what one clause says."""
        clause, measured = self._measures(clause)
        tokens = list(load_cues().read(clause))
        topic = next((m.topic for m in (token.as_("topic") for token in tokens) if m), "")
        self.is_course = self.is_course or any(token.as_("time") for token in tokens)
        cues = [index for index, token in enumerate(tokens) if _is_cue(token, topic)]
        degrees = _degrees(tokens, cues, topic)
        negations = [i for i, token in enumerate(tokens) if token.as_("negation") and i not in cues]
        for index in cues:
            token = tokens[index]
            factor, notes = degrees.get(index, (1.0, ()))
            negation = next((tokens[i].text for i in negations if i < index), "")
            if negation:
                notes = (*notes, f"否定：{negation}")
            effect = token.as_("effect")
            amounts = effect.amounts if effect else _way(topic, "up" if token.as_("up") else "down")
            self._take(token.text, amounts, factor, bool(negation), notes, measured)
        if topic == "pause" and not any(_moves(tokens[i], "pause") for i in cues):
            negation = next((tokens[i].text for i in negations), "")
            self._take("停顿", _way("pause", "up"), 1.0, bool(negation), (negation,) if negation else (), measured)
            cues = cues or [0]
        keeps = [token.text for token in tokens if token.as_("keep")]
        self.evidence += [Cue(word, "不变") for word in keeps]
        self._leave(tokens, bool(cues or measured or keeps), topic)

    def _measures(self, clause: str) -> tuple[str, set[str]]:
        """Numbers with a unit (1.2倍, 3分贝, 2 semitones, 20%) are taken out and counted."""
        measured = set()
        goes_down = re.search(r"降|低|减|小|慢|轻|lower|down|slow|quiet|reduce|decrease|less|soft", clause) is not None
        for match in _NUMBER.finditer(clause):
            unit = _UNITS.get(match["unit"], "st")
            number = _DIGITS.get(match["number"]) or float(match["number"])
            name, value = {"x": ("speed", number), "db": ("volume", number), "st": ("pitch", number)}.get(
                unit, ("speed", 1 - number / 100 if goes_down else 1 + number / 100)
            )
            if unit == "%" and re.search("音量|volume|声音|停顿|pause|音调|音高|pitch", clause):
                self.unread.append(match.group())
                continue
            if name in _FACTORS and not 0.05 <= value <= 20:
                self.unread.append(match.group())
                continue
            if name not in _FACTORS and goes_down:
                value = -value
            self.knobs[name].append(value)
            self.evidence.append(Cue(match.group(), _show(name, value)))
            measured.add(name)
        return _NUMBER.sub(" ", clause), measured

    def _take(
        self,
        words: str,
        amounts: Sequence[tuple[str, float]],
        factor: float,
        is_negated: bool,
        notes: tuple[str, ...],
        measured: set[str],
    ) -> None:
        feelings: dict[str, float] = {}
        meanings = []
        for name, amount in amounts:
            if name in self.knobs:
                share = factor * (_NEGATED_SHARE if is_negated else 1.0)
                move = amount**share if name in _FACTORS else amount * share
                if name not in measured:
                    self.knobs[name].append(move)
                    meanings.append(_show(name, move))
            elif is_negated:
                self.unwanted.append(name)
                meanings.append(f"不要{chinese(name)}")
            else:
                scale = factor if factor < 1 else factor**0.55  # full at "very"
                feelings[name] = amount if name == NEUTRAL else min(1.0, amount * scale)
                meanings.append(f"{chinese(name)} {feelings[name]:.2f}")
        if feelings:
            self.wanted.append(feelings)
        if meanings:
            self.evidence.append(Cue(words, "、".join(meanings), notes))

    def _leave(self, tokens: Sequence[Token], has_cue: bool, topic: str) -> None:
        """Keeps the words of a clause that did nothing."""
        run: list[str] = []
        rest = []
        for token in [*tokens, Token("", tokens[0].meanings if tokens else ())]:
            is_loose = not topic and (token.as_("up") or token.as_("down")) and len(token.meanings) == 1
            if token.text and (not token.meanings or is_loose):
                run.append(token.text)
                continue
            if run:
                rest.append((" " if run[0].isascii() else "").join(run))
            run = []
        rest = [part for part in rest if any(character.isalnum() for character in part)]
        if has_cue:  # one character beside something understood is grammar
            rest = [part for part in rest if part.isascii() or len(part) > 1]
        self.unread += rest
        if not has_cue and not rest and topic and not topic.startswith("voice"):
            self.unread.append("".join(token.text for token in tokens))

    def directions(self, text: str) -> Directions:
        """The sum of all clauses."""
        warnings: list[str] = []
        emotion = self._emotion(warnings)
        knobs = {name: _join(name, moves, warnings) for name, moves in self.knobs.items()}
        unread = list(dict.fromkeys(self.unread))
        if text.strip() and not self.evidence:
            unread = [text.strip()]
        if self.is_course:
            warnings.append(
                "说明里要求随时间变化（先、然后、逐渐……），一条说明只能管全文；请在文中用标签分段。"
                "A direction holds for the whole text; for a change over time put tags into the text."
            )
        if unread:
            shown = "、".join(part if len(part) <= 40 else part[:40] + "…" for part in unread[:8])
            warnings.insert(0, f"说明中没有听懂：{shown}。Not understood in the instructions: {shown}.")
        return Directions(
            emotion=emotion,
            speed=knobs["speed"],
            pitch_st=knobs["pitch"],
            volume_db=knobs["volume"],
            pause=knobs["pause"],
            evidence=tuple(self.evidence),
            not_understood=tuple(unread),
            warnings=tuple(warnings),
        )

    def _emotion(self, warnings: list[str]) -> Emotion | None:
        """The blend of what is wanted, without what is not."""
        amounts: dict[str, float] = {}
        intensity = 0.0
        for feelings in self.wanted:
            kept = {name: amount for name, amount in feelings.items() if name != NEUTRAL}
            for name, amount in kept.items():
                amounts[name] = max(amount, amounts.get(name, 0.0))
            intensity = max(intensity, min(1.0, math.fsum(kept.values())))
        if set(self.unwanted) & set(amounts):  # 激动，但不要太激动
            intensity *= 0.6
        for first, second in EXCLUSIVE:
            if first in amounts and second in amounts:
                order = [name for feelings in self.wanted for name in feelings if name in (first, second)]
                dropped = first if order[-1] == second else second
                del amounts[dropped]
                warnings.append(
                    f"{chinese(first)}与{chinese(second)}不能同时，采用后者：{chinese(order[-1])}。"
                    f"{first} and {second} exclude each other; the later one counts."
                )
        if amounts:
            return make_emotion(amounts, intensity)
        opposites = [_OPPOSITES[name] for name in self.unwanted if name in _OPPOSITES]
        if opposites and not self.wanted:
            return make_emotion(dict.fromkeys(opposites, 1.0), _OPPOSITE_AMOUNT)
        return Emotion(intensity=0.0) if self.wanted or self.unwanted else None


def _is_cue(token: Token, topic: str) -> bool:
    """Whether a token moves something: an effect, or up/down of a topic that is named beside it."""
    if token.as_("effect"):
        return True
    return bool(topic) and bool(token.as_("up") or token.as_("down"))


def _moves(token: Token, knob: str) -> bool:
    effect = token.as_("effect")
    return any(name == knob for name, _ in effect.amounts) if effect else True


def _way(topic: str, way: str) -> tuple[tuple[str, float], ...]:
    """One step of a topic."""
    knob = "volume" if topic == "voice" else topic
    step = _STEPS[knob]
    if way == "down":
        step = 1.0 / step if knob in _FACTORS else -step
    return ((knob, step),)


def _degrees(tokens: Sequence[Token], cues: Sequence[int], topic: str) -> dict[int, tuple[float, tuple[str, ...]]]:
    """Degree words by the cue that they belong to: 很慢 the next, 慢一点 the one before."""
    found: dict[int, tuple[float, tuple[str, ...]]] = {}
    for index, token in enumerate(tokens):
        degree = token.as_("degree")
        if degree is None or index in cues:
            continue
        before = [cue for cue in cues if cue < index]
        after = [cue for cue in cues if cue > index]
        is_after = not after or (degree.factor == 0.85 and bool(before))
        target = before[-1] if is_after and before else after[0] if after else None
        if target is not None:
            factor, notes = found.get(target, (1.0, ()))
            found[target] = (factor * degree.factor, (*notes, token.text))
    return found


def _join(name: str, moves: Iterable[float], warnings: list[str]) -> float:
    """All moves of one knob as one; opposite ones are told."""
    is_factor = name in _FACTORS
    steps = [math.log(move) if is_factor else move for move in moves]
    ways = {step > 0 for step in steps if step}
    if len(ways) > 1:
        warnings.append(
            f"说明里{_NAMES_ZH[name]}既要升又要降，两者相抵。"
            f"The instructions move {name} both ways; the moves were added."
        )
    total = math.fsum(_falling(steps)) + math.fsum(_falling(-step for step in steps)) * -1.0
    return round(math.exp(total) if is_factor else total, 4)


def _falling(steps: Iterable[float]) -> list[float]:
    """The steps upwards, the largest first, each further one at half the weight: said twice is not done twice."""
    return [step * 0.5**rank for rank, step in enumerate(sorted((s for s in steps if s > 0), reverse=True))]


def _show(name: str, move: float) -> str:
    if name in _FACTORS:
        return f"{_NAMES_ZH[name]} ×{move:.2f}"
    return f"{_NAMES_ZH[name]} {move:+.1f} {'st' if name == 'pitch' else 'dB'}"
