"""What holds over a stretch of text until it is closed: emotion, voice, reference, rate, pitch, volume."""

from __future__ import annotations

from dataclasses import dataclass

from ...types import Span
from .builder import Builder
from .values import EmotionRequest, ProsodyRequest, ReferenceRequest, Request, VoiceRequest


@dataclass(frozen=True, slots=True)
class _Held:
    begin: int
    name: str | None = None
    amount: float | None = None


class Holding:
    """The tags that are in force, one per kind; closing one makes its request."""

    def __init__(self, out: Builder) -> None:
        self.out = out
        self._held: dict[str, _Held] = {}

    def __bool__(self) -> bool:
        return bool(self._held)

    def start(self, kind: str, at: int, begin: int, name: str | None = None, amount: float | None = None) -> None:
        """Something new of a kind from ``begin`` on, written by a tag at ``at``, which ends the one before."""
        self.close(kind, at)
        self._held[kind] = _Held(begin, name, amount)

    def emotion(self, at: int, begin: int, name: str, strength: float | None) -> None:
        """An emotion; a strength that stands right before it counts for it."""
        held = self._held.get("emotion")
        if held is not None and held.name is None and strength is None and self._is_empty(held, at):
            strength = held.amount  # [intensity=0.8][emotion=happy]
        self.start("emotion", at, begin, name, strength)

    def intensity(self, at: int, begin: int, strength: float) -> None:
        """Another strength of what holds; right behind an emotion it belongs to that."""
        held = self._held.get("emotion")
        name = held.name if held else None
        if held is not None and self._is_empty(held, at):
            self._held["emotion"] = _Held(begin, name, strength)  # [emotion=happy][intensity=0.8]
        else:
            self.start("emotion", at, begin, name, strength)

    def close_all(self, at: int) -> None:
        """The end of everything that holds."""
        for kind in list(self._held):
            self.close(kind, at)

    def close(self, kind: str, at: int) -> None:
        """The end of what holds of a kind, if anything; a stretch of nothing is no request."""
        held = self._held.pop(kind, None)
        if held is not None and held.begin < at:
            self.out.request(_request(kind, held, Span(held.begin, at)))

    def _is_empty(self, held: _Held, at: int) -> bool:
        return at - held.begin < 16 and not self.out.source[held.begin : at].strip()


def _request(kind: str, held: _Held, span: Span) -> Request:
    if kind == "emotion":
        return EmotionRequest(span, held.name, held.amount)
    if kind == "voice":
        return VoiceRequest(span, held.name or "")
    if kind == "reference":
        return ReferenceRequest(span, held.name or "")
    if kind == "speed":
        return ProsodyRequest(span, rate=held.amount)
    if kind == "pitch":
        return ProsodyRequest(span, pitch_st=held.amount)
    return ProsodyRequest(span, volume_db=held.amount)
