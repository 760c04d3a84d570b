"""A synthesizer without weights for programmes: ``tiny_engine`` with eight voices, and a memory of what it spoke."""

from __future__ import annotations

import tiny_engine
from tts_engine.acoustic.voices import MANDARIN, describe, parse_mix
from tts_engine.errors import ControlError
from tts_engine.pipeline import Synthesizer


class StageEngine(tiny_engine.TinyEngine):
    """Four frames per phoneme; as loud as the voice, softer where the text says 轻; stops where it is told to."""

    frames_per_phoneme = 4

    def __init__(self) -> None:
        super().__init__()
        self.spoken: list[str] = []
        self.stop_at: int | None = None

    def level(self, encoding, timbre_style):
        return (0.3 if "轻" in encoding.phonemes else 1.0) * timbre_style[0]

    def rendering(self, encoding, prosody, timbre_style, *, seed=0):
        if len(self.spoken) == self.stop_at:
            raise KeyboardInterrupt
        self.spoken.append(encoding.phonemes)
        return super().rendering(encoding, prosody, timbre_style, seed=seed)


class StageVoices(tiny_engine.TinyVoices):
    """The Mandarin packs, the male ones half as loud."""

    def names(self):
        return tuple(sorted(MANDARIN))

    def info(self, name):
        return describe(name)

    def canonical(self, spec):
        for name in parse_mix(spec):
            if name not in MANDARIN:
                raise ControlError(f"没有声音 {spec!r}。unknown voice {spec!r}", code="voice_unknown", option="voice")
        return spec

    def level_db(self, spec):
        return -12.0 if spec[1] == "m" else -6.0


def make() -> tuple[Synthesizer, StageEngine]:
    """The synthesizer, and its engine, which remembers what it was asked to speak."""
    engine = StageEngine()
    return Synthesizer.from_parts(engine, StageVoices(), tiny_engine.TinyFrontEnd()), engine
