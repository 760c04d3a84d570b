"""A library beside random packs; the engine is replaced by something that only measures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tts_engine.acoustic.voices import VoiceStore
from tts_engine.own_voices.library import VoiceLibrary
from tts_engine.own_voices.making import MadeVoice
from tts_engine.own_voices.record import Source
from tts_engine.own_voices.workshop import Measured

STATEMENT = "本人王小明同意用这些录音制作我的声音"


def pack_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((510, 256)).astype(np.float32)


@pytest.fixture
def packs(tmp_path):
    folder = tmp_path / "packs"
    folder.mkdir()
    for seed, name in enumerate(("af_sky", "zf_xiaoxiao", "zm_yunxi")):
        pack_of(seed).tofile(folder / f"{name}.bin")
    return folder


@pytest.fixture
def library(tmp_path, packs, monkeypatch) -> VoiceLibrary:
    """Every created voice is the next random pack."""
    made = iter(range(100, 200))

    def make(workshop, recordings, *, method, on_progress):
        sources = tuple(Source(name, f"{n:064x}", 4.0) for n, (name, _) in enumerate(recordings))
        figures = {"own_before": 0.5, "own_after": 0.7, "own_ceiling": 0.9}
        return MadeVoice(
            pack_of(next(made)),
            "female",
            -21.5,
            (210.0, 150.0, 290.0),
            "zf_xiaoxiao:1.000",
            sources,
            8.0,
            figures,
            ("只有 8 秒人声。Only 8 s of speech.",),
        )

    monkeypatch.setattr("tts_engine.own_voices.making.make_voice", make)
    directory = tmp_path / "voices"
    measured = Measured(-23.0, (120.0, 80.0, 170.0), np.zeros(1, np.float32))
    library = VoiceLibrary(directory, workshop=lambda: workshop)
    workshop = SimpleNamespace(voices=VoiceStore(packs, library.shelf), model="model@1", measure=lambda pack: measured)
    return library


@pytest.fixture
def store(library, packs) -> VoiceStore:
    """The voices as a synthesizer sees them, with a shelf of its own."""
    from tts_engine.own_voices.shelf import Shelf

    return VoiceStore(packs, Shelf(library.directory))


@pytest.fixture
def create(library):
    """Creates a voice from one recording."""

    def call(name="小王", **more):
        return library.create(name, [("a.wav", b"audio")], **{"consent": STATEMENT, **more})

    return call
