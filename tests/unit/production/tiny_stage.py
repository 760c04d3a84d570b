"""A synthesizer without weights for programmes: the real pipeline over one tone per character, eight voices."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from tts_engine.acoustic.voices import MANDARIN, describe, parse_mix
from tts_engine.errors import ControlError, TextError
from tts_engine.pipeline import Synthesizer
from tts_engine.text.lexicon import UserLexicon
from tts_engine.text.manuscript import Manuscript
from tts_engine.types import Prosody, Sentence, Span, Style, Syllable, Word

RATE, HOP = 24000, 600


class StageEngine:
    """Four frames per phoneme; the waveform is a sine whose pitch belongs to the phonemes and the seed."""

    config = SimpleNamespace(sample_rate=RATE, frame_rate=RATE / HOP, symbols={}, max_phonemes=510)
    threads = 1
    together = 1

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.stop_at: int | None = None

    def encode(self, phonemes, prosody_style):
        return SimpleNamespace(durations=np.full(len(phonemes) + 2, 4.0, np.float32), phonemes=phonemes)

    def predict(self, encoding, durations):
        frames = 2 * int(durations.sum())
        hz = 150.0 + sum(map(ord, encoding.phonemes)) % 200
        return Prosody(durations, np.full(frames, hz, np.float32), np.zeros(frames, np.float32))

    def rendering(self, encoding, prosody, timbre_style, *, seed=0):
        if len(self.spoken) == self.stop_at:
            raise KeyboardInterrupt
        self.spoken.append(encoding.phonemes)
        f0 = np.repeat(prosody.f0, HOP // 2)
        level = 0.3 if "轻" in encoding.phonemes else 1.0
        tone = level * timbre_style[0] * np.sin(2 * np.pi * np.cumsum(f0) / RATE + seed).astype(np.float32)
        return SimpleNamespace(
            frames=int(prosody.durations.sum()), part=lambda begin, end: tone[begin * HOP : end * HOP]
        )


class StageVoices:
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

    def own_pitch_hz(self, spec):
        return {}

    def style(self, spec, n_phonemes):
        return Style(np.full(128, 0.5, np.float32), np.zeros(128, np.float32))


class StageFrontEnd:
    """One sentence per full stop or line, one syllable and one phoneme per character."""

    lexicon = UserLexicon()

    def open(self, text):
        if not text.strip():
            raise TextError("the text is empty")
        return Manuscript(text, text)

    def read(self, manuscript, lexicon=None):
        text, begin = manuscript.masked, 0
        for part in text.replace("\n", "。").split("。"):
            end = min(begin + len(part) + 1, len(text))
            if part:
                span = Span(begin, end)
                words = tuple(
                    Word(c, Span(begin + i, begin + i + 1), (_syllable(c, begin + i, i),)) for i, c in enumerate(part)
                )
                sentence = Sentence(text[begin:end], span, part, words, part, pause_after_s=0.1)
                yield SimpleNamespace(sentence=sentence, warnings=())
            begin = end


def _syllable(character, at, phoneme):
    return Syllable(character, "a1", Span(at, at + 1), (phoneme, phoneme + 1))


def make() -> tuple[Synthesizer, StageEngine]:
    """The synthesizer, and its engine, which remembers what it was asked to speak."""
    engine = StageEngine()
    return Synthesizer.from_parts(engine, StageVoices(), StageFrontEnd()), engine
