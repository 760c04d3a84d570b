"""Who says it and how: the annotation of prose against labels by hand.

    python benchmarks/attribution.py                        both parts of the set, and the time for a long novel
    python benchmarks/attribution.py --part fresh --misses  one part, with every line that came out wrong
    python benchmarks/attribution.py --characters 0         without the novel

The set (``tests/golden/script/attribution``) was written for this project: every quotation labelled with its speaker
and its emotion. ``tuned`` was looked at while the rules were made. ``fresh``, ``fresh_2`` and ``fresh_3`` were written
before the rules saw them and evaluated once, one after the other; docs/script.md has these first figures, the rules
have learnt from the misses since. A speaker counts as right under any of the person's names; how many people came out
as several roles is told beside it. Emotions are compared in eleven classes and in four groups.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.report import describe_machine, json_line, number, table
from tts_engine.emotion.parse import amounts_of, parse_emotion
from tts_engine.script import NARRATOR, UNKNOWN, Script, annotate

SET = Path(__file__).resolve().parent.parent / "tests" / "golden" / "script" / "attribution"
PARTS = ("tuned", "fresh", "fresh_2", "fresh_3")

#: Label of the set -> labels of the vocabulary that count as it; everything else is 中性.
CLASSES = {
    "喜": ("happy", "excited", "cheerful"),
    "怒": ("angry", "shouting"),
    "哀": ("sad",),
    "惧": ("afraid", "suspense"),
    "低落": ("melancholic",),
    "惊": ("surprised", "curious"),
    "温柔": ("gentle", "affectionate"),
    "厌恶": ("disgusted",),
    "讽刺": ("sarcastic",),
    "尴尬": ("embarrassed",),
}
NEUTRAL = "中性"
GROUPS = {
    "喜": "正面", "温柔": "正面", "惊": "惊", "中性": "中性", "怒": "负面", "哀": "负面", "惧": "负面", "低落": "负面",
    "厌恶": "负面", "讽刺": "负面", "尴尬": "负面",
}  # fmt: skip
_CLASS_OF = {name: label for label, names in CLASSES.items() for name in names}
_LABEL = re.compile(r"\{(?P<who>[^}|]*)(?:\|(?P<emotion>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Text:
    """A labelled text.

    Attributes:
        name: of its file.
        body: without labels.
        labels: place of the first character of a quotation -> speaker (``-`` for no speech, ``?`` for nobody named) and
            emotion.
        people: every name -> the person's main name.
    """

    name: str
    body: str
    labels: dict[int, tuple[str, str]]
    people: dict[str, str]


def read_text(path: Path) -> Text:
    """The text and labels of a file of the set."""
    lines = path.read_text(encoding="utf-8").split("\n")
    people = {}
    for line in lines:
        if line.startswith("# "):
            name, _, others = line[2:].partition("=")
            people |= dict.fromkeys((name, *filter(None, others.split(","))), name)
    labelled = "\n".join(line for line in lines if not line.startswith("# "))
    labels: dict[int, tuple[str, str]] = {}
    body, at = "", 0
    for label in _LABEL.finditer(labelled):
        body += labelled[at : label.start()]
        at = label.end()
        labels[len(body)] = (label["who"], label["emotion"] or "")
    return Text(path.stem, body + labelled[at:], labels, people)


def read_part(part: str) -> list[Text]:
    """The texts of one part of the set."""
    return [read_text(path) for path in sorted((SET / part).glob("*.txt"))]


@dataclass(slots=True)
class Score:
    """How one text, or all, came out.

    Attributes:
        quotations: labelled as said by somebody.
        answered: for which a speaker was named.
        right: of these.
        split: people who came out as more than one role.
        confused: quotation marks taken for speech though nobody speaks, or the other way round.
        emotions: label and reading of every quotation that was found.
        misses: for people.
        sure: confidence and whether it was right, for every answer.
    """

    quotations: int = 0
    answered: int = 0
    right: int = 0
    split: int = 0
    confused: int = 0
    emotions: list[tuple[str, str]] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    sure: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def coverage(self) -> float:
        """Share of quotations for which somebody was named."""
        return self.answered / max(1, self.quotations)

    @property
    def accuracy(self) -> float:
        """Share of the answers that are right."""
        return self.right / max(1, self.answered)

    def add(self, other: Score) -> None:
        """Counts another text in."""
        for name in ("quotations", "answered", "right", "split", "confused"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("emotions", "misses", "sure"):
            getattr(self, name).extend(getattr(other, name))


def score(text: Text, script: Script) -> Score:
    """How the annotation of a text agrees with its labels."""
    result = Score()
    roles: dict[str, set[str]] = {}
    labels = dict(text.labels)
    for line in script.lines:
        if line.role == NARRATOR or line.span is None:
            continue
        who, emotion = labels.pop(line.span[0] + 1, ("-", ""))
        if who == "-":
            result.confused += 1
            result.misses.append(f"no speech, but {line.role}: {line.text}")
            continue
        result.quotations += 1
        heard = emotion_class(line.emotion)
        result.emotions.append((emotion, heard))
        if heard != emotion:
            result.misses.append(f"{emotion}, heard as {heard}: {line.text}")
        if line.role == UNKNOWN:
            result.misses.append(f"{who}, not answered: {line.text}")
            continue
        names = (line.role, *script.roles[line.role].aliases)
        known = {text.people[name] for name in names if name in text.people}
        is_right = who in known if who != "?" else not known
        result.answered += 1
        result.right += is_right
        confidence = next(item.confidence for item in line.evidence if item.what == "role")
        result.sure.append((confidence, is_right))
        if is_right:
            roles.setdefault(who, set()).add(line.role)
        else:
            result.misses.append(f"{who}, taken for {line.role} {confidence:.2f}: {line.text}")
    missed = [who for who, _ in labels.values() if who != "-"]
    result.confused += len(missed)
    result.quotations += len(missed)
    result.split = sum(len(names) > 1 for who, names in roles.items() if who != "?")
    return result


def emotion_class(emotion: str | None) -> str:
    """The class of the set that an emotion of a line falls into, by its strongest part."""
    if emotion is None:
        return NEUTRAL
    amounts = amounts_of(parse_emotion(emotion))
    return _CLASS_OF.get(max(amounts, key=lambda name: amounts[name]), NEUTRAL) if amounts else NEUTRAL


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Mean over the labels that occur of the harmonic mean of precision and recall."""
    values = []
    for label in {wanted for wanted, _ in pairs}:
        both = sum(wanted == heard == label for wanted, heard in pairs)
        either = sum((wanted == label) + (heard == label) for wanted, heard in pairs)
        values.append(2 * both / either)
    return sum(values) / max(1, len(values))


def agreement(pairs: Sequence[tuple[str, str]]) -> float:
    """Share of equal pairs."""
    return sum(wanted == heard for wanted, heard in pairs) / max(1, len(pairs))


def in_groups(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs in four groups: positive, negative, surprise, neutral."""
    return [(GROUPS[wanted], GROUPS[heard]) for wanted, heard in pairs]


def measure(part: str) -> tuple[dict[str, Score], Score]:
    """The score of every text of a part, and of all together."""
    scores = {text.name: score(text, annotate(text.body)) for text in read_part(part)}
    whole = Score()
    for one in scores.values():
        whole.add(one)
    return scores, whole


def long_novel(characters: int) -> str:
    """A text of a given length out of the tuned part, with other names in every chapter."""
    dice = random.Random(1)
    bodies = read_part("tuned")
    chapters: list[str] = []
    length = 0
    while length < characters:
        text = bodies[len(chapters) % len(bodies)]
        body = text.body
        for name in (name for name in text.people if len(name) == 3):
            body = body.replace(
                name, dice.choice("赵钱孙李周吴郑王冯陈") + dice.choice("子文明佳思") + dice.choice("轩涵琪博航")
            )
        chapters.append(f"第{len(chapters) + 1}章\n{body}\n")
        length += len(chapters[-1])
    return "".join(chapters)[:characters]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--part", choices=PARTS, help="one part of the set (default: both)")
    parser.add_argument("--misses", action="store_true", help="list what came out wrong")
    parser.add_argument("--characters", type=int, default=300_000, help="length of the novel to time, 0 for none")
    given = parser.parse_args(arguments)
    results: dict[str, Any] = {}
    curves: dict[str, list[tuple[float, bool]]] = {}
    rows = []
    for part in (given.part,) if given.part else PARTS:
        scores, whole = measure(part)
        for name, one in (*scores.items(), ("all", whole)):
            rows.append(
                [
                    f"{part} {name}",
                    str(one.quotations),
                    number(one.coverage),
                    number(one.accuracy),
                    str(one.split),
                    str(one.confused),
                    number(agreement(one.emotions)),
                    number(macro_f1(one.emotions)),
                    number(agreement(in_groups(one.emotions))),
                    number(macro_f1(in_groups(one.emotions))),
                ]
            )
        curves[part] = whole.sure
        results[part] = {
            "quotations": whole.quotations,
            "coverage": whole.coverage,
            "accuracy": whole.accuracy,
            "emotion_accuracy": agreement(whole.emotions),
            "emotion_macro_f1": macro_f1(whole.emotions),
            "group_accuracy": agreement(in_groups(whole.emotions)),
            "group_macro_f1": macro_f1(in_groups(whole.emotions)),
            "labels": dict(Counter(wanted for wanted, _ in whole.emotions)),
        }
        if given.misses:
            print("\n".join(f"{part}: {miss}" for miss in whole.misses), end="\n\n")
    header = ["text", "quotations", "coverage", "accuracy", "split", "confused", "emotion", "F1", "group", "F1"]
    print(table(header, rows))
    sure = [pair for result in curves.values() for pair in result]
    rows = []
    for least in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        kept = [is_right for confidence, is_right in sure if confidence >= least]
        rows.append([f"{least:.2f}", str(len(kept)), number(sum(kept) / max(1, len(kept)))])
    print("\n" + table(["confidence at least", "answers", "accuracy"], rows))
    results["by_confidence"] = rows
    if given.characters:
        novel = long_novel(given.characters)
        begun = time.perf_counter()
        script = annotate(novel)
        results["novel"] = {"characters": len(novel), "lines": len(script.lines), "s": time.perf_counter() - begun}
        print(f"\n{len(novel)} characters, {len(script.lines)} lines: {results['novel']['s']:.1f} s")
    print(json_line("attribution", describe_machine(1, ("tts-engine", "jieba")), results))


if __name__ == "__main__":
    main()
