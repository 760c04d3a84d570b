"""The network in torch: what the weights mean, written down once. For training and for checking the fast form.

Kokoro-82M v1.0 belongs to the StyleTTS 2 family (Li et al. 2023, arXiv:2306.07691) with an ISTFTNet decoder
(Kaneko et al. 2022, arXiv:2203.02395) and ALBERT (Lan et al. 2019, arXiv:1909.11942) as phoneme encoder. Parameter
names are those of ``recover``; weight normalisation is folded. The textbook form stands here on purpose: ``stages``
holds the rewritten one, and a test compares the two on a tiny network.

Shapes: B batch, n phonemes with pads, T frames, C channels; ids (B, n), sequences (B, C, T) unless said otherwise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from tts_engine.errors import AssetDamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tts_engine.acoustic.config import AlbertConfig, ModelConfig
    from tts_engine.types import FloatArray


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
    """AdaIN: normalised over time, then scale and shift from the style."""

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, C, T), (B, style) -> (B, C, T)."""
        scale, shift = self.scale_and_shift(style)
        return scale[:, :, None] * functional.instance_norm(x, eps=1e-5) + shift[:, :, None]


class AdaptiveLayerNorm(StyleProjection):
    """AdaLN: normalised over the channels, then scale and shift from the style."""

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, n, C), (B, style) -> (B, n, C)."""
        scale, shift = self.scale_and_shift(style)
        return scale[:, None] * functional.layer_norm(x, (self.channels,), eps=1e-5) + shift[:, None]


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

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, inputs, T), (B, style) -> (B, outputs, T or 2 T)."""
        y = functional.leaky_relu(self.norm1(x, style), 0.2)
        if self.pool is not None:
            y, x = self.pool(y), x.repeat_interleave(2, dim=2)
        y = self.conv1(y)
        y = self.conv2(functional.leaky_relu(self.norm2(y, style), 0.2))
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
        self.convs1 = nn.ModuleList(
            nn.Conv1d(channels, channels, kernel, dilation=d, padding=(kernel - 1) * d // 2) for d in dilations
        )
        self.convs2 = nn.ModuleList(nn.Conv1d(channels, channels, kernel, padding=kernel // 2) for _ in dilations)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """(B, C, T), (B, style) -> (B, C, T)."""
        layers = zip(self.norms1, self.alphas1, self.convs1, self.norms2, self.alphas2, self.convs2, strict=True)
        for norm1, alpha1, conv1, norm2, alpha2, conv2 in layers:
            y = conv1(snake(norm1(x, style), alpha1))
            x = x + conv2(snake(norm2(y, style), alpha2))
        return x


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

    def forward(self, x: Tensor) -> Tensor:
        """(B, n, hidden) -> (B, n, hidden)."""
        query, key, value = (
            part(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )  # (B, heads, n, width)
        mixed = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
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

    def forward(self, ids: Tensor) -> Tensor:
        """(B, n) -> (B, n, hidden)."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.word(ids) + self.position(places) + self.token_type(torch.zeros_like(ids))
        x = self.widen(self.norm(x))
        for _ in range(self.layers):
            x = self.layer(x)
        out: Tensor = x
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
        self.lstm = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, n) -> (B, n, hidden)."""
        x = self.embedding(ids)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            y = conv(x.transpose(1, 2)).transpose(1, 2)  # (B, n, C) -> (B, C, n) -> (B, n, C)
            x = functional.leaky_relu(norm(y), 0.2)
        out: Tensor = self.lstm(x)[0]
        return out


class Encoder(nn.Module):
    """Stage A."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, style = config.hidden, config.style
        self.albert = Albert(config.n_symbols, config.albert)
        self.narrow = nn.Linear(config.albert.hidden, width)
        self.lstms = nn.ModuleList(
            nn.LSTM(width + style, width // 2, batch_first=True, bidirectional=True)
            for _ in range(config.prosody_layers)
        )
        self.norms = nn.ModuleList(AdaptiveLayerNorm(width, style) for _ in range(config.prosody_layers))
        self.duration_lstm = nn.LSTM(width + style, width // 2, batch_first=True, bidirectional=True)
        self.duration_head = nn.Linear(width, config.duration_bins)
        self.text = TextEncoder(config)

    def forward(self, ids: Tensor, style: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, n), (B, style) -> durations (B, n) frames, prosody (B, n, hidden + style), text (B, n, hidden)."""
        per_token = style[:, None].expand(-1, ids.shape[1], -1)
        x = torch.cat([self.narrow(self.albert(ids)), per_token], dim=2)
        for lstm, norm in zip(self.lstms, self.norms, strict=True):
            x = torch.cat([norm(lstm(x)[0], style), per_token], dim=2)
        durations = torch.sigmoid(self.duration_head(self.duration_lstm(x)[0])).sum(dim=2)
        return durations, x, self.text(ids)


class ProsodyPredictor(nn.Module):
    """Stage B."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, style = config.hidden, config.style
        self.lstm = nn.LSTM(width + style, width // 2, batch_first=True, bidirectional=True)
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

    def forward(self, frames: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, hidden + style), (B, style) -> F0 (B, 2 T) in Hz, energy (B, 2 T)."""
        shared = self.lstm(frames)[0].transpose(1, 2)  # (B, T, hidden) -> (B, hidden, T)
        curves = []
        for blocks, head in ((self.f0, self.f0_head), (self.energy, self.energy_head)):
            x = shared
            for block in blocks:
                x = block(x, style)
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

    def forward(self, text: Tensor, f0: Tensor, energy: Tensor, style: Tensor) -> Tensor:
        """(B, hidden, T), (B, 2 T), (B, 2 T), (B, style) -> (B, hidden, 2 T)."""
        halved = [self.f0_in(f0[:, None]), self.energy_in(energy[:, None])]  # (B, 1, T) each
        x = self.first(torch.cat([text, *halved], dim=1), style)
        side = [self.text_residual(text), *halved]
        for block in self.blocks:
            x = block(torch.cat([x, *side], dim=1), style)
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

    def forward(self, x: Tensor, source: Tensor, style: Tensor) -> Tensor:
        """(B, hidden, 2 T), (B, 2 bins, steps), (B, style) -> (B, samples)."""
        parallel = len(self.config.block_kernels)
        for i, up in enumerate(self.ups):
            x = up(functional.leaky_relu(x, 0.1))
            side = self.source_blocks[i](self.source_convs[i](source), style)
            if i == len(self.ups) - 1:  # the STFT has a frame at both ends
                x = functional.pad(x, (1, 0), mode="reflect")
            x = x + side
            outputs = [block(x, style) for block in self.blocks[i * parallel : (i + 1) * parallel]]
            x = torch.stack(outputs).mean(dim=0)
        log_magnitude, raw = self.post(functional.leaky_relu(x, 0.01)).chunk(2, dim=1)
        return self.inverse_stft(log_magnitude.exp(), raw.sin())

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

    def render(self, text: Tensor, f0: Tensor, energy: Tensor, style: Tensor, source: Tensor) -> Tensor:
        """Stage C: (B, hidden, T), (B, 2 T), (B, 2 T), (B, style), (B, 2 bins, steps) -> (B, samples)."""
        waveform: Tensor = self.generator(self.decoder(text, f0, energy, style), source, style)
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
