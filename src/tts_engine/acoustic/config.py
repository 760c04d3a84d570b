"""What one checkpoint is: symbols, widths and rates. Everything else here is derived from these numbers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources


def default_symbols() -> dict[str, int]:
    """The vocabulary of Kokoro-82M v1.0, phoneme -> id."""
    data = resources.files(__package__).joinpath("symbols.json").read_text(encoding="utf-8")
    symbols: dict[str, int] = json.loads(data)
    return symbols


_POST_KERNEL = 7  # of the generator's last convolution


@dataclass(frozen=True)
class AlbertConfig:
    """Sizes of the phoneme Transformer, one layer of which is applied ``layers`` times."""

    embedding: int = 128
    hidden: int = 768
    heads: int = 12
    feed_forward: int = 2048
    layers: int = 12
    positions: int = 512


@dataclass(frozen=True)
class ModelConfig:
    """Description of a checkpoint of the Kokoro-82M family (defaults: v1.0).

    Attributes:
        symbols: phoneme -> id, one character each; 0 is the boundary pad and belongs to no phoneme.
        n_symbols: rows of the embedding tables.
        sample_rate: samples per second of the waveform.
        albert: sizes of the phoneme Transformer.
        hidden: width of the encodings.
        style: width of one style half.
        duration_bins: sigmoids whose sum is a duration; a phoneme lasts at most so many frames.
        text_layers: convolutions of the text encoder.
        text_kernel: their kernel size.
        prosody_layers: LSTM + AdaLN pairs before the duration predictor.
        decoder_width: channels of the decoder blocks before the generator.
        text_residual: channels of the text encoding repeated to every decoder block.
        decoder_blocks: decoder blocks after the first one; the last of them doubles the rate.
        upsample_rates: strides of the generator's transposed convolutions.
        upsample_kernels: their kernel sizes.
        block_kernels: kernel sizes of the parallel residual blocks.
        block_dilations: dilations inside one residual block.
        source_kernels: kernel sizes of the residual blocks on the harmonic source, one per upsampling.
        n_fft: window of the inverse STFT, samples.
        hop: hop of the inverse STFT, samples.
        harmonics: sines in the harmonic source, the fundamental included.
        sine_amplitude: amplitude of each.
        noise_voiced: standard deviation of the noise added to voiced samples.
        voiced_threshold_hz: F0 above which a sample counts as voiced.
    """

    symbols: dict[str, int] = field(default_factory=default_symbols)
    n_symbols: int = 178
    sample_rate: int = 24000
    albert: AlbertConfig = AlbertConfig()
    hidden: int = 512
    style: int = 128
    duration_bins: int = 50
    text_layers: int = 3
    text_kernel: int = 5
    prosody_layers: int = 3
    decoder_width: int = 1024
    text_residual: int = 64
    decoder_blocks: int = 4
    upsample_rates: tuple[int, ...] = (10, 6)
    upsample_kernels: tuple[int, ...] = (20, 12)
    block_kernels: tuple[int, ...] = (3, 7, 11)
    block_dilations: tuple[int, ...] = (1, 3, 5)
    source_kernels: tuple[int, ...] = (7, 11)
    n_fft: int = 20
    hop: int = 5
    harmonics: int = 9
    sine_amplitude: float = 0.1
    noise_voiced: float = 0.003
    voiced_threshold_hz: float = 10.0

    @property
    def max_phonemes(self) -> int:
        """Most phonemes of one utterance; two positions belong to the boundary pads."""
        return self.albert.positions - 2

    @cached_property
    def curve_hop(self) -> int:
        """Samples per value of the F0 and energy curves."""
        return math.prod(self.upsample_rates) * self.hop

    @property
    def frame_hop(self) -> int:
        """Samples per frame of the durations: the decoder doubles the rate once."""
        return 2 * self.curve_hop

    @property
    def generator_reach(self) -> int:
        """Frames on either side of a stretch that reach into its waveform through the generator."""
        steps, reach = 2, 0.0  # steps per frame
        widest = max(self.block_kernels)
        for rate, kernel in zip(self.upsample_rates, self.upsample_kernels, strict=True):
            reach += kernel / (2 * rate) / steps
            steps *= rate
            reach += sum((widest - 1) // 2 * (dilation + 1) for dilation in self.block_dilations) / steps
        reach += (_POST_KERNEL // 2 + self.n_fft / (2 * self.hop)) / steps
        return math.ceil(reach)

    @property
    def frame_rate(self) -> float:
        """Frames per second of the durations."""
        return self.sample_rate / self.frame_hop

    @property
    def curve_rate(self) -> float:
        """Values per second of the F0 and energy curves."""
        return self.sample_rate / self.curve_hop

    @property
    def bins(self) -> int:
        """Frequencies of the STFT."""
        return self.n_fft // 2 + 1
