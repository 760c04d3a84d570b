"""The words by which people are found in prose: ``people.txt`` and the parts of speech of the dictionary.

What this module does not know: any text.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ...errors import ConfigError
from ...text.segment import Segmenter

FEMALE, MALE = "female", "male"

_FILE = Path(__file__).with_name("people.txt")


@dataclass(frozen=True, slots=True)
class People:
    """The words of the file.

    Attributes:
        surnames: single characters.
        compounds: surnames of two characters.
        nouns: every noun that is a person by itself (kinship, ``person``, ``creature``).
        titles: what may follow a surname (老师, 掌门), the longest first.
        genders: of nouns and titles, where they have one.
        characters: gender that a character of a given name suggests.
        things: nouns before verbs of saying that are nobody (声音, 目光).
        stops: characters that follow a name rather than belong to it.
        given: characters that are usual in given names.
        transliterated: characters that foreign names are written with.
    """

    surnames: frozenset[str]
    compounds: frozenset[str]
    nouns: frozenset[str]
    titles: tuple[str, ...]
    genders: dict[str, str]
    characters: dict[str, str]
    things: frozenset[str]
    stops: frozenset[str]
    given: frozenset[str]
    transliterated: frozenset[str]


@functools.lru_cache(maxsize=1)
def load_people() -> People:
    """The words, read once."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current += line.split()
    genders = {
        word: head.split()[1]
        for head, words in sections.items()
        if head.split()[-1] in (FEMALE, MALE) and head.split()[0] in ("kin", "title", "person")
        for word in words
    }
    kin = sections["kin female"] + sections["kin male"]
    titles = {*sections["title"], *sections["title female"], *sections["title male"], *kin}
    characters = dict.fromkeys("".join(sections["male characters"]), MALE)
    characters |= dict.fromkeys("".join(sections["female characters"]), FEMALE)
    return People(
        surnames=frozenset("".join(sections["surname"])),
        compounds=frozenset(sections["compound"]),
        nouns=frozenset(
            word for head in ("person female", "person male", "person", "creature") for word in sections[head]
        )
        | frozenset(kin),
        titles=tuple(sorted(titles, key=len, reverse=True)),
        genders=genders,
        characters=characters,
        things=frozenset(sections["things"]),
        stops=frozenset("".join(sections["stops"])),
        transliterated=frozenset("".join(sections["transliterated"])),
        given=frozenset("".join(sections["given"])) | frozenset(characters),
    )


@functools.lru_cache(maxsize=1)
def segmenter() -> Segmenter:
    """The splitter into words, shared."""
    return Segmenter()


@functools.lru_cache(maxsize=1)
def parts_of_speech() -> dict[str, str]:
    """Word -> the one tag that the dictionary of ``jieba`` gives it (n, v, a, d, nr ...)."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ConfigError("the package jieba is not installed; run: pip install jieba", package="jieba")
    fields = (Path(spec.origin).parent / "dict.txt").read_text("utf-8").split()
    return dict(zip(fields[0::3], fields[2::3], strict=True))
