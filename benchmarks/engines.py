"""The engines that are compared, each in a process of its own, so that memory is counted apart.

    python -m benchmarks.engines ours|kokoro-onnx|sherpa-onnx|kokoro JOB

reads one JSON request per line and answers one JSON object per line. All processes live through the whole comparison
and take turns; while one works the others wait. ``Worker`` is the parent's end of the pipe. The peers: ``peers``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OURS = "ours"
OURS_IN_FLOAT = "ours-float32"
PEERS = ("kokoro-onnx", "sherpa-onnx", "kokoro", OURS_IN_FLOAT)

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Job:
    """What a worker needs to load.

    Attributes:
        cache_hub: folder of our models.
        model_file: the packaged int8 network, for the peers.
        voices_file: the voice packs in the peers' format (npz, one array (510, 1, 256) per voice).
        voice: name of the voice that all use.
        threads: processor threads of each.
        decoder: of ours, as ``Synthesizer(decoder=...)`` takes it.
    """

    cache_hub: str
    model_file: str
    voices_file: str
    voice: str
    threads: int
    decoder: str | None = None


@dataclass(frozen=True)
class Script:
    """One text in the form that each engine takes.

    Attributes:
        text: for us.
        sentences: phonemes of each sentence as our front end makes them, for the peers.
        lexicon: phonemes of each word, for a peer that reads by a lexicon.
    """

    text: str
    sentences: tuple[str, ...] = ()
    lexicon: dict[str, str] = field(default_factory=dict)

    @property
    def phonemes(self) -> str:
        """Of the whole."""
        return " ".join(self.sentences)


class Worker:
    """A running engine process. Use as a context manager; ``loaded`` has its load time and memory."""

    def __init__(self, engine: str, job: Job) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.engines", engine, json.dumps(asdict(job))]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.loaded = self._answer()

    def ask(self, request: str, script: Script | None = None) -> dict[str, Any]:
        """The answer to ``speak``, ``first``, ``first_sentence``, ``long`` or ``memory``.

        Raises:
            RuntimeError: the process ended; its own message is on the standard error.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"request": request, "script": asdict(script) if script else None}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the engine process ended with status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Ours:
    """``tts_engine.Synthesizer`` as an application uses it: text in, front end included in every time."""

    def __init__(self, job: Job, precision: str = "auto") -> None:
        from tts_engine.options import SynthesisOptions
        from tts_engine.pipeline import Synthesizer

        self._synthesizer = Synthesizer(
            cache_hub=job.cache_hub,
            threads=job.threads,
            offline=True,
            device="cpu",
            decoder=job.decoder,
            precision=precision,
        )
        self._options = SynthesisOptions(voice=job.voice)

    def speak(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the whole text, and of each stage's work on it."""
        result = self._synthesizer.synthesize(script.text, self._options)
        return {"audio_s": result.audio_s, "stage_s": result.stage_s}

    def first(self, script: Script) -> dict[str, Any]:
        """Seconds of audio of the first chunk and the text that it speaks; the rest is abandoned."""
        stream = self._synthesizer.stream(script.text, self._options)
        chunk = next(stream)
        return {"audio_s": len(chunk.waveform) / chunk.sample_rate, "source": chunk.timing.text}

    def long(self, script: Script) -> dict[str, Any]:
        """Writes the text to a file and notes the memory after every sentence: pairs of audio seconds and MB."""
        samples: list[tuple[float, float]] = []

        def note(chunk: Any) -> None:
            samples.append((chunk.timing.end_s, memory()["rss_mb"]))

        with tempfile.TemporaryDirectory() as folder:
            result = self._synthesizer.synthesize_to_file(
                script.text, self._options, path=Path(folder) / "long.wav", on_chunk=note
            )
        return {"audio_s": result.audio_s, "samples": samples}


def memory() -> dict[str, float]:
    """Resident memory of this process now and at its highest, MB (1e6 bytes)."""
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak_mb = peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
        return {"rss_mb": peak_mb, "peak_mb": peak_mb}
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return {key: int(fields[name].split()[0]) * 1024 / 1e6 for key, name in (("rss_mb", "VmRSS"), ("peak_mb", "VmHWM"))}


def write_script(text: str, lexicon_dir: Path) -> Script:
    """The text with what our front end makes of it."""
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.text.frontend import FrontEnd

    config = ModelConfig()
    front_end = FrontEnd(config.symbols, max_phonemes=config.max_phonemes, lexicon_dir=lexicon_dir)
    sentences = front_end.analyse(text).sentences
    lexicon = {
        word.text: " ".join(sentence.phonemes[word.syllables[0].phonemes[0] : word.syllables[-1].phonemes[1]])
        for sentence in sentences
        for word in sentence.words
    }
    return Script(text, tuple(sentence.phonemes for sentence in sentences), lexicon)


def _engine(name: str, job: Job) -> Any:
    if name in (OURS, OURS_IN_FLOAT):
        return Ours(job, "auto" if name == OURS else "float32")
    from benchmarks import peers

    return {"kokoro-onnx": peers.KokoroOnnx, "sherpa-onnx": peers.SherpaOnnx, "kokoro": peers.KokoroTorch}[name](job)


def _serve(engine: str, job: Job) -> None:
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints must not reach the pipe

    def answer(value: dict[str, Any]) -> None:
        print(json.dumps(value), file=answers, flush=True)

    started = time.perf_counter()
    instance = _engine(engine, job)
    answer({"load_s": time.perf_counter() - started, **memory()})
    for line in sys.stdin:
        message = json.loads(line)
        if message["request"] == "memory":
            answer(memory())
            continue
        started, cpu_started = time.perf_counter(), time.process_time()
        result = getattr(instance, message["request"])(Script(**message["script"]))
        ended = result.pop("at", None) or time.perf_counter()
        answer({"wall_s": ended - started, "cpu_s": time.process_time() - cpu_started, **result})


if __name__ == "__main__":
    _serve(sys.argv[1], Job(**json.loads(sys.argv[2])))
