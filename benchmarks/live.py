"""A scripted heart rate through a real session with the real engine: what a listener's state does to the voice.

    python benchmarks/live.py                    the curve: rest, rise, calm, rise, silence; 3-6 minutes
    python benchmarks/live.py --quick            the same with half as many sentences
    python benchmarks/live.py --latency          from a piece of text to its audio, tokens arriving 20 per second
    python benchmarks/live.py --plot docs/plots/live_heart_rate.png

The curve runs in the time of the *audio*: the session's log gets a clock that follows what was heard, so the result
does not depend on how fast this machine is. One sentence is said over and over, so that clauses can be compared. F0 and
energy are measured on the samples that left the session (Praat's autocorrelation), the rate from the
timings. The latency runs in real time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import report
from tts_engine.pipeline import Synthesizer
from tts_engine.service.desk import Caller, Desk
from tts_engine.service.live.log import EventLog
from tts_engine.service.live.outbox import Close, Outbox
from tts_engine.service.live.session import LiveSession
from tts_engine.settings import Settings

SENTENCE = "请大家准时来参加会议。"

#: Heart rate over time: (until second, beats per minute at that time); None is silence of the sensor.
CURVE: tuple[tuple[float, float | None], ...] = (
    (25.0, 65.0),
    (40.0, 108.0),
    (60.0, 108.0),
    (75.0, 65.0),
    (105.0, 65.0),
    (110.0, 108.0),
    (130.0, 108.0),
    (175.0, None),
)
NOISE_BPM = 1.5
REPLY = (
    "好的，我来说明一下。今天下午的安排有三项：先开一个短会，然后去看新到的设备，最后一起讨论下个月的计划。"
    "如果你觉得时间太紧，我们也可以把讨论放到明天上午。还有别的问题吗？"
)


@dataclass(frozen=True)
class Measured:
    """One sentence as it was heard."""

    t_s: float
    heart_rate: float | None
    weight: float
    speed: float
    f0_hz: float
    syllables_per_s: float
    level_db: float
    emotion: str


class Bench:
    """A session whose log lives in the time of the audio."""

    def __init__(self, synthesizer: Synthesizer, settings: dict[str, Any], *, in_audio_time: bool) -> None:
        self.heard_s = 0.0
        self.audio = bytearray()
        self.outbox = Outbox()
        clock = (lambda: self.heard_s) if in_audio_time else time.monotonic
        desk = Desk(Settings())
        self.session = LiveSession(
            lambda: synthesizer,
            lambda characters: desk.visit(Caller("bench", "live"), characters=characters),
            EventLog("bench", "bench", clock),
            self.outbox,
        )
        self.session.start()
        self.say(type="config", **settings)

    def say(self, **message: Any) -> None:
        """Sends a message."""
        self.session.message(json.dumps(message))

    def wait_for(self, kind: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The next event of a kind, and the others before it."""
        others: list[dict[str, Any]] = []
        found: dict[str, Any] | None = None
        while found is None:
            for item in self.outbox.take():
                if isinstance(item, bytes):
                    self.audio += item
                    self.outbox.sent(item)
                elif isinstance(item, Close):
                    raise SystemExit(f"the session was closed: {item}, {others[-1:]}")
                elif item["type"] == kind:
                    found = item
                elif item["type"] == "error":
                    raise SystemExit(f"error: {item}")
                else:
                    others.append(item)
            time.sleep(0.002)
        return found, others


def heart_rate_at(t_s: float, rng: np.random.Generator) -> float | None:
    """The scripted rate with a little noise."""
    before_s, before = 0.0, 65.0
    for until_s, rate in CURVE:
        if t_s <= until_s:
            if rate is None:
                return None
            share = (t_s - before_s) / (until_s - before_s)
            return float(before + share * (rate - before) + rng.normal(0, NOISE_BPM))
        before_s, before = until_s, rate if rate is not None else before
    return None


def play_curve(synthesizer: Synthesizer, options: dict[str, Any], least_gap_s: float) -> list[Measured]:
    """Says the sentence until the curve is over; a reading per second of audio."""
    bench = Bench(
        synthesizer,
        {"segment": "sentence", "max_lead_s": None, "context": "off", "flush_after_s": None, **options},
        in_audio_time=True,
    )
    rng = np.random.default_rng(1)
    measured: list[Measured] = []
    next_reading_s, rate = 0.0, None
    while bench.heard_s < CURVE[-1][0]:
        while next_reading_s <= bench.heard_s:
            rate = heart_rate_at(next_reading_s, rng)
            if rate is not None:
                bench.session._listener, _ = bench.session._listener.settle(next_reading_s)
                held, bench.heard_s = bench.heard_s, next_reading_s
                bench.say(type="state", heart_rate=round(rate, 1))
                bench.heard_s = held
            next_reading_s += 1.0
        bench.say(type="text", text=SENTENCE)
        bench.say(type="flush")
        _, events = bench.wait_for("flushed")
        clause = next(event for event in events if event["type"] == "clause")
        waveform = np.frombuffer(bytes(bench.audio[-clause["bytes"] :]), "<i2") / 32768.0
        measured.append(measure(clause, waveform, bench.heard_s, rate))
        bench.heard_s += clause["audio_s"] + least_gap_s
    bench.session.close()
    return measured


def measure(clause: dict[str, Any], waveform: np.ndarray, t_s: float, rate: float | None) -> Measured:
    """F0, rate and level of one sentence."""
    import parselmouth

    pitch = parselmouth.Sound(waveform, 24000).to_pitch(pitch_floor=80, pitch_ceiling=500)
    f0 = pitch.selected_array["frequency"]
    loud = np.lib.stride_tricks.sliding_window_view(waveform, 600)[::600]
    power = np.mean(loud**2, axis=1)
    speech = power[power > power.max() * 1e-3]
    syllables = sum(char.isalnum() for char in SENTENCE)
    return Measured(
        t_s=t_s,
        heart_rate=rate,
        weight=clause["listener_weight"],
        speed=clause["speed"],
        f0_hz=float(np.median(f0[f0 > 0])),
        syllables_per_s=syllables / (clause["end_s"] - clause["begin_s"]),
        level_db=float(10 * np.log10(np.mean(speech))),
        emotion=clause["emotion"],
    )


def summarise(rows: list[Measured]) -> dict[str, Any]:
    """Rest against the height of the rise, the calm after it, and the end after the sensor fell silent."""
    rest = [row for row in rows if row.t_s < 25][1:]
    high = [row for row in rows if 48 <= row.t_s < 62]
    again = [row for row in rows if 92 <= row.t_s < 106]
    end = [row for row in rows if row.t_s > 160]

    def mean(group: list[Measured], name: str) -> float:
        return statistics.fmean(getattr(row, name) for row in group)

    def st(group: list[Measured]) -> float:
        return 12 * np.log2(mean(group, "f0_hz") / mean(rest, "f0_hz"))

    found: dict[str, Any] = {}
    for label, group in (("high", high), ("calm again", again), ("sensor silent", end)):
        found[label] = {
            "f0_st": st(group),
            "rate_percent": 100 * (mean(group, "syllables_per_s") / mean(rest, "syllables_per_s") - 1),
            "level_db": mean(group, "level_db") - mean(rest, "level_db"),
            "weight": mean(group, "weight"),
        }
    found["largest step"] = {
        "f0_st": max(abs(12 * np.log2(b.f0_hz / a.f0_hz)) for a, b in pairwise(rows)),
        "rate_percent": max(abs(100 * (b.syllables_per_s / a.syllables_per_s - 1)) for a, b in pairwise(rows)),
        "level_db": max(abs(b.level_db - a.level_db) for a, b in pairwise(rows)),
        "weight": max(abs(b.weight - a.weight) for a, b in pairwise(rows)),
    }
    return found


def plot(rows: list[Measured], policy: str, file: Path) -> None:
    """Heart rate above, what it does to the voice below."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    panels = (
        ("heart_rate", "heart rate, bpm"),
        ("weight", "listener's weight"),
        ("f0_hz", "median F0, Hz"),
        ("syllables_per_s", "syllables/s"),
        ("level_db", "level, dBFS"),
    )
    figure, grid = plt.subplots(len(panels), 1, figsize=(9, 8), dpi=80, sharex=True)
    times = [row.t_s for row in rows]
    for axes, (name, label) in zip(grid, panels, strict=True):
        values = [np.nan if getattr(row, name) is None else getattr(row, name) for row in rows]
        axes.plot(times, values, marker="o", markersize=3, color="tab:red" if name == "heart_rate" else "tab:blue")
        axes.set_ylabel(label, fontsize=8)
        axes.axvspan(CURVE[-2][0], CURVE[-1][0], color="0.93")
    grid[0].set_title(f"one sentence, policy {policy}; grey: the sensor is silent", fontsize=9)
    grid[-1].set_xlabel("seconds of audio")
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file)
    plt.close(figure)


def measure_latency(synthesizer: Synthesizer, per_second: float) -> list[tuple[int, float, float]]:
    """Clause lengths, seconds from safe to audio, and seconds of rendering per second of audio; tokens in real time."""
    bench = Bench(synthesizer, {"flush_after_s": None, "max_lead_s": None}, in_audio_time=False)
    bench.say(type="text", text="热身。", flush=True)
    bench.wait_for("clause")
    found = []
    for begin in range(0, len(REPLY), 2):
        bench.say(type="text", text=REPLY[begin : begin + 2])
        time.sleep(2 / per_second)
    bench.say(type="flush")
    _, events = bench.wait_for("flushed")
    for event in events:
        if event["type"] == "clause":
            rendering_s = event["latency_s"] - event["waited_s"]
            found.append((len(event["text"]), event["latency_s"], rendering_s / event["audio_s"]))
    bench.session.close()
    return found


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="half as many sentences")
    parser.add_argument("--latency", action="store_true", help="measure the latency instead")
    parser.add_argument("--policy", default="soothe")
    parser.add_argument("--voice", default="zf_xiaoxiao")
    parser.add_argument("--emotion", default="happy 0.5", help="of the script")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cache-hub", default="cache_hub")
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    synthesizer = Synthesizer(cache_hub=given.cache_hub, offline=True, threads=given.threads, device="cpu")
    environment = report.describe_machine(given.threads, ["onnxruntime", "numpy"])
    if given.latency:
        rows = measure_latency(synthesizer, per_second=20.0)
        print(
            report.table(
                ["characters", "latency s", "rendering / audio"], [[str(a), f"{b:.2f}", f"{c:.2f}"] for a, b, c in rows]
            )
        )
        results = {"first_latency_s": rows[0][1], "latency_s": report.spread([row[1] for row in rows])}
        print(report.json_line("live latency", environment, results))
        return
    options = {"policy": given.policy, "voice": given.voice, "emotion": given.emotion}
    rows = play_curve(synthesizer, options, least_gap_s=3.0 if given.quick else 0.0)
    print(
        report.table(
            ["t s", "bpm", "weight", "speed", "F0 Hz", "syll/s", "level dB", "emotion"],
            [
                [f"{r.t_s:.0f}", report.number(r.heart_rate, 0), f"{r.weight:.2f}", f"{r.speed:.2f}", f"{r.f0_hz:.0f}",
                 f"{r.syllables_per_s:.2f}", f"{r.level_db:.1f}", r.emotion]
                for r in rows
            ],
        )
    )  # fmt: skip
    found = summarise(rows)
    print(
        report.table(
            ["against rest", "F0 st", "rate %", "level dB", "weight"],
            [
                [name, *(f"{one[key]:+.2f}" for key in ("f0_st", "rate_percent", "level_db", "weight"))]
                for name, one in found.items()
            ],
        )
    )
    if given.plot:
        plot(rows, given.policy, given.plot)
    print(report.json_line("live", environment, {"policy": given.policy, **found}))


if __name__ == "__main__":
    main()
