"""A synthesizer without weights that speaks at once: the real pipeline over one tone per character."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import numpy as np

from tts_engine.batch.worker import Orders, work
from tts_engine.errors import ControlError, SynthesisError, TextError
from tts_engine.pipeline import Synthesizer
from tts_engine.text.lexicon import UserLexicon
from tts_engine.text.manuscript import Manuscript
from tts_engine.types import Prosody, Sentence, Span, Style, Syllable, Word

RATE, HOP = 24000, 600


class TinyEngine:
    """A few frames per phoneme; the waveform is a sine whose pitch belongs to the phonemes and the seed."""

    frames_per_phoneme = 2

    config = SimpleNamespace(sample_rate=RATE, frame_rate=RATE / HOP, symbols={}, max_phonemes=510)
    threads = 1
    together = 1
    arithmetic = "float32"

    def __init__(self, sentence_s: float = 0.0) -> None:
        self.sentence_s = sentence_s
        self.rendered = 0

    def encode(self, phonemes, prosody_style):
        if "坏" in phonemes:
            raise SynthesisError("the engine failed")
        if "爆" in phonemes:
            raise RuntimeError("nobody expects this")
        return SimpleNamespace(
            durations=np.full(len(phonemes) + 2, self.frames_per_phoneme, np.float32), phonemes=phonemes
        )

    def predict(self, encoding, durations):
        frames = 2 * int(durations.sum())
        hz = 150.0 + sum(map(ord, encoding.phonemes)) % 200
        return Prosody(durations, np.full(frames, hz, np.float32), np.zeros(frames, np.float32))

    def level(self, encoding, timbre_style):
        return 0.3

    def rendering(self, encoding, prosody, timbre_style, *, seed=0):
        time.sleep(self.sentence_s)
        self.rendered += 1
        f0 = np.repeat(prosody.f0, HOP // 2)
        wave = np.sin(2 * np.pi * np.cumsum(f0) / RATE + seed)
        tone = (self.level(encoding, timbre_style) * wave).astype(np.float32)
        return SimpleNamespace(
            frames=int(prosody.durations.sum()),
            joins=True,
            part=lambda begin, end, *_: tone[begin * HOP : end * HOP],
        )


class TinyVoices:
    def names(self):
        return ("zf_xiaoxiao", "zm_yunxi")

    def canonical(self, spec):
        if spec not in self.names():
            raise ControlError(
                f"没有声音 {spec!r}。unknown voice {spec!r}", code="voice_unknown", option="voice", value=spec
            )
        return spec

    def level_db(self, spec):
        return -6.0

    def own_pitch_hz(self, spec):
        return {}

    def style(self, spec, n_phonemes):
        return Style(np.full(128, 0.5, np.float32), np.zeros(128, np.float32))


class TinyFrontEnd:
    """One sentence per full stop or line, one syllable and one phoneme per character."""

    lexicon = UserLexicon()
    pause_after_s = 0.1

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
                sentence = Sentence(text[begin:end], span, part, words, part, pause_after_s=self.pause_after_s)
                yield SimpleNamespace(sentence=sentence, warnings=())
            begin = end


def _syllable(character, at, phoneme):
    return Syllable(character, "a1", Span(at, at + 1), (phoneme, phoneme + 1))


def make(sentence_s: float = 0.0) -> Synthesizer:
    """The synthesizer, with so many seconds of work per sentence."""
    return Synthesizer.from_parts(TinyEngine(sentence_s), TinyVoices(), TinyFrontEnd())


def in_process(journal, *, on_look):
    """Executes a job here, where processes are not what is tested."""
    work(Orders("here", journal.path, make), journal, threading.Event())
    on_look()
