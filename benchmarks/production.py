"""What a production costs and keeps: memory of a long book, a drama heard back, one line changed.

    python benchmarks/production.py book --characters 300000      resident memory while a book becomes an M4B
    python benchmarks/production.py change SCRIPT FOLDER --old 快进来 --new 快点进来
    python benchmarks/production.py drama FOLDER --hear 60        a finished drama (of `produce`) is checked and heard

``book`` leaves the network out: front end, store, levels, mix, encoder and all files are those of the product, the
sound is a hum of one frame (25 ms) a phoneme, without emotion. ``drama`` needs the bench group.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

WORDS = [
    "灯塔",
    "雾气",
    "渡船",
    "码头",
    "孩子",
    "老人",
    "夜晚",
    "海浪",
    "礁石",
    "马灯",
    "缆绳",
    "石头",
    "炉子",
    "窗台",
    "巷子",
    "人群",
    "汽笛",
    "光柱",
    "电缆",
    "医生",
    "慢慢",
    "忽然",
    "轻轻",
    "一直",
    "终于",
    "走过",
    "看见",
    "听见",
    "想起",
    "点亮",
    "推开",
    "抬起",
    "回来",
    "离开",
    "说着",
    "笑着",
    "沉默",
    "等待",
    "寻找",
    "记得",
]


class HummingEngine:
    """The engine without its network: one frame a phoneme, and a hum."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.threads = self.together = 1

    def encode(self, phonemes: str, prosody_style: Any) -> Any:
        """Every phoneme takes one frame."""
        return SimpleNamespace(durations=np.ones(len(phonemes) + 2, np.float32))

    def predict(self, encoding: Any, durations: Any) -> Any:
        """A flat melody."""
        from tts_engine.types import Prosody

        frames = 2 * int(durations.sum())
        return Prosody(durations, np.full(frames, 180.0, np.float32), np.zeros(frames, np.float32))

    def rendering(self, encoding: Any, prosody: Any, timbre_style: Any, *, seed: int = 0) -> Any:
        """The hum."""
        hop = round(self.config.sample_rate / self.config.frame_rate)
        count = int(prosody.durations.sum()) * hop
        tone = (0.1 * np.sin(2 * np.pi * 180.0 / self.config.sample_rate * np.arange(count) + seed)).astype(np.float32)
        return SimpleNamespace(
            frames=int(prosody.durations.sum()),
            joins=True,
            part=lambda begin, end, *_: tone[begin * hop : end * hop],
        )


def make_book(characters: int, chapters: int = 60) -> str:
    """A text of so many characters in chapters; always the same."""
    chance = random.Random(9)
    parts = []
    for number in range(1, chapters + 1):
        parts.append(f"第{number}章 {chance.choice(WORDS)}")
        size = 0
        while size < characters // chapters:
            clauses = ["".join(chance.choices(WORDS, k=chance.randint(3, 7))) for _ in range(chance.randint(2, 9))]
            parts.append("　　" + "，".join(clauses) + "。")
            size += len(parts[-1]) - 2
    return "\n".join(parts) + "\n"


def resident_mb() -> float:
    """Resident memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def watch(samples: list[tuple[float, float]], ended: threading.Event) -> None:
    """Notes the resident memory twice a second."""
    began = time.perf_counter()
    while not ended.wait(0.5):
        samples.append((time.perf_counter() - began, resident_mb()))


def measure_book(arguments: argparse.Namespace) -> None:
    """Resident memory while a book becomes an M4B with chapters."""
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.acoustic.voices import VoiceStore
    from tts_engine.assets import CacheHub
    from tts_engine.emotion.vocabulary import is_emotion
    from tts_engine.options import SynthesisOptions
    from tts_engine.pipeline import Synthesizer
    from tts_engine.production import ProductionOptions, produce_book
    from tts_engine.text.frontend import FrontEnd

    files = CacheHub(Path("cache_hub")).ensure(None, offline=True)
    config = ModelConfig()
    front_end = FrontEnd(
        config.symbols, max_phonemes=config.max_phonemes, lexicon_dir=files.lexicon_dir, is_emotion=is_emotion
    )
    synthesizer = Synthesizer.from_parts(HummingEngine(config), VoiceStore(files.voices_dir), front_end)  # type: ignore[arg-type]
    rows = []
    for characters in arguments.characters:
        with tempfile.TemporaryDirectory() as temporary:
            folder = temporary if arguments.folder is None else str(arguments.folder / str(characters))
            Path(folder).mkdir(parents=True, exist_ok=True)
            book = Path(folder) / "book.txt"
            book.write_text(make_book(characters), "utf-8")
            samples: list[tuple[float, float]] = []
            ended, marks = threading.Event(), {}

            def report(progress: Any, marks: dict[str, float] = marks) -> None:
                mark = f"{progress.what} {10 * progress.done // max(1, progress.total) * 10} %"
                if mark not in marks:
                    print(f"  {mark:12} {resident_mb():6.0f} MB, {progress.rendered} rendered", flush=True)
                marks[mark] = resident_mb()

            watcher = threading.Thread(target=watch, args=(samples, ended))
            before = resident_mb()
            watcher.start()
            began = time.perf_counter()
            done = produce_book(
                book,
                Path(folder) / "out",
                ProductionOptions(format="m4b", base=SynthesisOptions(emotion="neutral", context="off")),
                read_by=arguments.read_by,
                synthesizer=synthesizer,
                on_progress=report,
            )
            took = time.perf_counter() - began
            ended.set()
            watcher.join()
            import av

            with av.open(str(done.production.programme)) as container:
                chapters = len(container.chapters())
            row = {
                "characters": characters,
                "lines": len(done.production.timeline),
                "audio_h": round(done.production.audio_s / 3600, 2),
                "waveform_mb": round(done.production.audio_s * 24000 * 4 / 2**20),
                "before_mb": round(before),
                "peak_mb": round(max(value for _, value in samples)),
                "marks_mb": {name: round(value) for name, value in marks.items() if name.endswith(("00 %", "50 %"))},
                "m4b_mb": round(done.production.programme.stat().st_size / 2**20, 1),
                "chapters_read_back": chapters,
                "took_s": round(took, 1),
            }
            rows.append(row)
            print(row, flush=True)
    print(json.dumps({"benchmark": "production book", "rows": rows}, ensure_ascii=False))


def check_drama(arguments: argparse.Namespace) -> None:
    """A finished drama: levels as written, subtitles against the samples, words heard back."""
    import soundfile

    from tts_engine.audio.loudness import LoudnessMeter, gated_lufs

    report = json.loads((arguments.folder / "production.json").read_text("utf-8"))
    programme = arguments.folder / report["programme"]
    waveform, rate = soundfile.read(programme, dtype="float32")
    meter = LoudnessMeter(rate)
    meter.add(waveform)
    print(f"{len(waveform) / rate:.1f} s, {meter.integrated_lufs():.2f} LUFS, {20 * np.log10(meter.peak):.2f} dBTP")
    lines = json.loads(programme.with_suffix(".json").read_text("utf-8"))["lines"]
    print("subtitles:", _edges(waveform, rate, lines))
    for role in dict.fromkeys(line["role"] for line in lines):
        blocks = []
        for line in lines:
            if line["role"] == role:
                own = LoudnessMeter(rate)
                own.add(waveform[round(line["begin_s"] * rate) : round(line["end_s"] * rate)])
                blocks.append(own.momentary_lufs())
        spread = [gated_lufs(one) for one in blocks]
        print(
            f"  {role}: {gated_lufs(np.concatenate(blocks)):6.2f} LUFS over {len(blocks)} lines,"
            f" single lines {np.nanmin(spread):.1f} to {np.nanmax(spread):.1f}"
        )
    if arguments.hear:
        _hear(waveform, rate, lines, arguments)


def change_line(arguments: argparse.Namespace) -> None:
    """One line of a finished drama is changed: what is rendered, and where the samples differ."""
    import shutil

    import soundfile

    from tts_engine.pipeline import Synthesizer
    from tts_engine.production import produce
    from tts_engine.production.limiter import REACH

    synthesizer = Synthesizer(cache_hub="cache_hub", threads=arguments.threads, offline=True)
    text = arguments.script.read_text("utf-8")
    if text.count(arguments.old) != 1:
        raise SystemExit(f"{arguments.old} must stand in the script once, not {text.count(arguments.old)} times")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / arguments.script.name
        for file in arguments.script.parent.glob(arguments.script.stem + ".*"):
            shutil.copy(file, folder)
        before = produce(script, arguments.folder, synthesizer=synthesizer)
        old = soundfile.read(before.programme, dtype="int16")[0]
        script.write_text(text.replace(arguments.old, arguments.new), "utf-8")
        after = produce(script, arguments.folder, synthesizer=synthesizer)
        new = soundfile.read(after.programme, dtype="int16")[0]
    (number,) = after.rendered
    was, now = (one.timeline[number - 1] for one in (before, after))
    same_before = bool(np.array_equal(old[: was.begin - REACH], new[: now.begin - REACH]))
    same_after = bool(np.array_equal(old[was.end + REACH :], new[now.end + REACH :]))
    facts = {
        "benchmark": "production change",
        "rendered_first": len(before.rendered),
        "rendered_after": list(after.rendered),
        "reused": after.reused,
        "seconds": round(after.total_s, 2),
        "same_samples_before": same_before,
        "samples_before": int(was.begin - REACH),
        "same_samples_after": same_after,
        "samples_after": int(len(old) - was.end - REACH),
        "shift_samples": int((now.end - now.begin) - (was.end - was.begin)),
    }
    print(json.dumps(facts, ensure_ascii=False))


def _edges(waveform: Any, rate: int, lines: list[dict[str, Any]]) -> dict[str, float]:
    """How the times of lines lie against the sound: sound inside, silence in the gaps, distance to the first sound."""
    heard = np.abs(waveform) > 10 ** (-50 / 20)
    late, early, loud_gap = [], [], 0
    for number, line in enumerate(lines):
        begin, end = round(line["begin_s"] * rate), round(line["end_s"] * rate)
        inside = np.flatnonzero(heard[begin:end])
        late.append(inside[0] / rate)
        early.append((end - begin - 1 - inside[-1]) / rate)
        following = round(lines[number + 1]["begin_s"] * rate) if number + 1 < len(lines) else len(waveform)
        loud_gap += bool(following > end + 2 and heard[end + 1 : following - 1].any())
    return {
        "lines": len(lines),
        "sound_after_begin_ms_median": round(1000 * float(np.median(late)), 1),
        "sound_after_begin_ms_most": round(1000 * float(max(late)), 1),
        "sound_before_end_ms_most": round(1000 * float(max(early)), 1),
        "gaps_with_sound": loud_gap,
    }


def _hear(waveform: Any, rate: int, lines: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    from benchmarks import probes, readback

    recogniser = probes.Recogniser(arguments.threads)
    wrong = total = 0
    by_role: dict[str, list[int]] = {}
    for line in _chosen(lines, arguments.hear):
        clip = waveform[round(line["begin_s"] * rate) : round(line["end_s"] * rate)]
        said = readback.syllables(line["text"])
        errors = readback.distance(said, readback.syllables(recogniser.transcribe(probes.prepare(clip, rate))))
        counts = by_role.setdefault(line["role"], [0, 0])
        counts[0], counts[1] = counts[0] + errors, counts[1] + len(said)
        wrong, total = wrong + errors, total + len(said)
        if errors > 0.25 * len(said):
            print(f"  line {line['line']} {line['role']}: {errors} of {len(said)} wrong", flush=True)
    shares = {role: round(100 * errors / max(1, said), 1) for role, (errors, said) in by_role.items()}
    print(f"heard back: {wrong} of {total} syllables wrong, {100 * wrong / max(1, total):.2f} %", shares)
    print(json.dumps({"benchmark": "production drama", "wrong": wrong, "syllables": total, "by_role": shares}))


def _chosen(lines: list[dict[str, Any]], most: int) -> Iterator[dict[str, Any]]:
    """At most so many lines, spread over the whole."""
    step = max(1, -(-len(lines) // most))
    yield from lines[::step]


def main() -> None:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    book = commands.add_parser("book")
    book.add_argument("--characters", type=int, nargs="+", default=[30_000, 300_000])
    book.add_argument("--folder", type=Path, default=None, help="keep the productions here, so that a run can go on")
    book.add_argument("--read-by", default="narrator", choices=("narrator", "roles"))
    book.set_defaults(run=measure_book)
    change = commands.add_parser("change")
    change.add_argument("script", type=Path)
    change.add_argument("folder", type=Path)
    change.add_argument("--old", required=True, help="words that stand once in the script")
    change.add_argument("--new", required=True)
    change.add_argument("--threads", type=int, default=1)
    change.set_defaults(run=change_line)
    drama = commands.add_parser("drama")
    drama.add_argument("folder", type=Path)
    drama.add_argument("--hear", type=int, default=0, help="hear at most so many lines back")
    drama.add_argument("--threads", type=int, default=1)
    drama.set_defaults(run=check_drama)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
