"""What the benchmarks make of single measurements."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks.engines import Script
from benchmarks.peers import torch_weights
from benchmarks.quality import Rating, difference, summarise
from benchmarks.speed import compare, flatness, length_table, stage_rtf


def rating(errors: int, syllables: int, distillmos: float | None) -> Rating:
    return Rating("ours", "v", "text", "heard", errors, syllables, None, None, distillmos)


def test_errors_are_weighted_by_length_not_by_clip():
    figures = summarise([rating(1, 10, 4.0), rating(0, 30, 5.0)])
    assert figures["error_percent"] == pytest.approx(2.5)
    assert figures["distillmos"] == pytest.approx(4.5)
    assert math.isnan(figures["ovrl"])


def test_difference_is_ours_minus_the_peer_over_the_same_clips():
    ours, peer = [rating(0, 10, 4.5), rating(1, 10, 4.7)], [rating(1, 10, 4.4), rating(2, 10, 4.4)]
    figures = difference(ours, peer)
    assert figures["error_points"] == pytest.approx(-10.0)
    assert figures["distillmos"] == pytest.approx(0.2)
    assert figures["distillmos_standard_error"] == pytest.approx(0.1)


def test_difference_refuses_unpaired_clips():
    with pytest.raises(ValueError, match="zip"):
        difference([rating(0, 10, 4.5)], [])


def test_memory_that_grows_is_told_from_memory_that_does_not():
    flat = [(float(second), 700.0 + second % 2) for second in range(100)]
    growing = [(float(second), 700.0 + second) for second in range(100)]
    assert abs(flatness(flat)["growth_mb"]) < 1
    assert flatness(growing)["growth_mb"] == pytest.approx(50)


class FakeWorker:
    """An engine that needs ``wall_s`` for every request."""

    def __init__(self, wall_s: float) -> None:
        self.wall_s = wall_s
        self.requests: list[str] = []

    def ask(self, request: str, script: Script | None = None) -> dict[str, float]:
        self.requests.append(request)
        return {"wall_s": self.wall_s, "cpu_s": 2 * self.wall_s, "audio_s": 4.0, "peak_mb": 700.0}


def test_engines_take_turns_and_ratios_are_ours_to_each_peer():
    workers = {"ours": FakeWorker(1.0), "one": FakeWorker(2.0), "other": FakeWorker(4.0)}
    figures = compare(workers, Script("text", ("phonemes",)), turns=3, first_turns=2)
    for peer, ratio in (("one", 0.5), ("other", 0.25)):
        assert {figures["ratios"][peer][key]["median"] for key in ("rtf", "time", "cpu", "ttfa")} == {ratio}
    assert figures["ours"]["rtf"] == {"median": 0.25, "min": 0.25, "max": 0.25, "n": 3}
    assert workers["ours"].requests == ["first", "speak", "speak", "speak", "first", "first", "memory"]

    load = {"load_s": {"median": 1.0}}
    shown = length_table({"load": dict.fromkeys(workers, load), "20": figures, "100": figures})
    assert [line.split()[0] for line in shown.splitlines()][2:] == [*3 * ["20"], *3 * ["100"], "load:"]
    assert [line.split()[1] for line in shown.splitlines()][2:5] == list(workers)


def test_a_script_has_the_phonemes_of_every_word():
    script = Script("甲。乙。", ("tɕja↓.", "i↓."), {"甲": "tɕja↓", "乙": "i↓"})
    assert script.phonemes == "tɕja↓. i↓."


@pytest.mark.parametrize(
    "parts", [("weight_g", "weight_v"), ("parametrizations.weight.original0", "parametrizations.weight.original1")]
)
def test_a_normalised_weight_of_the_torch_package_is_ours_again(parts):
    torch = pytest.importorskip("torch")
    weight = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    weight[1] = 0  # what quantisation makes of some channels
    scale, direction = (f"decoder.generator.ups.0.{part}" for part in parts)
    expected = {scale: torch.ones(4, 1, 1), direction: torch.ones(4, 2, 3), "bert.pooler.bias": torch.ones(2)}
    loaded = torch_weights({"generator.ups.0.weight": weight}, expected)
    norm = loaded[direction].norm(dim=(1, 2), keepdim=True)
    np.testing.assert_allclose(loaded[scale] * loaded[direction] / norm, weight, rtol=1e-6)
    assert loaded["bert.pooler.bias"] is expected["bert.pooler.bias"]


def test_stages_are_counted_by_the_audio_that_they_made():
    answers = [
        {"audio_s": 4.0, "stage_s": {"encoder": 0.4, "decoder": 2.0}},
        {"audio_s": 2.0, "stage_s": {"encoder": 0.2, "decoder": 1.2}},
        {"audio_s": 4.0, "stage_s": {"encoder": 0.8, "decoder": 2.2}},
    ]
    assert stage_rtf(answers) == pytest.approx({"encoder": 0.1, "decoder": 0.55})
    assert stage_rtf([{"audio_s": 4.0}]) == {}
