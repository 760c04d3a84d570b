"""The benchmark of the card: what it counts, how it searches, and that it runs to its end without a card."""

# ruff: noqa: E402 - without torch the rest cannot even be imported

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the card's benchmark needs the extra [gpu]")

from benchmarks import gpu, roofline
from benchmarks.listeners import most_streams
from benchmarks.report import json_line
from torch import nn

from measures import snr_db
from tts_engine.acoustic.config import AlbertConfig
from tts_engine.acoustic.network import AlbertLayer
from tts_engine.service.scheduler import Cancelled, Scheduler


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 7, 8, 30, 63, 64])
@pytest.mark.parametrize("most", [1, 5, 64])
def test_the_most_streams_are_found(limit, most):
    tried = []

    def try_out(streams):
        assert 1 <= streams <= most
        tried.append(streams)
        return streams <= limit

    assert most_streams(try_out, most) == min(limit, most)
    assert len(tried) == len(set(tried)) <= 14


@pytest.mark.parametrize(
    ("module", "given", "operations"),
    [
        (nn.Conv1d(6, 4, 5, padding=2), (2, 6, 30), 2 * (2 * 4 * 30) * 6 * 5),
        (nn.Conv1d(6, 4, 3, stride=2, padding=1), (2, 6, 30), 2 * (2 * 4 * 15) * 6 * 3),
        (nn.ConvTranspose1d(6, 4, 12, stride=6, padding=3), (2, 6, 30), 2 * (2 * 6 * 30) * 4 * 12),
        (nn.Linear(7, 3), (2, 5, 7), 2 * (2 * 5 * 3) * 7),
        (nn.LSTM(5, 3, batch_first=True, bidirectional=True), (2, 9, 5), 2 * (2 * 9) * (4 * 3) * (5 + 3) * 2),
        # four products of 8 by 8, two of 8 by 12, and two of attention; as torch's own counter has it
        (AlbertLayer(AlbertConfig(hidden=8, heads=2, feed_forward=12)), (2, 9, 8), 9216 + 6912 + 5184),
    ],
)
def test_operations_are_counted_from_the_layers(module, given, operations):
    x = torch.randn(given)
    assert roofline.count(module, lambda: module(x)).operations == operations


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


@pytest.fixture(scope="module")
def synthesizer(tmp_path_factory):
    from benchmarks.tiny_voice import tiny_synthesizer

    from tts_engine.acoustic.device import Device

    torch.set_num_threads(1)
    device = Device("cpu", "dry run", card="processor tensors")
    return tiny_synthesizer(tmp_path_factory.mktemp("voice"), device)


def test_alone_streamed_and_beside_others_a_text_sounds_the_same(synthesizer):
    text = "今天天气很好。我们明天去公园吧！"
    alone = synthesizer.synthesize(text)
    streamed = np.concatenate([chunk.waveform for chunk in synthesizer.stream(text)])
    assert snr_db(alone.waveform, streamed) > 40
    before = synthesizer._engine._runtime.batcher.batches
    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(synthesizer.synthesize, other) for other in ("你好。", "他说得很快很快。", "好吗？好。")]
        beside = pool.submit(synthesizer.synthesize, text).result()
        sounds = [other.result().audio_s for other in others]
    assert snr_db(alone.waveform, beside.waveform) > 40  # f0 differs by rounding, and runs into the phases
    assert [one.text for one in beside.sentences] == [one.text for one in alone.sentences] and min(sounds) > 0
    assert synthesizer._engine._runtime.batcher.batches > before


def test_a_cancelled_text_ends_and_the_others_go_on(synthesizer):
    scheduler = Scheduler(slots=2, queue_size=8)
    text = "今天天气很好。我们明天去公园吧！" * 3
    with ThreadPoolExecutor(2) as pool, scheduler.admit("a") as stopped, scheduler.admit("b") as going:
        stream = synthesizer.stream(text, turn=stopped.turn)
        other = pool.submit(synthesizer.synthesize, "今天天气很好。", turn=going.turn)
        next(stream)
        stopped.cancel()
        with pytest.raises(Cancelled):
            list(stream)
        assert other.result().audio_s > 0
    assert scheduler.load.rendering == scheduler.load.waiting == 0


def test_a_dry_run_comes_to_its_end(synthesizer):
    plan = gpu.Plan(20, 1, (2,), 0.05, 60.0, 1, ((2, 5),), 16, 1 << 12)
    results = gpu.run(synthesizer, plan)
    assert results["latency"]["audio_s"] > 1 and results["load"][0]["texts"] >= 1
    assert {row["stage"] for row in results["roofline"]["stages"]} == {"encode", "predict", "decode"}
    assert all(row["gflop"] > 0 and row["moved_mb"] >= row["least_mb"] > 0 for row in results["roofline"]["stages"])
    assert "times the roof" in gpu.as_tables(results)
    assert json.loads(json_line("gpu", {}, results))["results"]["streams"]["most"] == 1
