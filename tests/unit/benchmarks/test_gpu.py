"""The benchmark of the card: what it counts, how it searches, and that it runs to its end without a card."""

# ruff: noqa: E402 - without torch the rest cannot even be imported

from __future__ import annotations

import json
import time

import pytest

torch = pytest.importorskip("torch", reason="the card's benchmark needs the extra [gpu]")

from benchmarks import gpu, roofline
from benchmarks.report import json_line
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tts_engine.acoustic.config import AlbertConfig
from tts_engine.acoustic.network import AlbertLayer


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 7, 8, 30, 63, 64])
@pytest.mark.parametrize("most", [1, 5, 64])
def test_the_most_streams_are_found(limit, most):
    tried = []

    def try_out(streams):
        assert 1 <= streams <= most
        tried.append(streams)
        return streams <= limit

    assert gpu.most_streams(try_out, most) == min(limit, most)
    assert len(tried) == len(set(tried)) <= 14


@pytest.mark.parametrize(
    ("module", "given"),
    [
        (nn.Conv1d(6, 4, 5, padding=2, dilation=1), (2, 6, 30)),
        (nn.Conv1d(6, 4, 3, stride=2, padding=1), (2, 6, 30)),
        (nn.ConvTranspose1d(6, 4, 12, stride=6, padding=3), (2, 6, 30)),
        (nn.Linear(7, 3), (2, 5, 7)),
        (AlbertLayer(AlbertConfig(hidden=8, heads=2, feed_forward=12)), (2, 9, 8)),
    ],
)
def test_operations_are_those_of_torchs_own_counter(module, given):
    x = torch.randn(given)
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        module(x)
    theirs = counter.get_total_flops()
    if isinstance(module, nn.ConvTranspose1d):  # torch counts with the length of the output, cut off at the ends
        theirs = 2 * 2 * 30 * 6 * 4 * 12
    assert roofline.count(module, lambda: module(x)).operations == pytest.approx(theirs)


def test_bytes_of_one_kernel_are_those_of_the_layer():
    layer, x = nn.Linear(8, 4, bias=False), torch.randn(16, 8)
    work = roofline.count(layer, lambda: layer(x))
    assert work.least_bytes == 4 * (16 * 8 + 16 * 4 + 8 * 4)
    assert work.moved_bytes == work.least_bytes
    more = roofline.count(layer, lambda: layer(x).view(-1).add_(1))
    assert (
        more.moved_bytes == work.moved_bytes + 2 * 4 * 16 * 4
    )  # a view moves nothing, adding in place reads and writes


def test_the_roof_is_the_longer_of_both():
    peaks = roofline.Peaks(operations_per_s=100.0, bytes_per_s=10.0)
    assert peaks.roof_s(1000, 1) == 10.0 and peaks.roof_s(1, 1000) == 100.0


def test_listeners_who_hear_silence_or_wait_are_no_good_streams():
    def heard(first_s, stopped_s=(), failed=()):
        return gpu.Heard(list(first_s), list(stopped_s), list(failed))

    assert heard([0.1] * 19 + [9.0]).is_good(9.0) and heard([0.1] * 20).is_good(0.2)
    assert not heard([0.1] * 18 + [9.0] * 2).is_good(0.2)
    assert not heard([0.1], [0.01]).is_good(0.2) and not heard([0.1], (), ["boom"]).is_good(0.2)


def test_a_dry_run_comes_to_its_end(tmp_path):
    from benchmarks.tiny_voice import tiny_synthesizer

    from tts_engine.acoustic.device import Device

    torch.set_num_threads(1)
    synthesizer = tiny_synthesizer(tmp_path, Device("cpu", "dry run", card="processor tensors"))
    plan = gpu.Plan(20, 1, (2,), 0.05, 60.0, 1, ((2, 5),), 16, 1 << 12)
    results = gpu.run(synthesizer, plan)
    assert results["latency"]["audio_s"] > 1 and results["load"][0]["texts"] >= 1
    assert {row["stage"] for row in results["roofline"]["stages"]} == {"encode", "predict", "decode"}
    assert all(row["gflop"] > 0 and row["moved_mb"] >= row["least_mb"] > 0 for row in results["roofline"]["stages"])
    assert "times the roof" in gpu.as_tables(results)
    assert json.loads(json_line("gpu", {}, results))["results"]["streams"]["most"] == 1


def test_listeners_take_what_they_need_ahead_of_their_ear(tmp_path):
    class Chunk:
        waveform, sample_rate = [0.0] * 100, 200

    class Instant:
        together = 1

        def stream(self, _text, _options, turn):
            for _ in range(3):
                with turn(1):
                    yield Chunk()

    began = time.perf_counter()
    heard = gpu.listen(Instant(), ["一。", "二。"], streams=2, seconds=0.3)
    assert heard.is_good(1.0) and len(heard.first_s) == 2
    assert time.perf_counter() - began < 5
