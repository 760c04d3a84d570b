"""What the network has to compute and move, and what a device can: the distance between them is a number.

Counted from the network itself while it runs once: multiplications and additions of every convolution, matrix product,
attention and recurrent layer (two operations per multiply-add), and bytes in two ways:

    least    every such layer reads its weights and its input once and writes its output once; all that stands between
             them (normalisation, Snake, sums) costs nothing. No kernels, however well fused, move less layer by layer.
    moved    what every single operation reads and writes when each is a kernel of its own, as torch runs them.

Peaks are measured in the same run, by a large matrix product and a large copy, and not taken from a data sheet. The
roof is the longer of operations / peak and bytes / bandwidth. Source: Williams, Waterman, Patterson, "Roofline" (CACM
2009).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tts_engine.acoustic.network import AlbertLayer


@dataclass
class Work:
    """What was counted.

    Attributes:
        operations: additions and multiplications.
        least_bytes: see above.
        moved_bytes: see above.
    """

    operations: float = 0.0
    least_bytes: float = 0.0
    moved_bytes: float = 0.0


@dataclass(frozen=True)
class Peaks:
    """What a device does at best.

    Attributes:
        operations_per_s: of a matrix product in the arithmetic that is asked for.
        bytes_per_s: of a copy, read and written.
    """

    operations_per_s: float
    bytes_per_s: float

    def roof_s(self, operations: float, moved_bytes: float) -> float:
        """The least time for so much work."""
        return max(operations / self.operations_per_s, moved_bytes / self.bytes_per_s)


def count(network: nn.Module, run: Callable[[], Any]) -> Work:
    """The work of the network's layers while ``run`` runs it once."""
    work = Work()

    def add(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        given = [leaf for leaf in tree_leaves(inputs) if isinstance(leaf, Tensor)]
        made = [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]
        work.operations += operations_of(module, given[0], made[0])
        if not isinstance(module, AlbertLayer):  # its parts are counted by themselves
            weights = list(module.parameters(recurse=False))
            work.least_bytes += sum(map(_size, [given[0], made[0], *weights]))

    with ExitStack() as hooks:
        for module in network.modules():
            if isinstance(module, (nn.Conv1d, nn.ConvTranspose1d, nn.Linear, nn.LSTM, AlbertLayer)):
                hooks.callback(module.register_forward_hook(add).remove)
        with _Moved(work), torch.inference_mode():
            run()
    return work


def operations_of(module: nn.Module, given: Tensor, made: Tensor) -> float:
    """Operations of one call of a layer, from the shapes of its first input and output."""
    if isinstance(module, nn.Conv1d):  # (B, out, T)
        return 2.0 * made.numel() * module.in_channels / module.groups * module.kernel_size[0]
    if isinstance(module, nn.ConvTranspose1d):  # (B, in, T)
        return 2.0 * given.numel() * module.out_channels / module.groups * module.kernel_size[0]
    if isinstance(module, nn.Linear):
        return 2.0 * made.numel() * module.in_features
    if isinstance(module, nn.LSTM):  # (B, T, in): four gates, two directions
        steps = given.shape[0] * given.shape[1]
        return 2.0 * steps * 4 * module.hidden_size * (given.shape[2] + module.hidden_size) * 2
    if isinstance(module, AlbertLayer):  # the two products of attention
        batch, length, width = given.shape
        return 4.0 * batch * length * length * width
    raise TypeError(f"no count for {type(module).__name__}")


class _Moved(TorchDispatchMode):
    """Adds what every operation reads and writes; views move nothing."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        given = [leaf for leaf in tree_leaves((args, kwargs or {})) if isinstance(leaf, Tensor)]
        made = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
        owned = {leaf.untyped_storage().data_ptr() for leaf in given}
        is_view = made and all(leaf.untyped_storage().data_ptr() in owned for leaf in made)
        is_in_place = function._schema.is_mutable
        if made and (is_in_place or not is_view):
            self._work.moved_bytes += sum(map(_size, [*given, *made]))
        return result


def _size(tensor: Tensor) -> float:
    """Bytes that reading it moves: an expanded tensor is read as often as it is stored."""
    stored = tensor.untyped_storage().nbytes()
    return float(min(tensor.numel() * tensor.element_size(), stored))


def measure_peaks(device: torch.device, arithmetic: torch.dtype, *, size: int, copied_bytes: int) -> Peaks:
    """Peaks of a device, the best of several runs each.

    Args:
        device: where.
        arithmetic: of the matrix product.
        size: rows and columns of its matrices.
        copied_bytes: of the copied array.
    """
    left, right = (torch.randn(size, size, device=device).to(arithmetic) for _ in range(2))
    product_s = best_s(lambda: left @ right, device)
    array = torch.empty(copied_bytes // 4, dtype=torch.float32, device=device).normal_()
    target = torch.empty_like(array)
    copy_s = best_s(lambda: target.copy_(array), device)
    return Peaks(2.0 * size**3 / product_s, 2.0 * array.numel() * 4 / copy_s)


def best_s(run: Callable[[], Any], device: torch.device, *, turns: int = 5, repeats: int = 3) -> float:
    """Seconds of one run, the best of several turns after a warm-up."""
    for _ in range(2):
        run()
    found = []
    for _ in range(turns):
        with _timed(device, found, repeats):
            for _ in range(repeats):
                run()
    return min(found)


@contextmanager
def _timed(device: torch.device, found: list[float], repeats: int) -> Iterator[None]:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    began = time.perf_counter()
    yield
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    found.append((time.perf_counter() - began) / repeats)
