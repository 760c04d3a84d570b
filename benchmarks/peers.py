"""The engines that ours is compared with: the same weights, taken from our cache, in the form that each wants.

    kokoro-onnx   the packaged int8 graph through ``create`` and ``create_stream``
    sherpa-onnx   the same graph with its metadata, tokens and a lexicon, through ``OfflineTts.generate``
    kokoro        the torch package of the model's author, with the recovered float weights, through ``KModel``

None of them reads Mandarin as we do (kokoro-onnx has no front end for it, the front ends of the others need files that
no package brings), so each is given our phonemes: sherpa-onnx through its lexicon. Everything else is as it comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.machinery
import re
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from benchmarks.engines import Job, Script


class KokoroOnnx:
    """``kokoro_onnx.Kokoro`` with a session of as many threads as ours."""

    def __init__(self, job: Job) -> None:
        import onnxruntime
        from kokoro_onnx import Kokoro

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = job.threads
        session = onnxruntime.InferenceSession(job.model_file, options, providers=["CPUExecutionProvider"])
        self._kokoro = Kokoro.from_session(session, job.voices_file)
        self._voice = job.voice

    def speak(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the whole text."""
        waveform, sample_rate = self._kokoro.create(script.phonemes, self._voice, is_phonemes=True)
        return {"audio_s": len(waveform) / sample_rate}

    def first(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the first batch that ``create_stream`` yields."""

        async def first() -> tuple[Any, int]:
            stream = self._kokoro.create_stream(script.phonemes, self._voice, is_phonemes=True)
            try:
                return await anext(stream)
            finally:
                self._first_at = time.perf_counter()
                await stream.aclose()

        waveform, sample_rate = asyncio.run(first())
        return {"audio_s": len(waveform) / sample_rate, "at": self._first_at}

    def first_sentence(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the first sentence alone, as a caller who splits the text himself would ask for it."""
        waveform, sample_rate = self._kokoro.create(script.sentences[0], self._voice, is_phonemes=True)
        return {"audio_s": len(waveform) / sample_rate}


class SherpaOnnx:
    """``sherpa_onnx.OfflineTts``; it cuts the text at every comma and hands each clause to its callback.

    A lexicon belongs to a loaded engine, so one is loaded for each text, at its first use: the warm-up of a comparison.
    """

    def __init__(self, job: Job) -> None:
        import onnx

        from tts_engine.acoustic.config import ModelConfig

        self._threads = job.threads
        self._folder = tempfile.TemporaryDirectory()
        self._files = Path(self._folder.name)
        model = onnx.load(job.model_file)
        with np.load(job.voices_file) as packs:
            pack = packs[job.voice]
        about = {
            "model_type": "kokoro", "version": 2, "sample_rate": ModelConfig().sample_rate, "has_espeak": 1,
            "voice": "en-us", "language": "Chinese", "n_speakers": 1, "style_dim": ",".join(map(str, pack.shape)),
        }  # fmt: skip
        for key, value in about.items():
            model.metadata_props.add(key=key, value=str(value))
        onnx.save(model, str(self._files / "model.onnx"))
        pack.astype(np.float32).tofile(self._files / "voices.bin")
        tokens = "".join(f"{symbol} {number}\n" for symbol, number in ModelConfig().symbols.items())
        (self._files / "tokens.txt").write_text(tokens, encoding="utf-8")
        self._engines: dict[str, Any] = {}
        self._engine({"好": "x a u ↓"}, "好")

    def speak(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the whole text."""
        audio = self._engine(script.lexicon, script.text).generate(script.text, sid=0, speed=1.0)
        return {"audio_s": len(audio.samples) / audio.sample_rate}

    def first(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the first clause that it hands out; the rest is abandoned."""
        heard: list[tuple[float, int]] = []

        def hear(samples: Any, _progress: float) -> int:
            heard.append((time.perf_counter(), len(samples)))
            return 0  # no more

        engine = self._engine(script.lexicon, script.text)
        engine.generate(script.text, sid=0, speed=1.0, callback=hear)
        at, samples = heard[0]
        return {"audio_s": samples / engine.sample_rate, "at": at}

    def _engine(self, lexicon: dict[str, str], text: str) -> Any:
        if text not in self._engines:
            import espeakng_loader
            import sherpa_onnx

            words = "".join(f"{word} {phonemes}\n" for word, phonemes in lexicon.items())
            (self._files / "lexicon.txt").write_text(words, encoding="utf-8")
            kokoro = sherpa_onnx.OfflineTtsKokoroModelConfig(
                model=str(self._files / "model.onnx"),
                voices=str(self._files / "voices.bin"),
                tokens=str(self._files / "tokens.txt"),
                lexicon=str(self._files / "lexicon.txt"),
                data_dir=espeakng_loader.get_data_path(),
            )
            model = sherpa_onnx.OfflineTtsModelConfig(kokoro=kokoro, num_threads=self._threads)
            self._engines = {text: sherpa_onnx.OfflineTts(sherpa_onnx.OfflineTtsConfig(model=model))}
        return self._engines[text]


class KokoroTorch:
    """``kokoro.KModel`` sentence by sentence, as its pipeline calls it; our recovered weights under its names."""

    def __init__(self, job: Job) -> None:
        import torch

        from tts_engine.acoustic import recover

        torch.set_num_threads(job.threads)
        _without_torchaudio()
        from kokoro import KModel

        weights = recover.load(Path(job.model_file))
        with tempfile.TemporaryDirectory() as folder:
            empty = Path(folder) / "empty.pth"
            torch.save({}, empty)  # its own loader wants the file of the hub
            self._model = KModel(repo_id="recovered", config=torch_config(), model=str(empty)).eval()
        self._model.load_state_dict(torch_weights(weights, self._model.state_dict()), strict=True)
        with np.load(job.voices_file) as packs:
            self._pack = torch.from_numpy(packs[job.voice])

    def speak(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the whole text."""
        return {"audio_s": sum(self._say(sentence) for sentence in script.sentences)}

    def first(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the first sentence, the first thing that its pipeline yields."""
        return {"audio_s": self._say(script.sentences[0])}

    def _say(self, phonemes: str) -> float:
        waveform = self._model(phonemes, self._pack[len(phonemes) - 1], 1.0)
        return len(waveform) / 24_000


#: Names of the two halves of a normalised weight, in either of torch's ways to write them: g and v.
_NORMALISED = ("weight_g", "weight_v", "weight_0", "weight_1")


def torch_config() -> dict[str, Any]:
    """Our model configuration in the words of the torch package."""
    from tts_engine.acoustic.config import ModelConfig

    config = ModelConfig()
    albert = config.albert
    return {
        "vocab": config.symbols,
        "n_token": config.n_symbols,
        "hidden_dim": config.hidden,
        "style_dim": config.style,
        "n_layer": config.prosody_layers,
        "max_dur": config.duration_bins,
        "dropout": 0.2,
        "text_encoder_kernel_size": config.text_kernel,
        "n_mels": 80,
        "plbert": {
            "hidden_size": albert.hidden,
            "num_attention_heads": albert.heads,
            "intermediate_size": albert.feed_forward,
            "max_position_embeddings": albert.positions,
            "num_hidden_layers": albert.layers,
            "dropout": 0.1,
        },
        "istftnet": {
            "upsample_kernel_sizes": list(config.upsample_kernels),
            "upsample_rates": list(config.upsample_rates),
            "gen_istft_hop_size": config.hop,
            "gen_istft_n_fft": config.n_fft,
            "resblock_dilation_sizes": [list(config.block_dilations)] * len(config.block_kernels),
            "resblock_kernel_sizes": list(config.block_kernels),
            "upsample_initial_channel": config.hidden,
        },
    }


def torch_weights(weights: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Our parameters for the names in ``expected``; what we have no parameter for keeps its value.

    Weight normalisation (``g v / |v|``) is folded in ours: ``v`` is our weight and ``g`` its norm. A channel that
    quantisation has made zero gets ``g = 0`` and any ``v``, or it would be divided by zero.
    """
    import torch

    loaded = dict(expected)
    for name, present in expected.items():
        module, _, part = re.sub(r"\.parametrizations\.weight\.original([01])$", r".weight_\1", name).rpartition(".")
        ours = _our_name(f"{'decoder' if module.startswith('decoder.') else 'encoder'}.{module}", part)
        value = weights.get(ours) if ours else None
        if value is None:
            continue
        if part in _NORMALISED:
            norm = np.sqrt((value**2).sum(axis=tuple(range(1, value.ndim)), keepdims=True))
            is_scale = part in ("weight_g", "weight_0")
            value = norm if is_scale else np.where(norm == 0, np.float32(1), value)
        loaded[name] = torch.from_numpy(np.ascontiguousarray(value, np.float32)).reshape(present.shape)
    return loaded


def _our_name(path: str, part: str) -> str | None:
    from tts_engine.acoustic.recover import our_name

    if re.fullmatch(r"alpha\d", path.rsplit(".", 1)[-1]) and part.isdigit():
        return our_name(f"{path}.{part}")
    module = our_name(path)
    if module is None:
        return None
    part = {"gamma": "weight", "beta": "bias"}.get(part, part)
    return f"{module}.{'weight' if part in _NORMALISED else part}"


def _without_torchaudio() -> None:
    """Lets ``transformers`` be imported beside a torchaudio that was built for another torch; nobody needs it here."""
    stand_in = types.ModuleType("torchaudio")
    stand_in.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    sys.modules.setdefault("torchaudio", stand_in)


@contextlib.contextmanager
def peer_voices(voices_dir: Path) -> Iterator[Path]:
    """The voice packs of our cache in the peers' format, in a temporary file."""
    packs = {file.stem: np.fromfile(file, np.float32).reshape(-1, 1, 256) for file in sorted(voices_dir.glob("*.bin"))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voices.npz"
        np.savez(path, **packs)  # type: ignore[arg-type]  # the names are those of the voices
        yield path
