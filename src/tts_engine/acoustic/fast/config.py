"""What one fast decoder is: widths, depths and rates; what it costs follows from them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tts_engine.acoustic.config import ModelConfig

#: Per value of the curves: pitch, voiced, energy, cosine and sine of the fundamental's phase.
FEATURES = 5

#: Per bin of the output: log gain and phase for the pulses, log gain and phase for the noise.
FILTERS = 4


@dataclass(frozen=True)
class FastConfig:
    """Description of a fast decoder.

    Attributes:
        hidden: width of the text encoding that it reads.
        style: width of the timbre that it reads.
        sample_rate: samples per second of the waveform.
        curve_hop: samples per value of the curves.
        width: channels at the rate of the curves.
        blocks: ConvNeXt blocks there.
        fine_width: channels at the rate of the STFT.
        fine_blocks: ConvNeXt blocks there.
        kernel: of every depthwise convolution and of the convolution over the curves, odd.
        expansion: how much wider a block is inside.
        steps: STFT frames per value of the curves.
        n_fft: window of the STFT, samples.
    """

    hidden: int = 512
    style: int = 128
    sample_rate: int = 24000
    curve_hop: int = 300
    width: int = 384
    blocks: int = 8
    fine_width: int = 256
    fine_blocks: int = 2
    kernel: int = 7
    expansion: int = 3
    steps: int = 2
    n_fft: int = 600

    def __post_init__(self) -> None:
        """Refuses what cannot be: an STFT that does not add up, a kernel without a middle.

        Raises:
            ValueError: says which number.
        """
        whole = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        may_be_zero = ("blocks", "fine_blocks")
        for name, value in whole.items():
            if not isinstance(value, int) or isinstance(value, bool) or value < (0 if name in may_be_zero else 1):
                raise ValueError(f"{name} must be a whole number of at least {int(name not in may_be_zero)}: {value!r}")
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd: {self.kernel}")
        if self.curve_hop % self.steps or self.n_fft % self.hop or self.n_fft // self.hop < 3 or self.hop % 2:
            raise ValueError(
                f"steps must divide curve_hop ({self.curve_hop}) into even hops and n_fft must be at least 3 of them:"
                f" steps {self.steps}, n_fft {self.n_fft}"
            )

    @property
    def hop(self) -> int:
        """Samples per STFT frame."""
        return self.curve_hop // self.steps

    @property
    def bins(self) -> int:
        """Frequencies of the STFT."""
        return self.n_fft // 2 + 1

    @property
    def context(self) -> int:
        """Values of the curves on each side that a sample depends on beside its own."""
        half = self.kernel // 2
        reach = -(-self.fine_blocks * half // self.steps) + half * (self.blocks + 1)
        return reach + -(-self.n_fft // (2 * self.curve_hop))

    def fits(self, model: ModelConfig) -> bool:
        """Whether it can stand in place of the decoder of this model."""
        own = (self.hidden, self.style, self.sample_rate, self.curve_hop)
        return own == (model.hidden, model.style, model.sample_rate, model.curve_hop)

    def multiply_adds(self, tokens_per_s: float = 20.0) -> float:
        """Multiply-adds of the network per second of audio; the two FFTs of a frame are not counted."""
        curves, frames = self.sample_rate / self.curve_hop, self.sample_rate / self.hop
        coarse = FEATURES * self.kernel * self.width + self.blocks * self._block(self.width)
        coarse += self.width * self.steps * self.fine_width
        fine = self.fine_blocks * self._block(self.fine_width) + self.fine_width * FILTERS * self.bins
        return tokens_per_s * self.hidden * self.width + curves * coarse + frames * fine

    def parameter_count(self) -> int:
        """Numbers that are learned."""
        wide, fine = self.width, self.fine_width
        inputs = self.hidden * wide + wide * FEATURES * self.kernel + wide
        turn = (wide + 1) * self.steps * fine
        end = self._norm(fine) + (fine + 1) * FILTERS * self.bins
        return inputs + self.blocks * self._learned(wide) + turn + self.fine_blocks * self._learned(fine) + end

    def _block(self, width: int) -> int:
        return width * self.kernel + 2 * width * width * self.expansion

    def _learned(self, width: int) -> int:
        inner = width * self.expansion
        return width * (self.kernel + 1) + self._norm(width) + (width + 1) * inner + (inner + 1) * width + width

    def _norm(self, width: int) -> int:
        return 2 * width * (self.style + 1)


#: Sizes that are worth training; ``base`` is what fits into 20 MB of float16.
SIZES = {
    "tiny": FastConfig(width=128, blocks=4, fine_width=96, fine_blocks=1),
    "small": FastConfig(width=256, blocks=6, fine_width=192, fine_blocks=2),
    "base": FastConfig(width=384, blocks=8, fine_width=256, fine_blocks=2),
    "coarse": FastConfig(width=384, blocks=8, fine_width=384, fine_blocks=0, steps=1, n_fft=1200),
}
