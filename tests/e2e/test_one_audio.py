"""However a text is rendered, it is the same audio: alone, streamed, to a file, beside others, in a batch.

Tolerance: the same samples in one process. Where rounding differs, that is with another number of threads or with other
windows, the same length and an error 35 dB below the speech: the network itself makes as much of a rounding error,
since single phases of its inverse STFT stand on an edge (features off by one part in a million: -38 dB).
"""

import itertools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from tts_engine.options import SynthesisOptions

pytestmark = pytest.mark.e2e

#: The first sentence is long enough to be rendered in windows, the last ones two at a time.
TEXT = "清晨的阳光穿过薄雾，洒在安静的湖面上，远处传来几声鸟叫。他站在窗前看了很久。电话响了三声。"
OPTIONS = SynthesisOptions(voice="zf_xiaoxiao", seed=3)
OTHERS = ("妈妈做的红烧肉又香又软，弟弟一口气吃了两碗饭。", "雨停了，太阳出来了。", "火车八点出发，请大家不要迟到。")
ERROR_DB = -35.0


@pytest.fixture(scope="module")
def alone(synthesizer):
    return synthesizer.synthesize(TEXT, OPTIONS).waveform


def error_db(one, other):
    assert len(one) == len(other)
    rms = [np.sqrt(np.mean(np.square(values, dtype=np.float64))) for values in (one - other, other)]
    return 20 * np.log10(max(rms[0], 1e-12) / rms[1])


def test_streamed(synthesizer, alone):
    chunks = list(synthesizer.stream(TEXT, OPTIONS))
    assert [chunk.ends_sentence for chunk in chunks].count(False) >= 2  # in windows
    np.testing.assert_array_equal(np.concatenate([chunk.waveform for chunk in chunks]), alone)


def test_to_a_file(synthesizer, alone, tmp_path):
    path = synthesizer.synthesize_to_file(TEXT, OPTIONS, path=tmp_path / "one.wav").path
    written, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(written, alone, atol=1.5 / 32768)


def test_beside_others(synthesizer, alone):
    texts = [TEXT, *OTHERS, TEXT]
    with ThreadPoolExecutor(len(texts)) as pool:
        made = list(pool.map(lambda text: synthesizer.synthesize(text, OPTIONS).waveform, texts))
    for text, waveform in zip(texts, made, strict=True):
        np.testing.assert_array_equal(waveform, synthesizer.synthesize(text, OPTIONS).waveform)
    np.testing.assert_array_equal(made[0], alone)


def test_in_a_batch(alone, cache_hub, tmp_path):
    rows = [{"text": text, "id": f"n{n}", "voice": OPTIONS.voice, "seed": 3} for n, text in enumerate((*OTHERS, TEXT))]
    (tmp_path / "lines.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    environ = {**os.environ, "TTS_CACHE_HUB": str(cache_hub), "TTS_DEVICE": "cpu"}
    for arguments in (("run", "lines.jsonl", "-p", "2"), ("export", "lines.jsonl", "-o", "out")):
        command = [sys.executable, "-c", "from tts_engine.cli import main; main()", "batch", *arguments]
        subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True, timeout=250)
    (file,) = (tmp_path / "out").glob("n3*.wav")
    written, _ = soundfile.read(file, dtype="float32")
    assert error_db(written, alone) < ERROR_DB


def test_wherever_a_sentence_is_cut_it_is_the_same_waveform(synthesizer):
    engine = synthesizer._engine
    phonemes = "ʨʰi→ŋʈʂʰən↗tɤ ja↗ŋkwa→ŋ".replace("ʈʂʰ", "ꭧʰ") * 2 + "."
    style = synthesizer._voices.style("zf_xiaoxiao", len(phonemes))
    encoding = engine.encode(phonemes, style.prosody)
    rendering = engine.rendering(encoding, engine.predict(encoding), style.timbre, seed=3)
    end = rendering.frames

    def cut(*frames):
        return np.concatenate([rendering.part(a, b) for a, b in itertools.pairwise((0, *frames, end))])

    assert rendering.joins and end > 100
    windows = cut(end - 1)
    for frames in ((20,), (25, 50), tuple(range(8, end, 8))):
        assert error_db(cut(*frames), windows) < ERROR_DB
    assert error_db(rendering.part(0, end), windows) < ERROR_DB
