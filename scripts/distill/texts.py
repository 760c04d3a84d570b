"""Text lists of our own: Mandarin syllables in all tones, nearly all pairs of neighbouring sounds, English, mixtures.

    drill      syllables of the inventory in a row, each next one chosen for the pairs that are still missing
    sentence   Mandarin from templates, as statements, questions and calls
    english    English from templates and a word list that has every sound
    mixed      Mandarin with English names and abbreviations inside

Drills say their reading in markup (``妈{ma1}``), so they hold what was meant whatever the characters usually sound
like. What a list covers is counted in the phonemes that the front end makes of it, not in what was intended.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tts_engine.text.phonemes import TONES, is_syllable, syllable_phonemes

if TYPE_CHECKING:
    from tts_engine.text.frontend import FrontEnd

KINDS = ("drill", "sentence", "english", "mixed")

#: Shares of the kinds in a list.
SHARES = {"drill": 0.35, "sentence": 0.4, "english": 0.12, "mixed": 0.13}

#: Of every so many texts one is for validation and one for the tests; neither is trained on.
EVERY = 20

#: Candidates for the next syllable of a drill; more cover faster and cost time.
CANDIDATES = 24
LEAST_SYLLABLES, MOST_SYLLABLES = 5, 14

#: Written out, because a marked reading belongs to one character.
ERHUA = {
    "huar1": "花儿",
    "huar4": "画儿",
    "wanr2": "玩儿",
    "shir4": "事儿",
    "dianr3": "点儿",
    "menr2": "门儿",
    "jinr1": "今儿",
}
PARTICLES = ("de5", "le5", "ma5", "ne5", "ba5", "a5", "ya5", "la5", "zi5", "men5", "zhe5", "guo5", "tou5", "yo5")


@lru_cache(maxsize=1)
def words() -> Mapping[str, tuple[str, ...]]:
    """The lists of ``words.txt`` that templates are filled from."""
    lists: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lists[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            lists[next(reversed(lists))].append(line)
    return {name: tuple(entries) for name, entries in lists.items()}


@dataclass(frozen=True, slots=True)
class Text:
    """One line of a list.

    Attributes:
        text: what is said, with markup.
        kind: one of ``KINDS``.
        split: ``train``, ``valid`` or ``test``.
    """

    text: str
    kind: str
    split: str


@lru_cache(maxsize=1)
def inventory() -> Mapping[str, str]:
    """Tone-numbered pinyin -> a character that is read so: every syllable of the 3,755 common characters and more.

    Erhua (two characters) and neutral tones are added to what single characters give.
    """
    from pypinyin import Style, pinyin

    rows = range(0xB0, 0xD8)  # of GB 2312, level 1
    common = []
    for row in rows:
        for cell in range(0xA1, 0xFF):
            try:
                common.append(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    found: dict[str, str] = {}
    for character in common:
        for reading in pinyin(character, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=True)[0]:
            if is_syllable(reading):
                found.setdefault(reading, character)
    for reading in PARTICLES:
        found.setdefault(reading, "啊")
    return found | ERHUA


def write_list(count: int, seed: int) -> list[Text]:
    """``count`` different texts of all kinds, the same for the same seed."""
    generator = np.random.default_rng(seed)
    wanted = {kind: round(count * share) for kind, share in SHARES.items()}
    makers = {"drill": _drills, "sentence": _sentences, "english": _english, "mixed": _mixed}
    texts: list[Text] = []
    for kind in KINDS:
        seen: set[str] = set()
        for text in makers[kind](generator):
            if len(seen) == wanted[kind]:
                break
            if text not in seen:
                split = {1: "valid", 2: "test"}.get(len(seen) % EVERY, "train")
                seen.add(text)
                texts.append(Text(text, kind, split))
    return [texts[place] for place in generator.permutation(len(texts))]


def save_list(texts: Iterable[Text], path: Path) -> None:
    """One JSON object per line."""
    lines = (json.dumps(asdict(text), ensure_ascii=False) for text in texts)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def load_list(path: Path) -> list[Text]:
    """Reads what ``save_list`` wrote."""
    return [Text(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]


@dataclass(frozen=True)
class Coverage:
    """What a list holds.

    Attributes:
        texts: of each kind.
        phonemes: symbol -> times.
        tones: tone number -> syllables, of the Mandarin inventory's arrows (5 is what has none and is not counted).
        pairs: of neighbouring symbols, spaces between words left out -> times.
        missing_phonemes: of what is wanted and never said.
        missing_pairs: of the pairs inside and between Mandarin syllables that are never said.
        wanted_pairs: how many such pairs there are.
    """

    texts: Mapping[str, int]
    phonemes: Mapping[str, int]
    tones: Mapping[str, int]
    pairs: Mapping[str, int]
    missing_phonemes: tuple[str, ...]
    missing_pairs: tuple[str, ...]
    wanted_pairs: int

    def report(self) -> str:
        """A few lines for people."""
        rarest = sorted(self.phonemes.items(), key=lambda item: item[1])[:8]
        return "\n".join(
            [
                f"texts: {', '.join(f'{kind} {number}' for kind, number in self.texts.items())}",
                f"phonemes: {len(self.phonemes)}, missing: {' '.join(self.missing_phonemes) or 'none'},"
                f" rarest: {', '.join(f'{symbol} {times}' for symbol, times in rarest)}",
                f"tones: {', '.join(f'{tone} {times}' for tone, times in self.tones.items())}",
                f"pairs: {len(self.pairs)} different; of the {self.wanted_pairs} inside and between Mandarin syllables"
                f" {len(self.missing_pairs)} are missing: {' '.join(self.missing_pairs[:12])}",
            ]
        )


def measure(texts: Sequence[Text], front_end: FrontEnd) -> Coverage:
    """What these texts hold when the front end reads them."""
    symbols, pairs = Counter[str](), Counter[str]()
    for text in texts:
        for sentence in front_end.analyse(text.text).sentences:
            symbols.update(sentence.phonemes)
            pairs.update(map("".join, itertools.pairwise(sentence.phonemes.replace(" ", ""))))
    said = [syllable_phonemes(reading) for reading in inventory()]
    wanted = {one + other for syllable in said for one, other in itertools.pairwise(syllable)} | between(said)
    arrows = {number: arrow for number, arrow in TONES.items() if arrow}
    return Coverage(
        texts=dict(Counter(text.kind for text in texts)),
        phonemes=dict(symbols),
        tones={number: symbols[arrow] for number, arrow in arrows.items()},
        pairs=dict(pairs),
        missing_phonemes=tuple(sorted({*"".join(said), *ENGLISH_SOUNDS} - symbols.keys())),
        missing_pairs=tuple(sorted(wanted - pairs.keys())),
        wanted_pairs=len(wanted),
    )


#: What the lexicon of English uses.
ENGLISH_SOUNDS = frozenset("AIOWYbdfhijklmnpstuvwzæðŋɑɔəɛɜɡɪɹɾʃʊʌʒʤʧˈˌθ")


def between(syllables: Iterable[str]) -> set[str]:
    """End of one and beginning of another: every pair that two of them can make side by side."""
    syllables = list(syllables)
    return {end + begin for end in {one[-1] for one in syllables} for begin in {one[0] for one in syllables}}


def _drills(generator: np.random.Generator) -> Iterator[str]:
    """Syllables in a row; each is the candidate that brings the most missing pairs."""
    readings = list(inventory())
    said = {reading: syllable_phonemes(reading) for reading in readings}
    groups = [readings]  # all, and those that begin or end alike: drawn by groups, rare ends are not rare
    for place in (0, -1):
        symbols = sorted({phonemes[place] for phonemes in said.values()})
        groups += [[reading for reading in readings if said[reading][place] == symbol] for symbol in symbols]
    times, begins = Counter[str](), sorted({phonemes[0] for phonemes in said.values()})

    def worth(before: str, reading: str) -> float:
        phonemes = said[reading]
        joined = 5.0 / (1 + times[before[-1] + phonemes[0]]) if before else 0.0
        opened = 5.0 * sum(not times[phonemes[-1] + begin] for begin in begins) / len(begins)
        inside = sum(1.0 / (1 + times[pair]) for pair in map("".join, itertools.pairwise(phonemes)))
        return joined + opened + inside + 2.0 / (1 + times[reading])

    while True:
        parts, before = [], ""
        for place in range(int(generator.integers(LEAST_SYLLABLES, MOST_SYLLABLES + 1))):
            drawn = [_pick(generator, _pick(generator, groups)) for _ in range(CANDIDATES)]
            chosen = max(drawn, key=lambda reading: worth(before, reading))
            phonemes = said[chosen]
            times.update([chosen, *([before[-1] + phonemes[0]] if before else [])])
            times.update(map("".join, itertools.pairwise(phonemes)))
            comma = "，" if place and generator.random() < 0.12 else ""
            parts.append(comma + (ERHUA.get(chosen) or f"{inventory()[chosen]}{{{chosen}}}"))
            before = phonemes
        yield "".join(parts) + "。？！"[int(generator.choice(3, p=(0.8, 0.1, 0.1)))]


def _pick(generator: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(generator.integers(len(options)))]


def _sentences(generator: np.random.Generator) -> Iterator[str]:
    said = words()
    while True:
        if generator.random() < 0.04:
            yield _pick(generator, said["calls"])
            continue
        begin = _pick(generator, said["when"]) + _pick(generator, ("，", ""))
        where = _pick(generator, said["where"]) if generator.random() < 0.7 else ""
        yield (
            begin
            + _pick(generator, said["who"])
            + where
            + _pick(generator, said["did"])
            + _pick(generator, said["tails"])
        )


def _english(generator: np.random.Generator) -> Iterator[str]:
    said = words()
    while True:
        if generator.random() < 0.04:
            yield _pick(generator, said["english_calls"])
            continue
        text = " ".join(_pick(generator, said[f"english_{part}"]) for part in ("who", "did", "when"))
        yield text[0].upper() + text[1:] + _pick(generator, (".", ".", "!", "?"))


def _mixed(generator: np.random.Generator) -> Iterator[str]:
    said = words()
    while True:
        template = _pick(generator, said["mixed"])
        names = [_pick(generator, said["names"]) for _ in range(template.count("{}"))]
        before = _pick(generator, said["when"]) + "，" if generator.random() < 0.7 else ""
        yield before + template.format(*names)
