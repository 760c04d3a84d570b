"""Hand-labelled instructions, and whether a reading agrees with its label."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tts_engine.emotion.directions import Directions
from tts_engine.emotion.parse import amounts_of

FOLDER = Path(__file__).parents[2] / "golden" / "emotion"


@dataclass(frozen=True)
class Case:
    text: str
    emotions: frozenset[str]
    moves: frozenset[str]
    is_reported: bool


def read_cases(name: str) -> list[Case]:
    cases = []
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            text, emotions, moves, unread = (*line.split("\t"), "", "", "")[:4]
            cases.append(Case(text, frozenset(emotions.split("+")), frozenset(moves.split()), unread == "?"))
    return cases


def moves_of(directions: Directions) -> frozenset[str]:
    values = (
        ("speed", directions.speed - 1.0),
        ("pitch", directions.pitch_st),
        ("volume", directions.volume_db),
        ("pause", directions.pause - 1.0),
    )
    return frozenset(name + ("+" if value > 0 else "-") for name, value in values if abs(value) > 1e-6)


def emotions_of(directions: Directions) -> frozenset[str]:
    if directions.emotion is None:
        return frozenset("-")
    return frozenset(amounts_of(directions.emotion)) or frozenset({"neutral"})


def disagreement(case: Case, directions: Directions) -> str:
    """What differs from the label, empty where nothing does: each labelled emotion must be there, the strongest one
    must be labelled, the moves must be the same, and what cannot be understood must be reported (and only that)."""
    found = emotions_of(directions)
    amounts = amounts_of(directions.emotion) if directions.emotion else {}
    strongest = max(amounts, key=lambda name: amounts[name]) if amounts else next(iter(found))
    if not case.emotions <= found or strongest not in case.emotions:
        return f"emotions {sorted(found)}"
    if moves_of(directions) != case.moves:
        return f"moves {sorted(moves_of(directions))}"
    if bool(directions.warnings) != case.is_reported:
        return f"reported {directions.warnings}"
    return ""
