"""The network in torch: what the weights mean, written down once. For training and for checking the fast form.

Kokoro-82M v1.0 belongs to the StyleTTS 2 family (Li et al. 2023, arXiv:2306.07691) with an ISTFTNet decoder
(Kaneko et al. 2022, arXiv:2203.02395) and ALBERT (Lan et al. 2019, arXiv:1909.11942) as phoneme encoder. Parameter
names are those of ``recover``; weight normalisation is folded. The textbook form stands here on purpose: ``stages``
holds the rewritten one, and a test compares the two on a tiny network.

Shapes: B batch, n phonemes with pads, T frames, C channels; ids (B, n), sequences (B, C, T) unless said otherwise.

``valid`` says how much of each utterance of a padded batch is real (``blocks``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tts_engine.acoustic.blocks import AdaptiveLayerNorm, Recurrent, SnakeBlock, StyleBlock, Valid, masked
from tts_engine.errors import AssetDamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tts_engine.acoustic.config import AlbertConfig, ModelConfig
    from tts_engine.types import FloatArray


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
