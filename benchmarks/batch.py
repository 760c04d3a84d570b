"""Batches: 60 short texts one by one against the executors, and a book of a million characters.

    python benchmarks/batch.py jobs --folder /tmp/batch --round 0 --rounds 5   one piece; again with 1, 2, 3, 4
                                                        --executor NAME        only this one of its executors
    python benchmarks/batch.py readback --folder /tmp/batch                    what a recogniser hears in every file
    python benchmarks/batch.py summary --folder /tmp/batch                     table and JSON of all pieces
    python benchmarks/batch.py book --characters 1000000 --plot book.png       memory, first result, estimate

Each piece of ``jobs`` renders the same texts with every executor, one after the other, processes and models started
anew each time, so that ratios come from one stretch of time on one machine. ``book`` leaves the acoustic model out: a
hummed sine of the length that the real one would have about, so that the executor, the journal, the front end and the
files are what is measured. It says nothing about the speed of the real engine.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks import texts
from benchmarks.report import describe_machine, json_line, number, table
from tts_engine.types import Prosody

if TYPE_CHECKING:
    from tts_engine.batch import Progress
    from tts_engine.pipeline import Synthesizer

PACKAGES = ("tts-engine", "onnxruntime", "numpy")
JOBS, CHARACTERS = 60, 80
VOICE = "zf_xiaoxiao"

#: How a piece is rendered; the queues need ``redis-server`` and the extra ``[queue]``.
EXECUTORS = ("one_by_one", "local_2x1", "local_1x2", "queue_1", "queue_2")

#: Frames of 25 ms per phoneme of the stand-in: a third to a half of real speech, so that a book takes 5 GB of disk.
FRAMES = 1


def short_texts() -> list[str]:
    """The 60 texts, each of about 80 characters, whole sentences, no two alike."""
    found, held = [], ""
    for sentence in texts.long(4 * JOBS * CHARACTERS).replace("\n", "").replace("。", "。\n").splitlines():
        held += sentence
        if len(held) >= 0.9 * CHARACTERS:
            found += [held] if len(held) <= 1.25 * CHARACTERS and held not in found else []
            held = ""
    return found[:JOBS]


# --- 60 jobs


def one_by_one(chosen: Sequence[str], folder: Path) -> None:
    """The public function, one text after the other."""
    from tts_engine import synthesize

    for text in chosen:
        synthesize(text, voice=VOICE, output_dir=folder)


def local(chosen: Sequence[str], folder: Path, processes: int, threads: int) -> None:
    """A batch on this machine."""
    from tts_engine.batch import submit
    from tts_engine.batch.engine import load_engine
    from tts_engine.settings import load_settings

    settings, _ = load_settings()
    job = submit(list(chosen), output=folder, settings=settings, voice=VOICE)
    job.run(processes=processes, load=functools.partial(load_engine, settings, threads))


def queue(chosen: Sequence[str], folder: Path, processes: int) -> None:
    """A batch through a Redis and a worker of its own, all started for it."""
    from tts_engine.batch import submit
    from tts_engine.settings import load_settings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {"TTS_BROKER_URL": f"redis://127.0.0.1:{port}/0", "OMP_NUM_THREADS": "1"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    redis = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""], **quiet)
    worker = subprocess.Popen([sys.executable, "-m", "tts_engine", "worker", "--processes", str(processes)], **quiet)
    try:
        settings, _ = load_settings()
        submit(list(chosen), output=folder, settings=settings, voice=VOICE).run(settings=settings)
    finally:
        for process in (worker, redis):
            process.terminate()
            process.wait()


HOW: dict[str, Callable[[Sequence[str], Path], None]] = {
    "one_by_one": one_by_one,
    "local_2x1": functools.partial(local, processes=2, threads=1),
    "local_1x2": functools.partial(local, processes=1, threads=2),
    "queue_1": functools.partial(queue, processes=1),
    "queue_2": functools.partial(queue, processes=2),
}


def run_piece(folder: Path, which: int, rounds: int, only: str | None) -> None:
    """One piece with every executor, each in a process of its own; its times go to a file of the folder."""
    chosen = short_texts()[which::rounds]
    order = EXECUTORS if which % 2 == 0 else tuple(reversed(EXECUTORS))
    for name in (only,) if only else order:
        out = folder / f"{name}-{which}"
        began, used_s = time.perf_counter(), _children_s()
        command = [sys.executable, __file__, "one", "--executor", name, "--folder", str(out)]
        subprocess.run([*command, "--round", str(which), "--rounds", str(rounds)], check=True)
        wall_s, cpu_s = time.perf_counter() - began, _children_s() - used_s
        files = sorted(out.rglob("*.wav"))
        audio_s = sum(_duration(file) for file in files)
        row = {"executor": name, "round": which, "texts": len(chosen), "files": len(files)}
        with (folder / "times.jsonl").open("a") as times:
            times.write(
                json.dumps({**row, "wall_s": wall_s, "cpu_s": cpu_s, "audio_s": audio_s, "load": os.getloadavg()[0]})
                + "\n"
            )
        print(name, which, f"{wall_s:.1f} s", file=sys.stderr)


def read_back(folder: Path, rounds: int) -> None:
    """Every file heard by a recogniser: errors against its own text, and whether another text is nearer."""
    import soundfile

    from benchmarks.probes import Recogniser, prepare
    from benchmarks.readback import distance, syllables

    done = {row["file"] for row in _rows(folder / "heard.jsonl")}
    wanted = [syllables(text) for text in short_texts()]
    recogniser = Recogniser(threads=1)
    for out in sorted(folder.glob("*-*/")):
        name, which = out.name.rsplit("-", 1)
        mine = list(range(JOBS))[int(which) :: rounds]
        for place, file in enumerate(sorted(out.rglob("*.wav"))):
            label = f"{out.name}/{place}"
            if label in done:
                continue
            waveform, rate = soundfile.read(file, dtype="float32")
            heard = syllables(recogniser.transcribe(prepare(waveform, rate)))
            errors = [distance(one, heard) for one in wanted]
            own = mine[place]
            row = {"file": label, "executor": name, "errors": errors[own], "syllables": len(wanted[own])}
            with (folder / "heard.jsonl").open("a") as out_file:
                out_file.write(json.dumps({**row, "is_nearest": errors[own] == min(errors)}) + "\n")


def summarise(folder: Path) -> None:
    """Table and JSON line of all pieces that every executor finished."""
    rows, heard = _rows(folder / "times.jsonl"), _rows(folder / "heard.jsonl")
    results, lines = {}, []
    names = list(dict.fromkeys(row["executor"] for row in rows))
    base = sum(row["wall_s"] for row in rows if row["executor"] == "one_by_one")
    for name in names:
        mine = [row for row in rows if row["executor"] == name]
        own = [row for row in heard if row["executor"] == name]
        wall_s, audio_s = sum(row["wall_s"] for row in mine), sum(row["audio_s"] for row in mine)
        found = {
            "texts": sum(row["texts"] for row in mine),
            "files": sum(row["files"] for row in mine),
            "wall_s": wall_s,
            "audio_s": audio_s,
            "rtf": wall_s / audio_s,
            "cpu": sum(row["cpu_s"] for row in mine) / audio_s,
            "load": max(row["load"] for row in mine),
            "faster": base / wall_s,
            "heard": len(own),
            "nearest": sum(row["is_nearest"] for row in own),
            "errors": sum(row["errors"] for row in own) / max(1, sum(row["syllables"] for row in own)),
        }
        results[name] = found
        lines.append(
            [
                name,
                f"{found['files']}/{found['texts']}",
                number(wall_s, 1),
                number(found["rtf"], 3),
                number(found["cpu"], 3),
                number(found["faster"], 2),
                f"{found['nearest']}/{found['heard']}",
                f"{100 * found['errors']:.1f} %",
            ]
        )
    header = [
        "executor",
        "files",
        "wall s",
        "wall / audio",
        "cpu / audio",
        "times as fast",
        "own text",
        "syllable errors",
    ]
    print(table(header, lines))
    print(json_line("batch_jobs", describe_machine(0, PACKAGES), results))


def _children_s() -> float:
    """Processor seconds of all processes that were started from here and have ended, their children included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(row) for row in file.read_text().splitlines()] if file.is_file() else []


def _duration(file: Path) -> float:
    import soundfile

    return float(soundfile.info(str(file)).duration)


# --- a book


class Hum:
    """Stands for the acoustic model: so many frames per phoneme, a sine; no weights, no time."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.threads = self.together = 1

    def encode(self, phonemes: str, style: Any) -> Any:
        """Durations by the phoneme alone."""
        return SimpleNamespace(durations=np.full(len(phonemes) + 2, float(FRAMES), np.float32))

    def predict(self, encoding: Any, durations: Any) -> Prosody:
        """Level curves."""
        frames = 2 * int(durations.sum())
        return Prosody(durations, np.full(frames, 200.0, np.float32), np.zeros(frames, np.float32))

    def rendering(self, encoding: Any, prosody: Prosody, timbre: Any, *, seed: int = 0) -> Any:
        """The sine."""
        hop = self.config.frame_hop
        frames = int(prosody.durations.sum())
        tone = (0.1 * np.sin(0.05 * np.arange(frames * hop))).astype(np.float32)
        return SimpleNamespace(frames=frames, joins=True, part=lambda begin, end, *_: tone[begin * hop : end * hop])


def humming(cache_hub: Path) -> Synthesizer:
    """A synthesizer with the real front end and voices, and ``Hum`` in place of the network."""
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.acoustic.voices import VoiceStore
    from tts_engine.assets import CacheHub
    from tts_engine.emotion.vocabulary import is_emotion
    from tts_engine.pipeline import Synthesizer
    from tts_engine.text.frontend import FrontEnd

    files, config = CacheHub(cache_hub).ensure(offline=True), ModelConfig()
    front_end = FrontEnd(
        config.symbols, max_phonemes=config.max_phonemes, lexicon_dir=files.lexicon_dir, is_emotion=is_emotion
    )
    return Synthesizer.from_parts(Hum(config), VoiceStore(files.voices_dir), front_end)  # type: ignore[arg-type]


def run_book(characters: int, processes: int, cache_hub: Path, plot: Path | None) -> None:
    """A book through the local executor, its memory and its estimates watched."""
    from benchmarks.batch import humming as load  # by a name that the workers can import
    from tts_engine.batch import submit

    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book.txt"
        book.write_text(texts.long(characters), encoding="utf-8")
        began = time.perf_counter()
        job = submit(book, output=Path(folder) / "jobs", engine=humming(cache_hub), context="off")
        planned_s = time.perf_counter() - began
        watch = Watch(job.folder)
        counts = job.run(processes=processes, load=functools.partial(load, cache_hub), on_progress=watch)
        wall_s = watch.samples[-1]["elapsed_s"]
    tenth = next(one for one in watch.samples if one["share"] >= 0.1 and one["expected_s"])
    quarters = np.array_split([one["memory_mb"] for one in watch.samples if one["share"] > 0.02], 4)
    results = {
        "characters": counts.characters,
        "tasks": counts.total,
        "done": counts.states["done"],
        "audio_h": counts.audio_s / 3600,
        "planned_s": planned_s,
        "wall_s": wall_s,
        "first_file_s": watch.first_file_s,
        "audio_off": tenth["expected_audio_s"] / counts.audio_s - 1,
        "time_off": tenth["expected_s"] / wall_s - 1,
        "memory_mb_quarters": [float(np.mean(quarter)) for quarter in quarters],
        "memory_mb_peak": max(one["memory_mb"] for one in watch.samples),
        "processes": processes,
    }
    print(table(["", "value"], [[name, str(value)] for name, value in results.items()]))
    print(json_line("batch_book", describe_machine(1, PACKAGES), results))
    if plot is not None:
        draw(watch.samples, plot)


class Watch:
    """Keeps what a run says about itself and what it holds in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.samples: list[dict[str, float]] = []
        self.first_file_s: float | None = None
        self._began = time.perf_counter()

    def __call__(self, progress: Progress) -> None:
        """One sample."""
        counts = progress.counts
        if self.first_file_s is None and counts.states["done"]:
            self.first_file_s = time.perf_counter() - self._began
        expected_s = progress.elapsed_s + progress.remaining_s if progress.remaining_s is not None else 0.0
        self.samples.append(
            {
                "elapsed_s": progress.elapsed_s,
                "share": counts.characters_done / counts.characters,
                "expected_s": expected_s,
                "expected_audio_s": counts.expected_audio_s or 0.0,
                "memory_mb": resident_mb(),
            }
        )


def resident_mb() -> float:
    """Memory of this process and its children that is theirs alone or shared in parts, MB (Linux)."""
    pids = [os.getpid()]
    pids += map(int, Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split())
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has just ended
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1000


def draw(samples: Sequence[dict[str, float]], path: Path) -> None:
    """Memory and estimate over the share that is done."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    share = [100 * one["share"] for one in samples]
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 5))
    above.plot(share, [one["memory_mb"] for one in samples])
    above.set_ylabel("resident, MB")
    above.set_ylim(bottom=0)
    known = [one for one in samples if one["expected_s"]]
    below.plot(
        [100 * one["share"] for one in known], [one["expected_s"] for one in known], label="estimate of the whole"
    )
    below.axhline(samples[-1]["elapsed_s"], color="grey", linestyle="--", label="what it took")
    below.set_ylim(bottom=0)
    below.set_ylabel("seconds")
    below.set_xlabel("done, %")
    below.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("jobs", "one", "readback", "summary", "book"))
    parser.add_argument("--folder", type=Path, default=Path("batch-benchmark"))
    parser.add_argument("--round", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--executor", choices=EXECUTORS)
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.what == "jobs":
        run_piece(arguments.folder, arguments.round, arguments.rounds, arguments.executor)
    elif arguments.what == "one":
        HOW[arguments.executor](short_texts()[arguments.round :: arguments.rounds], arguments.folder)
    elif arguments.what == "readback":
        read_back(arguments.folder, arguments.rounds)
    elif arguments.what == "summary":
        summarise(arguments.folder)
    else:
        run_book(arguments.characters, arguments.processes, arguments.cache_hub, arguments.plot)


if __name__ == "__main__":
    main()
