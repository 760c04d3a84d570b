"""A loaded network made ready for padded batches, in the precision of each stage.

A and B stay in float32 (without TF32): they are a tenth of the work, durations are rounded to whole frames and F0 runs
into a phase, so that a small error there is another reading, not a little noise. Of C, the convolutions and what stands
between them are computed in half precision; in float32 stay the statistics and the affine part of AdaIN, the
projections of the style, what reads hertz (``f0_in``, ``energy_in``), what reads the source's spectrum, the last
convolution (its values become exponents and angles) and the inverse STFT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tts_engine.acoustic.blocks import Recurrent, SnakeBlock, StyleProjection
from tts_engine.acoustic.network import Network

if TYPE_CHECKING:
    from torch import nn


def prepare(network: Network, activations: torch.dtype) -> Network:
    """The network changed in place: recurrent layers shut in padding, Snake folded, stage C in the given type.

    Args:
        network: with its parameters loaded, float32.
        activations: type of stage C's activations.
    """
    network.eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, Recurrent):
            module.shut_in_padding()
        elif isinstance(module, SnakeBlock):
            module.fold_alphas()
    if activations != torch.float32:
        decoder, generator = network.decoder, network.generator
        kept: set[nn.Module] = {decoder.f0_in, decoder.energy_in, generator.post, *generator.source_convs}
        for stage in (decoder, generator):
            _halve(stage, activations, kept)
    return network


def _halve(module: nn.Module, half: torch.dtype, kept: set[nn.Module]) -> None:
    """All parameters below, but those of ``kept`` modules and of style projections."""
    if module in kept or isinstance(module, StyleProjection):
        return
    for parameter in module.parameters(recurse=False):
        parameter.data = parameter.data.to(half)
    for child in module.children():
        _halve(child, half, kept)
