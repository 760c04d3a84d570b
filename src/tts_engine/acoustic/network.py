"""The network in torch: what the weights mean, written down once. For training and for checking the fast form.

Kokoro-82M v1.0 belongs to the StyleTTS 2 family (Li et al. 2023, arXiv:2306.07691) with an ISTFTNet decoder
(Kaneko et al. 2022, arXiv:2203.02395) and ALBERT (Lan et al. 2019, arXiv:1909.11942) as phoneme encoder. Parameter
names are those of ``recover``; weight normalisation is folded. The textbook form stands here on purpose: ``stages``
holds the rewritten one, and a test compares the two on a tiny network.

Shapes: B batch, n phonemes with pads, T frames, C channels; ids (B, n), sequences (B, C, T) unless said otherwise.

A batch of utterances of different lengths is padded at the end and comes with ``Valid``, which says how much of each
is real; then every utterance gives what it gives alone, up to rounding: whatever looks at neighbours (convolutions)
finds zeros behind the end, whatever looks at all (attention, AdaIN, the recurrent layers) does not see the padding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tts_engine.errors import AssetDamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tts_engine.acoustic.config import AlbertConfig, ModelConfig
    from tts_engine.types import FloatArray

EPSILON = 1e-5


@dataclass(frozen=True)
class Valid:
    """How much of each utterance of a padded batch is real.

    Attributes:
        mask: (B, 1, T), 1 where it is real and 0 in the padding, in the type of the activations.
        count: (B, 1, 1) float32, how many are real.
    """

    mask: Tensor
    count: Tensor

    @classmethod
    def of(cls, lengths: Tensor, longest: int, dtype: torch.dtype = torch.float32) -> Valid:
        """(B,) lengths in a batch padded to ``longest``."""
        places = torch.arange(longest, device=lengths.device)
        mask = (places < lengths[:, None])[:, None].to(dtype)
        return cls(mask, lengths[:, None, None].float())

    def times(self, factor: int) -> Valid:
        """The same batch at a higher rate."""
        return Valid(self.mask.repeat_interleave(factor, dim=2), self.count * factor)

    def with_one_before(self) -> Valid:
        """The same batch with one more at the beginning."""
        return Valid(functional.pad(self.mask, (1, 0), value=1.0), self.count + 1)

    def to(self, dtype: torch.dtype) -> Valid:
        """The same in another type of activations."""
        return Valid(self.mask.to(dtype), self.count)


def masked(x: Tensor, valid: Valid | None) -> Tensor:
    """(B, C, T) with zeros in the padding."""
    return x if valid is None else x * valid.mask


class StyleProjection(nn.Module):
    """A linear layer from the style to a scale (as 1 + gamma) and a shift per channel."""

    def __init__(self, channels: int, style: int) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.randn(2 * channels, style) / math.sqrt(style))
        self.bias = nn.Parameter(torch.zeros(2 * channels))

    def scale_and_shift(self, style: Tensor) -> tuple[Tensor, Tensor]:
        """(B, style) -> (B, C), (B, C)."""
        gamma, beta = functional.linear(style, self.weight, self.bias).chunk(2, dim=1)
        return 1 + gamma, beta


class AdaptiveInstanceNorm(StyleProjection):
    """AdaIN: normalised over time, then scale and shift from the style; both and the statistics in float32."""

    def forward(self, x: Tensor, style: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, C, T), (B, style) -> (B, C, T), zero in the padding."""
        scale, shift = self.scale_and_shift(style)
        if valid is None:
            return scale[:, :, None] * functional.instance_norm(x, eps=EPSILON) + shift[:, :, None]
        x = x * valid.mask
        mean = x.sum(2, keepdim=True, dtype=torch.float32) / valid.count
        power = torch.linalg.vector_norm(x, dim=2, keepdim=True, dtype=torch.float32).square() / valid.count
        factor = scale[:, :, None] * torch.rsqrt((power - mean.square()).clamp(min=0) + EPSILON)
        # float32 inside, whatever the activations are: a mean far from zero would not survive half precision
        moved = torch.addcmul(shift[:, :, None] - mean * factor, x, factor, out=torch.empty_like(x))
        return moved.mul_(valid.mask)


class AdaptiveLayerNorm(StyleProjection):
    """AdaLN: normalised over the channels, then scale and shift from the style."""

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, n, C), (B, style) -> (B, n, C)."""
        scale, shift = self.scale_and_shift(style)
        return scale[:, None] * functional.layer_norm(x, (self.channels,), eps=EPSILON) + shift[:, None]


class StyleBlock(nn.Module):
    """AdaIN residual block of the predictors and the decoder; ``doubles`` the length on request."""

    def __init__(self, inputs: int, outputs: int, style: int, *, doubles: bool = False) -> None:
        super().__init__()
        self.norm1 = AdaptiveInstanceNorm(inputs, style)
        self.norm2 = AdaptiveInstanceNorm(outputs, style)
        self.conv1 = nn.Conv1d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv1d(outputs, outputs, 3, padding=1)
        self.pool = (
            nn.ConvTranspose1d(inputs, inputs, 3, stride=2, padding=1, output_padding=1, groups=inputs)
            if doubles
            else None
        )
        self.shortcut = nn.Conv1d(inputs, outputs, 1, bias=False) if inputs != outputs else None

    def forward(self, x: Tensor, style: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, inputs, T), (B, style) -> (B, outputs, T or 2 T); what it gives in the padding means nothing."""
        y = functional.leaky_relu(self.norm1(x, style, valid), 0.2)
        if self.pool is not None:
            valid = None if valid is None else valid.times(2)
            y, x = masked(self.pool(y), valid), x.repeat_interleave(2, dim=2)
        y = self.conv1(y)
        y = self.conv2(functional.leaky_relu(self.norm2(y, style, valid), 0.2))
        x = x if self.shortcut is None else self.shortcut(x)
        out: Tensor = (x + y) / math.sqrt(2)
        return out


class SnakeBlock(nn.Module):
    """Residual block of the generator: AdaIN, Snake ``x + sin²(a x) / a``, convolution, twice per dilation."""

    def __init__(self, channels: int, style: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.norms1, self.norms2 = (
            nn.ModuleList(AdaptiveInstanceNorm(channels, style) for _ in dilations) for _ in range(2)
        )
        self.alphas1, self.alphas2 = (
            nn.ParameterList(nn.Parameter(torch.ones(channels)) for _ in dilations) for _ in range(2)
        )
        self.is_folded = False
        self.convs1 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=d, padding=(kernel - 1) * d // 2) for d in dilations
        )
        self.convs2 = nn.ModuleList(nn.Conv1d(channels, channels, kernel, padding=kernel // 2) for _ in dilations)

    def forward(self, x: Tensor, style: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, C, T), (B, style) -> (B, C, T); what it gives in the padding means nothing."""
        layers = zip(self.norms1, self.alphas1, self.convs1, self.norms2, self.alphas2, self.convs2, strict=True)
        for norm1, alpha1, conv1, norm2, alpha2, conv2 in layers:
            y = conv1(self._snake(norm1(x, style, valid), alpha1))
            x = x + conv2(self._snake(norm2(y, style, valid), alpha2))
        return x

    def _snake(self, x: Tensor, alpha: Tensor) -> Tensor:
        if not self.is_folded:
            return snake(x, alpha)
        sine = torch.sin(x)
        return torch.addcmul(x, sine, sine)

    def fold_alphas(self) -> None:
        """Moves each ``a`` into the AdaIN before it and ``1 / a`` into the convolution behind.

        That leaves ``u + sin²(u)``: two passes less, and small alphas keep their digits in half precision.
        """
        halves: Any = ((self.norms1, self.alphas1, self.convs1), (self.norms2, self.alphas2, self.convs2))
        for parts in halves:
            for norm, alpha, conv in zip(*parts, strict=True):
                twice = torch.cat([alpha, alpha])
                norm.weight.mul_(twice[:, None])
                norm.bias[: norm.channels].add_(1).mul_(alpha).sub_(1)  # gamma stands for 1 + gamma
                norm.bias[norm.channels :].mul_(alpha)
                conv.weight.div_(alpha[None, :, None])
        self.is_folded = True


def snake(x: Tensor, alpha: Tensor) -> Tensor:
    """(B, C, T), (C,) -> (B, C, T): ``x + sin²(a x) / a``. Source: Ziyin et al. 2020, arXiv:2006.08195."""
    alpha = alpha[:, None]
    return x + torch.sin(alpha * x) ** 2 / alpha


class AlbertLayer(nn.Module):
    """The one Transformer layer of ALBERT, post-norm."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        width = config.hidden
        self.heads = config.heads
        self.query, self.key, self.value, self.dense = (nn.Linear(width, width) for _ in range(4))
        self.attention_norm = nn.LayerNorm(width, eps=1e-12)
        self.ffn = nn.Linear(width, config.feed_forward)
        self.ffn_out = nn.Linear(config.feed_forward, width)
        self.ffn_norm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: Tensor, is_key: Tensor | None = None) -> Tensor:
        """(B, n, hidden), (B, 1, 1, n) bool -> (B, n, hidden)."""
        query, key, value = (
            part(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )  # (B, heads, n, width)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_key).transpose(1, 2).flatten(2)
        x = self.attention_norm(x + self.dense(mixed))
        out: Tensor = self.ffn_norm(x + self.ffn_out(functional.gelu(self.ffn(x), approximate="tanh")))
        return out


class Albert(nn.Module):
    """Phoneme Transformer: factorised embedding, then one shared layer applied several times."""

    def __init__(self, symbols: int, config: AlbertConfig) -> None:
        super().__init__()
        self.layers = config.layers
        self.word = nn.Embedding(symbols, config.embedding)
        self.position = nn.Embedding(config.positions, config.embedding)
        self.token_type = nn.Embedding(2, config.embedding)
        self.norm = nn.LayerNorm(config.embedding, eps=1e-12)
        self.widen = nn.Linear(config.embedding, config.hidden)
        self.layer = AlbertLayer(config)

    def forward(self, ids: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, n) -> (B, n, hidden)."""
        is_key = None if valid is None else valid.mask[:, None].bool()
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.word(ids) + self.position(places) + self.token_type(torch.zeros_like(ids))
        x = self.widen(self.norm(x))
        for _ in range(self.layers):
            x = self.layer(x, is_key)
        out: Tensor = x
        return out


class Recurrent(nn.LSTM):
    """Bidirectional LSTM.

    In a padded batch its backward direction would begin in the padding. ``shut_in_padding`` gives it one more input, 1
    in the padding, whose weights hold the input, forget and output gates shut there, so that the state stays exactly
    zero until the utterance begins. (Packed sequences do the same, but need the lengths on the processor and another
    graph for each.)
    """

    SHUT = -1e4  # its sigmoid is 0 in float32, and it is finite in half precision
    EXTRA = 8  # one is used; the width stays a multiple of what tensor cores like

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs // 2, batch_first=True, bidirectional=True)
        self.has_shutter = False

    def shut_in_padding(self) -> None:
        """Adds that input; from then on ``forward`` needs ``valid``."""
        for end in ("", "_reverse"):
            name = f"weight_ih_l0{end}"
            weight = getattr(self, name)
            wider = weight.new_zeros(len(weight), self.EXTRA)
            shut, kept = self.SHUT, 0.0
            wider[:, 0] = torch.tensor([shut, shut, kept, shut], device=weight.device).repeat_interleave(
                self.hidden_size
            )
            setattr(self, name, nn.Parameter(torch.cat([weight.detach(), wider], dim=1), requires_grad=False))
        self.input_size += self.EXTRA
        self.has_shutter = True
        self.flatten_parameters()

    def over(self, x: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, T, inputs) -> (B, T, outputs)."""
        if self.has_shutter:
            if valid is None:
                raise ValueError("a recurrent layer made for padded batches needs their lengths")
            is_padding = 1 - valid.mask.transpose(1, 2)  # (B, T, 1)
            x = torch.cat([x, is_padding, x.new_zeros(*x.shape[:2], self.EXTRA - 1)], dim=2)
        out: Tensor = self(x)[0]
        return out


class TextEncoder(nn.Module):
    """What is said, for the decoder: embedding, convolutions with layer norm, bidirectional LSTM."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.hidden
        self.embedding = nn.Embedding(config.n_symbols, width)
        self.convs = nn.ModuleList(
            nn.Conv1d(width, width, config.text_kernel, padding=config.text_kernel // 2)
            for _ in range(config.text_layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width, eps=1e-5) for _ in range(config.text_layers))
        self.lstm = Recurrent(width, width)

    def forward(self, ids: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, n) -> (B, n, hidden)."""
        x = self.embedding(ids)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            y = conv(masked(x.transpose(1, 2), valid)).transpose(1, 2)  # (B, n, C) -> (B, C, n) -> (B, n, C)
            x = functional.leaky_relu(norm(y), 0.2)
        return self.lstm.over(x, valid)


class Encoder(nn.Module):
    """Stage A."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, style = config.hidden, config.style
        self.albert = Albert(config.n_symbols, config.albert)
        self.narrow = nn.Linear(config.albert.hidden, width)
        self.lstms = nn.ModuleList(Recurrent(width + style, width) for _ in range(config.prosody_layers))
        self.norms = nn.ModuleList(AdaptiveLayerNorm(width, style) for _ in range(config.prosody_layers))
        self.duration_lstm = Recurrent(width + style, width)
        self.duration_head = nn.Linear(width, config.duration_bins)
        self.text = TextEncoder(config)

    def forward(self, ids: Tensor, style: Tensor, valid: Valid | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """(B, n), (B, style) -> durations (B, n) frames, prosody (B, n, hidden + style), text (B, n, hidden)."""
        per_token = style[:, None].expand(-1, ids.shape[1], -1)
        x = torch.cat([self.narrow(self.albert(ids, valid)), per_token], dim=2)
        layers: Any = zip(self.lstms, self.norms, strict=True)
        for lstm, norm in layers:
            x = torch.cat([norm(lstm.over(x, valid), style), per_token], dim=2)
        durations = torch.sigmoid(self.duration_head(self.duration_lstm.over(x, valid))).sum(dim=2)
        return durations, x, self.text(ids, valid)


class ProsodyPredictor(nn.Module):
    """Stage B."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, style = config.hidden, config.style
        self.lstm = Recurrent(width + style, width)
        self.f0, self.energy = (
            nn.ModuleList(
                [
                    StyleBlock(width, width, style),
                    StyleBlock(width, width // 2, style, doubles=True),
                    StyleBlock(width // 2, width // 2, style),
                ]
            )
            for _ in range(2)
        )
        self.f0_head, self.energy_head = (nn.Conv1d(width // 2, 1, 1) for _ in range(2))

    def forward(self, frames: Tensor, style: Tensor, valid: Valid | None = None) -> tuple[Tensor, Tensor]:
        """(B, T, hidden + style), (B, style) -> F0 (B, 2 T) in Hz, energy (B, 2 T)."""
        shared = self.lstm.over(frames, valid).transpose(1, 2)  # (B, T, hidden) -> (B, hidden, T)
        curves = []
        for blocks, head in ((self.f0, self.f0_head), (self.energy, self.energy_head)):
            first, doubling, last = blocks
            x = doubling(first(shared, style, valid), style, valid)
            x = last(x, style, None if valid is None else valid.times(2))
            curves.append(head(x)[:, 0])
        return curves[0], curves[1]


class Decoder(nn.Module):
    """First half of stage C: curves and text at frame rate -> features at twice the frame rate."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, style = config.decoder_width, config.style
        self.f0_in, self.energy_in = (nn.Conv1d(1, 1, 3, stride=2, padding=1) for _ in range(2))
        self.text_residual = nn.Conv1d(config.hidden, config.text_residual, 1)
        self.first = StyleBlock(config.hidden + 2, width, style)
        inner = width + config.text_residual + 2
        last = config.decoder_blocks - 1
        self.blocks = nn.ModuleList(
            StyleBlock(inner, config.hidden if i == last else width, style, doubles=i == last)
            for i in range(config.decoder_blocks)
        )

    def forward(self, text: Tensor, f0: Tensor, energy: Tensor, style: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, hidden, T), (B, 2 T), (B, 2 T), (B, style) -> (B, hidden, 2 T)."""
        # hertz do not fit half precision: these two read float32
        halved = [self.f0_in(f0[:, None]).to(text.dtype), self.energy_in(energy[:, None]).to(text.dtype)]  # (B, 1, T)
        x = self.first(torch.cat([text, *halved], dim=1), style, valid)
        side = [self.text_residual(text), *halved]
        for block in self.blocks:
            x = block(torch.cat([x, *side], dim=1), style, valid)
        out: Tensor = x
        return out


class Generator(nn.Module):
    """Second half of stage C: features and the spectrum of the harmonic source -> waveform."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        rates = config.upsample_rates
        widths = [config.hidden >> i for i in range(len(rates) + 1)]
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(before, after, kernel, stride=rate, padding=(kernel - rate) // 2)
            for before, after, kernel, rate in zip(widths[:-1], widths[1:], config.upsample_kernels, rates, strict=True)
        )
        self.source_convs, self.source_blocks, self.blocks = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for i, width in enumerate(widths[1:]):
            stride = math.prod(rates[i + 1 :])
            kernel = 2 * stride if stride > 1 else 1
            padding = (stride + 1) // 2 if stride > 1 else 0
            self.source_convs.append(nn.Conv1d(2 * config.bins, width, kernel, stride=stride, padding=padding))
            self.source_blocks.append(SnakeBlock(width, config.style, config.source_kernels[i], config.block_dilations))
            self.blocks.extend(
                SnakeBlock(width, config.style, kernel, config.block_dilations) for kernel in config.block_kernels
            )
        self.post = nn.Conv1d(widths[-1], 2 * config.bins, 7, padding=3)

    def forward(self, x: Tensor, source: Tensor, style: Tensor, valid: Valid | None = None) -> Tensor:
        """(B, hidden, 2 T), (B, 2 bins, steps), (B, style) -> (B, samples).

        ``valid`` is that of the 2 T; the source is zero in the padding, and so is the waveform.
        """
        parallel = len(self.config.block_kernels)
        for i, up in enumerate(self.ups):
            x = up(functional.leaky_relu(masked(x, valid), 0.1))
            valid = None if valid is None else valid.times(self.config.upsample_rates[i])
            if i == len(self.ups) - 1:  # the STFT has a frame at both ends
                x = functional.pad(x, (1, 0), mode="reflect")
                valid = None if valid is None else valid.with_one_before()
            x = x + self.source_blocks[i](self.source_convs[i](source).to(x.dtype), style, valid)
            outputs = [block(x, style, valid) for block in self.blocks[i * parallel : (i + 1) * parallel]]
            x = torch.stack(outputs).mean(dim=0)
        x = functional.leaky_relu(masked(x, valid), 0.01).to(self.post.weight.dtype)
        log_magnitude, raw = self.post(x).chunk(2, dim=1)
        return self.inverse_stft(masked(log_magnitude.exp(), None if valid is None else valid.to(x.dtype)), raw.sin())

    def inverse_stft(self, magnitude: Tensor, phase: Tensor) -> Tensor:
        """(B, bins, steps) each -> (B, (steps - 1) * hop): periodic Hann window, centred, overlap-add."""
        n_fft, hop = self.config.n_fft, self.config.hop
        window = torch.hann_window(n_fft, device=magnitude.device)
        frames = torch.fft.irfft(torch.polar(magnitude, phase), n=n_fft, dim=1) * window[:, None]  # (B, n_fft, steps)
        length = (magnitude.shape[2] - 1) * hop + n_fft
        added = functional.fold(frames, (1, length), (1, n_fft), stride=(1, hop))[:, 0, 0]
        return added[:, n_fft // 2 : -(n_fft // 2)] / (window.square().sum() / hop)


class SourceMix(nn.Module):
    """The linear layer that merges the harmonics; ``source`` applies it in numpy."""

    def __init__(self, harmonics: int) -> None:
        super().__init__()
        self.mix = nn.Linear(harmonics, 1)


class Network(nn.Module):
    """All parameters of a checkpoint. The stages are called apart, as the engine does."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.prosody = ProsodyPredictor(config)
        self.decoder = Decoder(config)
        self.generator = Generator(config)
        self.source = SourceMix(config.harmonics)

    def render(
        self,
        text: Tensor,
        f0: Tensor,
        energy: Tensor,
        style: Tensor,
        source: Tensor,
        valid: Valid | None = None,
    ) -> Tensor:
        """Stage C: (B, hidden, T), (B, 2 T), (B, 2 T), (B, style), (B, 2 bins, steps) -> (B, samples)."""
        twice = None if valid is None else valid.times(2)
        waveform: Tensor = self.generator(self.decoder(text, f0, energy, style, valid), source, style, twice)
        return waveform

    def load_parameters(self, parameters: Mapping[str, FloatArray]) -> None:
        """Takes every parameter from ``recover``; none may be missing, left over or of another shape.

        Raises:
            AssetDamagedError: names or shapes differ; lists which.
        """
        tensors = {name: torch.from_numpy(value.copy()) for name, value in parameters.items()}
        try:
            self.load_state_dict(tensors, strict=True)
        except RuntimeError as error:
            raise AssetDamagedError(f"these parameters do not belong to this network: {error}") from error

    def parameters_by_name(self) -> dict[str, FloatArray]:
        """Name -> float32 array, the form that ``stages`` and the engine read."""
        return {name: value.detach().numpy().copy() for name, value in self.state_dict().items()}
