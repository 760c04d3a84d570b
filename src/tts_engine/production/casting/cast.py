"""Roles to voices: what the script says, what the cast file says, then descriptions, then whoever is furthest away.

Who is cast stays cast: new roles get voices that are far from those that are taken, and change nobody else's.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...options import DEFAULT_VOICE
from ...script.model import NARRATOR
from .describe import CHILD, ELDER, YOUTH, Wish, read_description
from .distances import Candidate, candidates, distance

if TYPE_CHECKING:
    from ...acoustic.voices import VoiceInfo
    from ...script.model import Role, Script

#: Pitch that a person of this age is expected at, Hz; children and the young speak higher.
_EXPECTED_HZ = {
    ("female", CHILD): 290.0, ("female", YOUTH): 250.0, ("female", ELDER): 195.0,
    ("male", CHILD): 275.0, ("male", YOUTH): 150.0, ("male", ELDER): 105.0,
}  # fmt: skip
_CHILD_HZ = 240.0  # a voice above it may be that of a child of either sex; a grown man does not speak so high

#: What a candidate loses, in units of distance: an octave off, a mix, a shifted voice, a boy's or a girl's voice
#: for somebody who is none.
_PER_OCTAVE, _MIX, _SHIFTED, _WRONG_CHILD, _OTHER_SEX = 1.2, 0.1, 0.2, 1.0, 0.4

#: More distance than this helps nobody to tell two people apart.
_ENOUGH = 0.8


@dataclass(frozen=True, slots=True)
class CastEntry:
    """One role's voice, and what else holds for all that it says; None leaves it to the script.

    Attributes:
        voice: as ``SynthesisOptions.voice`` takes it; empty lets the description choose.
        by: ``script``, ``hand`` or ``auto``.
        why: for people.
        description: of the person, in free words; where it is given it comes before that of the script.
        emotion: base emotion.
        speed: speaking rate.
        pitch_shift_st: semitones.
        volume_db: loudness over that of the other roles, in the mix.
        reference: recording whose way of speaking it takes, relative to the script.
        lexicon: word -> reading of this role alone.
    """

    voice: str = ""
    by: str = "hand"
    why: str = ""
    description: str = ""
    emotion: str | None = None
    speed: float | None = None
    pitch_shift_st: float | None = None
    volume_db: float = 0.0
    reference: str | None = None
    lexicon: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """Who speaks with which voice.

    Attributes:
        entries: role -> voice.
        warnings: of the casting: roles that share a voice, directions that fit nobody.
    """

    entries: Mapping[str, CastEntry] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def role(self, name: str, roles: Mapping[str, Role]) -> Role:
        """The role with its voice and everything that the cast says about it."""
        from ...script.model import Role

        role, entry = roles.get(name) or Role(name), self.entries[name]
        return dataclasses.replace(
            role,
            voice=entry.voice,
            emotion=role.emotion if entry.emotion is None else entry.emotion,
            speed=role.speed if entry.speed is None else entry.speed,
            pitch_shift_st=role.pitch_shift_st if entry.pitch_shift_st is None else entry.pitch_shift_st,
            reference=role.reference if entry.reference is None else entry.reference,
            lexicon=tuple(dict([*role.lexicon, *entry.lexicon]).items()),
        )

    @property
    def offsets_db(self) -> dict[str, float]:
        """Role -> loudness over that of the others, dB."""
        return {name: entry.volume_db for name, entry in self.entries.items()}


def known_voices(infos: Iterable[VoiceInfo]) -> dict[str, str]:
    """Every name that a voice may be called by -> its full name."""
    known: dict[str, str] = {}
    for info in infos:
        known |= {info.name: info.name}
        known.setdefault(info.name.partition("_")[2] or info.name, info.name)
        known.setdefault(info.zh.partition("（")[0], info.name)
    return known


def cast_roles(
    script: Script,
    known: Mapping[str, str],
    kept: Mapping[str, CastEntry] | None = None,
    *,
    narrator: str | None = None,
) -> Cast:
    """A voice for every role that says something.

    Args:
        script: its roles, and how much each says.
        known: every name that a voice here may be called by -> its full name.
        kept: the cast so far; it holds, unless the script itself names a voice.
        narrator: voice of the narrator where nothing else says it.
    """
    counts = Counter(line.role for line in script.lines)
    entries = {name: entry for name, entry in (kept or {}).items() if entry.voice}
    wished = {name: entry for name, entry in (kept or {}).items() if not entry.voice}
    for name, role in script.roles.items():
        if role.voice is not None and name in counts:
            old = entries.get(name) or wished.get(name)
            entries[name] = (
                dataclasses.replace(old, voice=role.voice, by="script", why="")
                if old is not None
                else CastEntry(role.voice, by="script")
            )
    available = set(known.values())
    people = candidates(available)
    taken = [one for entry in entries.values() if (one := _candidate(entry, people, known)) is not None]
    warnings: list[str] = []
    if NARRATOR in counts and NARRATOR not in entries:
        voice = narrator or (DEFAULT_VOICE if DEFAULT_VOICE in available else next(iter(sorted(available))))
        entries[NARRATOR] = CastEntry(voice, by="auto", why="旁白 narrator")
        if (one := _candidate(entries[NARRATOR], people, known)) is not None:
            taken.append(one)
    for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if name in entries:
            continue
        said_of = script.roles.get(name)
        names = (name, *(said_of.aliases if said_of else ()))
        own = wished.get(name, CastEntry())
        said = "，".join(filter(None, (own.description, said_of.description if said_of else "")))
        wish = read_description(said, names)
        chosen, apart = _choose(wish, people, taken)
        if chosen is None:
            voice = entries[NARRATOR].voice if NARRATOR in entries else DEFAULT_VOICE
            entries[name] = dataclasses.replace(own, voice=voice, by="auto")
            continue
        entries[name] = _entry(chosen, wish, said_of, apart, own)
        if apart == 0.0:
            others = [other for other, entry in entries.items() if entry.voice == chosen.voice and other != name]
            warnings.append(
                f"声音不够分配，{name} 与 {'、'.join(others)} 用同一声音；可在选角文件里改。"
                f"There are more roles than voices: {name} shares the voice of {', '.join(others)};"
                " change it in the cast file."
            )
        taken.append(chosen)
    silent = {name: entry for name, entry in wished.items() if name not in entries}
    return Cast({**entries, **silent}, tuple(warnings))


def _choose(wish: Wish, people: tuple[Candidate, ...], taken: list[Candidate]) -> tuple[Candidate | None, float]:
    """The candidate that fits best and is furthest from those who are taken, and how far the nearest of them is."""
    best: tuple[float, Candidate, float] | None = None
    for one in people:
        if wish.sex and not _fits_sex(one, wish):
            continue
        apart = min((distance(one, other) for other in taken), default=_ENOUGH)
        score = min(apart, _ENOUGH) - _mismatch(one, wish)
        if apart == 0.0:
            score -= 2.0  # only when nobody else is left
        if best is None or score > best[0] + 1e-9:
            best = (score, one, apart)
    return (None, 0.0) if best is None else best[1:]


def _fits_sex(one: Candidate, wish: Wish) -> bool:
    if wish.age == CHILD:
        return one.sex == wish.sex or one.hz > _CHILD_HZ
    return one.sex == wish.sex and not (wish.sex == "male" and one.hz > _CHILD_HZ)


def _mismatch(one: Candidate, wish: Wish) -> float:
    """What a candidate lacks, in units of distance."""
    loss = _OTHER_SEX if wish.sex and one.sex != wish.sex else 0.0
    loss += (_MIX if one.is_mix else 0.0) + (_SHIFTED if one.shift_st else 0.0)
    expected = _EXPECTED_HZ.get((wish.sex or one.sex, wish.age))
    if expected is not None:
        loss += _PER_OCTAVE * abs(math.log2(one.hz / expected))
    elif one.sex == "male" and one.hz > _CHILD_HZ:
        loss += _WRONG_CHILD  # a boy's voice for somebody of whom nothing says that he is one
    usual = 225.0 if one.sex == "female" else 130.0
    return loss - 0.5 * wish.height * math.log2(one.hz / usual)


def _entry(chosen: Candidate, wish: Wish, role: Role | None, apart: float, own: CastEntry) -> CastEntry:
    """The entry of somebody who is cast now; what was said of the person already stays."""
    words = "、".join(wish.reasons)
    has_speed = own.speed is not None or (role is not None and role.speed != 1.0)
    has_pitch = own.pitch_shift_st is not None or (role is not None and role.pitch_shift_st != 0.0)
    return dataclasses.replace(
        own,
        voice=chosen.voice,
        by="auto",
        why=(f"{words}；" if words else "") + f"距最近的角色 {apart:.2f}",
        speed=own.speed if has_speed or wish.speed == 1.0 else wish.speed,
        pitch_shift_st=own.pitch_shift_st if has_pitch or not chosen.shift_st else chosen.shift_st,
    )


def _candidate(entry: CastEntry, people: tuple[Candidate, ...], known: Mapping[str, str]) -> Candidate | None:
    """The measured candidate that an entry is; None for voices without measurements."""
    voice, shift = known.get(entry.voice, entry.voice), entry.pitch_shift_st or 0.0
    plain = next((one for one in people if one.voice == voice and one.shift_st == 0.0), None)
    return None if plain is None else dataclasses.replace(plain, hz=plain.hz * 2 ** (shift / 12), shift_st=shift)
