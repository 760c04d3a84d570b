"""What an emotion adds to the time of synthesis: the work of the renderer, and the frames that a smile adds.

    python benchmarks/emotion_cost.py --voice zf_xiaoxiao

Processor time on one thread, in one run: the steps of the renderer (durations, curves, stretch, timbre, colour) against
all of the rest of the same readings; and the decoder's frames beyond those that are heard. Both are shares of the time
that the same readings take without the renderer.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.emotion import LABELS, SENTENCES
from benchmarks.emotion_readings import open_synthesizer
from benchmarks.report import describe_machine, json_line, number, table

#: Of ``Plan``; making the plan is counted too.
STEPS = ("durations", "curves", "stretched", "timbre", "colour")


class Watch:
    """Counts the renderer's processor time, and how many frames it asks of the decoder."""

    def __init__(self) -> None:
        self.own_s = 0.0
        self.asked = self.heard = 0

    def timed(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """The step, its time counted."""

        @functools.wraps(step)
        def run(*arguments: Any, **named: Any) -> Any:
            began = time.process_time()
            result = step(*arguments, **named)
            self.own_s += time.process_time() - began
            if step.__name__ == "stretched":
                self.asked += int(result.durations.sum())
                self.heard += int(arguments[1].durations.sum())
            return result

        return run


def main() -> None:
    """Prints a table and one line of JSON."""
    from tts_engine.options import SynthesisOptions
    from tts_engine.prosody import render

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--voice", default="zf_xiaoxiao")
    parser.add_argument("--sentences", type=int, default=2)
    parser.add_argument("--labels", type=lambda text: text.split(","), default=list(LABELS))
    parser.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    arguments = parser.parse_args()
    machine = describe_machine(1, ("tts-engine", "onnxruntime", "numpy"))
    synthesizer = open_synthesizer(arguments.cache_hub, 1)
    watch = Watch()
    for name in STEPS:
        setattr(render.Plan, name, watch.timed(getattr(render.Plan, name)))
    render.plan = watch.timed(render.plan)
    results, rows = {}, []
    for label in (arguments.labels[0], *arguments.labels):  # the first once more: it warms up
        watch.own_s, watch.asked, watch.heard = 0.0, 0, 0
        began = time.process_time()
        decoder_s = stages_s = 0.0
        for text in SENTENCES[: arguments.sentences]:
            options = SynthesisOptions(voice=arguments.voice, emotion=label, emotion_intensity=1.0, context="off")
            stage_s = synthesizer.render_sentence(text, 0, options).stage_s
            decoder_s, stages_s = decoder_s + stage_s["decoder"], stages_s + sum(stage_s.values())
        rest_s = time.process_time() - began - watch.own_s
        smile_s = rest_s * decoder_s / stages_s * (1.0 - watch.heard / watch.asked)
        base_s = rest_s - smile_s
        shares = {"renderer": watch.own_s / base_s, "frames": smile_s / base_s}
        results[label] = shares | {"together": sum(shares.values())}
        rows.append([label, *(number(100 * share, 2) for share in results[label].values())])
    print(table(["label", "renderer, %", "more frames, %", "together, %"], rows[1:]))
    print(json_line("emotion_cost", machine, results))


if __name__ == "__main__":
    main()
