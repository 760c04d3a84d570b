"""The stages in torch on one device: padded batches, made ready on the processor, computed without waiting for them.

One thread launches, on a stream of its own: it packs the arrays of a batch into pinned memory, copies them without
waiting, launches the stage, copies the results back into pinned memory without waiting and marks the place with an
event. Another thread waits for events and hands out the results. So the card has its next batch while it computes one,
and no call synchronises the device. With ``device="cpu"`` the very same code runs on processor tensors: that is what
the tests check.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from tts_engine.acoustic.blocks import Valid
from tts_engine.acoustic.card.batcher import Batcher, Finish, Limits
from tts_engine.acoustic.card.graphs import Graphs, Tensors, cuda_capture
from tts_engine.acoustic.card.harmonics import MARGIN, HarmonicSource, Stretch, cut
from tts_engine.acoustic.card.precision import prepare
from tts_engine.acoustic.card.shapes import padded_length, padded_lengths
from tts_engine.acoustic.network import Network
from tts_engine.acoustic.runtime import CARD_FAILED, Curves, refuse_unless_finite
from tts_engine.errors import SynthesisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.types import FloatArray, IntArray

_cuda: Any = torch.cuda

#: How long a call waits for company while the card is free: little beside the 20-60 ms of a sentence.
WAIT_S = 0.002

#: Utterances of one batch at most.
TOGETHER = 32

#: Padded frames of a batch up to which a graph pays: beyond, the card is busy for longer than launching takes.
GRAPH_FRAMES = 1600

#: Frames (1 s to 8 s of speech) whose graphs are captured by ``warm_up``, for one utterance.
WARM_FRAMES = (40, 320)

#: After how long a Python thread that computes lets another one go on. With Python's 5 ms, a thread that reads a text
#: delays the launching thread so long at each of its steps: a call took twice as long beside it, with this 1.2 times.
SWITCH_S = 0.0005

#: Share of the free memory that the activations of one batch may take, and most frames of a batch.
MEMORY_SHARE = 0.4
MOST_FRAMES = 16_384
PROCESSOR_FRAMES = 2_000


class CardRuntime:
    """The stages in torch, many utterances at a time; see ``acoustic.runtime.Runtime`` for the calls.

    Args:
        config: describes the parameters.
        parameters: name -> float32 array.
        device: ``cuda:N``, or ``cpu`` for tests.
        activations: type of stage C's activations; None for float16 on a card and float32 elsewhere.
        wait_s: how long a call waits for company while the device is free.
        together: utterances of one batch at most.
    """

    joins = False

    def __init__(
        self,
        config: ModelConfig,
        parameters: Mapping[str, FloatArray],
        device: str,
        *,
        activations: torch.dtype | None = None,
        wait_s: float = WAIT_S,
        together: int = TOGETHER,
    ) -> None:
        self.together = together
        self.config = config
        self.device = torch.device(device)
        self._is_card = self.device.type == "cuda"
        self.activations = activations or (torch.float16 if self._is_card else torch.float32)
        self.arithmetic = str(self.activations).removeprefix("torch.")
        network = Network(config)
        network.load_parameters(parameters)
        self.network = prepare(network, self.activations).to(self.device)
        mix, bias = parameters["source.mix.weight"].reshape(-1), float(parameters["source.mix.bias"].item())
        self._harmonics = HarmonicSource(config, mix, bias).to(self.device)
        self._stream = _cuda.Stream(self.device) if self._is_card else None
        self.graphs = Graphs(cuda_capture(self._stream) if self._is_card else None)
        frames = self._frames_that_fit()
        limits = Limits(together, {"encode": frames, "predict": frames, "decode": frames})
        self.batcher = Batcher(self._launch, limits, wait_s=wait_s)
        if self._is_card:
            sys.setswitchinterval(min(SWITCH_S, sys.getswitchinterval()))

    def warm_up(self) -> None:
        """Loads the libraries and captures the graphs of single utterances, so that no request pays for it."""
        if not self.graphs.can_capture:
            return
        config = self.config
        style = np.zeros(config.style, np.float32)
        for frames in padded_lengths(*WARM_FRAMES):
            ids, rows = np.zeros(max(2, frames // 3), np.int64), np.zeros(frames, np.int64)
            text, prosody = (
                np.zeros((1, width), np.float32) for width in (config.hidden, config.hidden + config.style)
            )
            silent = np.zeros(2 * frames, np.float32)
            curves = Curves(text, rows, silent, silent, style, seed=0, noise=0.0)
            for _ in range(2):  # seen, then captured
                self.encode(ids, style)
                self.predict(prosody, rows, style)
                self.decode(curves, self.prepare(curves), 0, frames)

    def encode(self, ids: IntArray, style: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Stage A: (n,) int64, (style,) -> durations (n,), prosody (n, hidden + style), text (n, hidden)."""
        durations, prosody, text = self._call("encode", len(ids), (ids, style))
        return durations, prosody, text

    def predict(self, prosody: FloatArray, rows: IntArray, style: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Stage B: prosody encoding (n, hidden + style), rows (frames,), (style,) -> F0 and energy (2 frames,)."""
        f0, energy = self._call("predict", len(rows), (prosody, rows, style))
        return f0, energy

    def prepare(self, curves: Curves) -> FloatArray:
        """The noise of the source as ``acoustic.source`` draws it, without its level."""
        samples = len(curves.f0) * self.config.curve_hop
        if not curves.noise:
            return np.zeros(samples, np.float32)
        drawn = np.random.default_rng(curves.seed).standard_normal(samples, dtype=np.float32)
        return drawn if curves.noise == 1 else drawn * np.float32(curves.noise)

    def windows(self, curves: Curves, begin: int, end: int) -> list[tuple[int, int]]:
        """One: others are computed beside it."""
        return [(begin, end)]

    def decode(self, curves: Curves, made: FloatArray, begin: int, end: int) -> FloatArray:
        """Stage C of the frames from ``begin`` to ``end``: ((end - begin) * frame_hop,)."""
        stretch = cut(curves.f0, made, begin, end, self.config)
        energy = curves.energy[2 * begin : 2 * end]
        payload = (curves.text, curves.rows[begin:end], energy, curves.style, stretch)
        (waveform,) = self._call("decode", end - begin, payload)
        return waveform

    def _call(self, kind: str, length: int, payload: tuple[Any, ...]) -> tuple[FloatArray, ...]:
        try:
            outputs: tuple[FloatArray, ...] = self.batcher.call(kind, length, payload)
        except RuntimeError as error:  # torch's own, out of memory included
            raise SynthesisError(f"the acoustic model failed on {self.device}: {error}", code=CARD_FAILED) from error
        refuse_unless_finite({f"{kind} {i}": value for i, value in enumerate(outputs)})
        return outputs

    def example(self, kind: str, count: int, length: int) -> Tensors:
        """Inputs of a stage for a batch of like utterances, on the device: for measuring.

        Args:
            kind: ``encode``, ``predict`` or ``decode``.
            count: of utterances.
            length: of each, in tokens for ``encode`` and frames for the others.
        """
        config, device = self.config, self.device
        lengths = torch.full((count,), length, device=device)
        style = torch.zeros(count, config.style, device=device)
        if kind == "encode":
            return torch.ones(count, length, dtype=torch.int64, device=device), style, lengths
        if kind == "predict":
            return torch.zeros(count, length, config.hidden + config.style, device=device), style, lengths
        values = 2 * length + 2 * MARGIN
        f0 = torch.full((count, values), 200.0, device=device)
        noise = torch.randn(count, values * config.curve_hop, device=device)
        is_end = torch.ones(count, dtype=torch.bool, device=device)
        text = torch.randn(count, length, config.hidden, device=device)
        steps = f0 * (config.curve_hop / config.sample_rate)
        turns = steps.cumsum(1).frac()
        return (
            text,
            torch.zeros(count, 2 * length, device=device),
            style,
            f0,
            turns,
            steps,
            noise,
            is_end,
            is_end,
            lengths,
        )

    def _launch(self, kind: str, payloads: Sequence[Any]) -> Finish:
        stage: Callable[[Sequence[Any]], tuple[Tensors, list[IntArray]]] = getattr(self, f"_launch_{kind}")
        with self.on_stream(), torch.inference_mode(), self.exact():
            outputs, sizes = stage(payloads)
            return self._bring_back(outputs, sizes)

    def _launch_encode(self, payloads: Sequence[Any]) -> tuple[Tensors, list[IntArray]]:
        ids, styles = zip(*payloads, strict=True)
        lengths = np.array([len(one) for one in ids])
        longest = padded_length(int(lengths.max()))
        inputs = (self._padded(ids, longest), self._padded(styles), self._send(lengths))
        key = ("encode", len(ids), longest)
        return self.graphs.run(key, self.encode_batch, inputs, is_small=self.is_small(len(ids), longest)), [lengths] * 3

    def _launch_predict(self, payloads: Sequence[Any]) -> tuple[Tensors, list[IntArray]]:
        prosody, rows, styles = zip(*payloads, strict=True)
        lengths = np.array([len(one) for one in rows])
        longest = padded_length(int(lengths.max()))
        inputs = (self._spread(prosody, rows, longest), self._padded(styles), self._send(lengths))
        key = ("predict", len(rows), longest)
        outputs = self.graphs.run(key, self.predict_batch, inputs, is_small=self.is_small(len(rows), longest))
        return outputs, [2 * lengths] * 2

    def _launch_decode(self, payloads: Sequence[Any]) -> tuple[Tensors, list[IntArray]]:
        text, rows, energy, styles, stretches = zip(*payloads, strict=True)
        lengths = np.array([len(one) for one in rows])
        longest = padded_length(int(lengths.max()))
        inputs = (
            self._spread(text, rows, longest),
            self._padded(energy, 2 * longest),
            self._padded(styles),
            *self._stretches(stretches, longest),
            self._send(lengths),
        )
        key = ("decode", len(rows), longest)
        outputs = self.graphs.run(key, self.decode_batch, inputs, is_small=self.is_small(len(rows), longest))
        return outputs, [self.config.frame_hop * lengths]

    def encode_batch(self, ids: Tensor, style: Tensor, lengths: Tensor) -> Tensors:
        """Stage A of a padded batch: ids (B, n), style (B, style), lengths (B,)."""
        outputs: Tensors = self.network.encoder(ids, style, Valid.of(lengths, ids.shape[1]))
        return outputs

    def predict_batch(self, frames: Tensor, style: Tensor, lengths: Tensor) -> Tensors:
        """Stage B of a padded batch: encodings per frame (B, T, hidden + style), style, lengths."""
        curves: Tensors = self.network.prosody(frames, style, Valid.of(lengths, frames.shape[1]))
        return curves

    def decode_batch(
        self,
        text: Tensor,
        energy: Tensor,
        style: Tensor,
        f0: Tensor,
        turns: Tensor,
        steps: Tensor,
        noise: Tensor,
        is_first: Tensor,
        is_last: Tensor,
        lengths: Tensor,
    ) -> Tensors:
        """Stage C of a padded batch with its source: text per frame (B, T, hidden), the rest as in ``harmonics``."""
        spectrum = self._harmonics(f0, turns, steps, noise, is_first, is_last, lengths)
        longest = text.shape[1]
        valid = Valid.of(lengths, longest)
        curve = f0[:, MARGIN : 2 * longest + MARGIN]
        wide = text.transpose(1, 2).to(self.activations)  # (B, T, hidden) -> (B, hidden, T)
        return (self.network.render(wide, curve, energy, style, spectrum, valid.to(self.activations)),)

    def is_small(self, count: int, longest: int) -> bool:
        """Whether launching a batch takes longer than computing it."""
        return count * longest <= GRAPH_FRAMES

    def _stretches(self, stretches: Sequence[Stretch], longest: int) -> Tensors:
        values = 2 * longest + 2 * MARGIN
        curves = ([one.f0 for one in stretches], [one.turns for one in stretches], [one.steps for one in stretches])
        return (
            *(self._padded(curve, values) for curve in curves),
            self._padded([one.noise for one in stretches], values * self.config.curve_hop),
            self._send(np.array([one.is_first for one in stretches])),
            self._send(np.array([one.is_last for one in stretches])),
        )

    def _spread(self, encodings: Sequence[FloatArray], rows: Sequence[IntArray], longest: int) -> Tensor:
        """Encodings per token and the row of each frame -> (B, longest, width), repeated on the device."""
        tokens = self._padded(encodings, max(len(one) for one in encodings))
        index = self._padded(rows, longest)[:, :, None].expand(-1, -1, tokens.shape[2])
        return tokens.gather(1, index)

    def _padded(self, arrays: Sequence[NDArray[Any]], longest: int | None = None) -> Tensor:
        """Arrays of any lengths as one batch on the device, zeros behind each end."""
        first = arrays[0]
        shape = (len(arrays), len(first) if longest is None else longest, *first.shape[1:])
        batch = self._host(shape, torch.from_numpy(first[:0]).dtype)
        values = batch.numpy()
        for i, array in enumerate(arrays):
            values[i, : len(array)] = array
            values[i, len(array) :] = 0
        return batch.to(self.device, non_blocking=True)

    def _send(self, array: NDArray[Any]) -> Tensor:
        """An array on the device, through pinned memory."""
        tensor = self._host(array.shape, torch.from_numpy(array).dtype)
        tensor.numpy()[...] = array
        return tensor.to(self.device, non_blocking=True)

    def _host(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        return torch.empty(shape, dtype=dtype, pin_memory=self._is_card)

    def _bring_back(self, outputs: Tensors, sizes: list[IntArray]) -> Finish:
        """Begins to copy the results to the processor; what it gives waits for them and cuts the padding off."""
        arrived = []
        for output in outputs:
            host = self._host(tuple(output.shape), output.dtype)
            arrived.append(host.copy_(output, non_blocking=True))
        event = None
        if self._stream is not None:
            event = _cuda.Event()
            event.record(self._stream)

        def finish() -> list[tuple[FloatArray, ...]]:
            if event is not None:
                event.synchronize()
            arrays = [host.numpy() for host in arrived]  # pinned memory goes back: what leaves is copied
            return [
                tuple(array[i, : size[i]].copy() for array, size in zip(arrays, sizes, strict=True))
                for i in range(len(sizes[0]))
            ]

        return finish

    def on_stream(self) -> AbstractContextManager[object]:
        """What runs inside is launched on the runtime's stream."""
        if self._stream is None:
            return nullcontext()
        both = ExitStack()
        both.enter_context(torch.cuda.device(self.device))
        both.enter_context(torch.cuda.stream(self._stream))
        return both

    def exact(self) -> AbstractContextManager[object]:
        """Float32 is float32 and not TF32, which torch allows in cuDNN by default."""
        if not self._is_card:
            return nullcontext()
        exact: AbstractContextManager[object] = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        return exact

    def _frames_that_fit(self) -> int:
        if not self._is_card:
            return PROCESSOR_FRAMES
        free, _ = torch.cuda.mem_get_info(self.device)
        return int(min(MOST_FRAMES, max(1, MEMORY_SHARE * free / bytes_per_frame(self.config, self.activations))))


def bytes_per_frame(config: ModelConfig, activations: torch.dtype) -> int:
    """What the activations of one frame take where they are widest: some ten arrays at the generator's last rate."""
    steps = config.frame_hop // config.hop
    width = config.hidden >> len(config.upsample_rates)
    return 10 * steps * width * activations.itemsize + 20 * config.frame_hop * 4
