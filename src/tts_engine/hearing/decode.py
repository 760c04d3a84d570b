"""Any common audio, from a path or bytes, as one channel of trustworthy samples, or one sentence why not.

Nothing that a header says is believed: what counts is what can be decoded, block by block, up to the limits. Formats
are those of libsndfile (WAV, FLAC, MP3, OGG, Opus, AIFF, ...), and AAC, M4A, WebM, AMR with the extra ``aac``.
"""

from __future__ import annotations

import hashlib
import io
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..errors import AudioError
from .containers import damaged
from .readers import open_reader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import FloatArray
    from .readers import Reader

#: Rates between which speech can be heard.
LOWEST_RATE, HIGHEST_RATE = 8000, 192_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a recording may be.

    Attributes:
        bytes: size of the file.
        duration_s: length of the audio, seconds.
        channels: number of channels.
    """

    bytes: int = 400 * 2**20
    duration_s: float = 600.0
    channels: int = 16


@dataclass(frozen=True, slots=True)
class Recording:
    """A decoded recording.

    Attributes:
        waveform: (samples,) float32, one channel, finite, without an offset, in [-1, 1] but for that.
        sample_rate: of the waveform, samples per second.
        digest: SHA-256 of the decoded samples before resampling.
        source_rate: sample rate of the file.
        source_channels: channels of the file.
        clipped_share: share of samples that stand in flat tops, 0-1.
        warnings: what was done to it.
    """

    waveform: FloatArray
    sample_rate: int
    digest: str
    source_rate: int
    source_channels: int
    clipped_share: float
    warnings: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.waveform) / self.sample_rate


def decode(source: str | Path | bytes, *, sample_rate: int = 16_000, limits: Limits | None = None) -> Recording:
    """The recording as one channel at ``sample_rate``.

    Two channels are averaged unless they cancel each other; of more than two, the one with the most energy in the
    band of speech is taken, so that neither a bass channel nor an echo is mixed in.

    Raises:
        AudioError: missing, too large, too long, not audio, empty, or with samples that are no numbers; ``code`` says
            which.
    """
    limits = limits or Limits()
    with _opened(source, limits) as file:
        reader = open_reader(file)
        _check_header(reader, limits)
        rate, channels, claimed = reader.rate, reader.channels, reader.frames
        weights, warnings = _weights(reader, limits) if channels > 1 else (np.ones(1), ())
        with np.errstate(invalid="ignore"):  # what is no number is counted below
            mono = np.concatenate([block @ weights for block in _blocks(reader, limits)] or [np.zeros(0)])
    mono = mono.astype(np.float32)
    if not len(mono) and claimed > 0:
        raise damaged()
    if not len(mono):
        raise _error(
            "audio_empty", "录音里没有声音数据，请重新录制或导出。The recording holds no audio: export it again."
        )
    if not np.isfinite(mono).all():
        count = int(np.count_nonzero(~np.isfinite(mono)))
        raise _error(
            "audio_not_finite",
            f"录音里有 {count} 个采样不是有效数字（NaN 或无穷），请用 16 位 WAV 重新导出。"
            f"{count} samples of the recording are no numbers (NaN or infinite): export it again as 16-bit WAV.",
            samples=count,
        )
    if claimed > 1.02 * len(mono) + rate:
        heard, whole = len(mono) / rate, claimed / rate
        warnings += (
            f"文件不完整：标称 {whole:.1f} 秒，只读到 {heard:.1f} 秒，只用了读到的部分。"
            f"The file is cut off: it promises {whole:.1f} s and holds {heard:.1f} s; what is there was used.",
        )
    peak = float(np.abs(mono).max())
    clipped = clipped_share(mono, peak)
    if peak > 1.0:
        mono = (mono / np.float32(peak)).astype(np.float32)
    digest = hashlib.sha256(mono.tobytes() + rate.to_bytes(4, "little")).hexdigest()
    centred = mono - np.float32(mono.mean())  # linear prediction takes an offset for the lowest formant
    return Recording(_resampled(centred, rate, sample_rate), sample_rate, digest, rate, channels, clipped, warnings)


def clipped_share(waveform: FloatArray, peak: float) -> float:
    """Share of the samples that lie in flat tops: three or more in a row within half a per cent of the peak."""
    if peak < 0.05:
        return 0.0
    at_top = np.concatenate([[False], np.abs(waveform) >= 0.995 * peak, [False]])
    edges = np.flatnonzero(np.diff(at_top))
    lengths = edges[1::2] - edges[::2]
    return float(lengths[lengths >= 3].sum()) / len(waveform)


def _error(code: str, message: str, **fields: Any) -> AudioError:
    return AudioError(message, code=code, **fields)


def _opened(source: str | Path | bytes, limits: Limits) -> IO[bytes]:
    """The source as an open file of an allowed size."""
    if isinstance(source, bytes):
        _check_size(len(source), limits)
        return io.BytesIO(source)
    path = Path(source)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise _error("audio_missing", f"{path} 不是文件。{path} is not a plain file.", path=str(path))
        _check_size(found.st_size, limits)
        return path.open("rb")
    except FileNotFoundError:
        raise _error("audio_missing", f"找不到录音 {path}。There is no recording at {path}.", path=str(path)) from None
    except (OSError, ValueError) as error:
        raise _error(
            "audio_missing", f"无法打开录音 {path}：{error}。The recording cannot be opened: {error}.", path=str(path)
        ) from None


def _check_size(size: int, limits: Limits) -> None:
    if size == 0:
        raise _error("audio_empty", "录音文件是空的（0 字节）。The recording is an empty file (0 bytes).")
    if size > limits.bytes:
        raise _error(
            "audio_too_large",
            f"录音文件有 {size / 2**20:.0f} MB，最大 {limits.bytes / 2**20:.0f} MB，请剪短后再试。The file has"
            f" {size / 2**20:.0f} MB, at most {limits.bytes / 2**20:.0f} MB are taken: cut it shorter.",
            bytes=size,
            allowed=limits.bytes,
        )


def _check_header(reader: Reader, limits: Limits) -> None:
    """Refuses what is no speech by its rate or channels, and what really is too long, before all of it is decoded."""
    rate, channels = reader.rate, reader.channels
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise _error(
            "audio_rate",
            f"采样率 {rate} Hz 不能用，应在 {LOWEST_RATE}–{HIGHEST_RATE} Hz，请重新导出。"
            f"Sample rate {rate} Hz: allowed are {LOWEST_RATE} to {HIGHEST_RATE} Hz; export it again.",
            sample_rate=rate,
        )
    if channels > limits.channels:
        raise _error(
            "audio_channels",
            f"录音有 {channels} 个声道，最多 {limits.channels} 个，请混成单声道。"
            f"The recording has {channels} channels, at most {limits.channels} are taken: mix it down.",
            channels=channels,
        )
    most = int(limits.duration_s * rate)
    if reader.frames > most and reader.goes_on(most):
        raise _too_long(reader.frames / rate, limits)


def _blocks(reader: Reader, limits: Limits) -> Iterator[NDArray[np.float32]]:
    """(frames, channels) float32, block after block; refuses what goes on past the limit."""
    count = 0
    for block in reader.blocks():
        count += len(block)
        if count > limits.duration_s * reader.rate:
            raise _too_long(max(reader.frames, count) / reader.rate, limits)
        yield block


def _too_long(seconds: float, limits: Limits) -> AudioError:
    return _error(
        "audio_too_long",
        f"录音长 {_length(seconds)}，最长 {_length(limits.duration_s)}；几秒到一分钟最好，请剪出有代表性的一段。"
        f"The recording lasts {seconds:.0f} s; at most {limits.duration_s:.0f} s are taken, 5 to 60 s are best: cut out"
        " the part that matters.",
        duration_s=round(seconds, 1),
        allowed=limits.duration_s,
    )


def _length(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} 小时"
    return f"{seconds / 60:.0f} 分钟" if seconds >= 120 else f"{seconds:.0f} 秒"


def _weights(reader: Reader, limits: Limits) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """What each channel counts for in the one that is heard."""
    from scipy.signal import butter, sosfilt

    rate, channels = reader.rate, reader.channels
    sections = butter(2, [300.0, min(3400.0, 0.45 * rate)], "bandpass", fs=rate, output="sos")
    state = np.zeros((len(sections), 2, channels))
    energy = np.zeros(channels)
    together = 0.0
    for block in _blocks(reader, limits):
        if not np.isfinite(block).all():  # refused later, with its own sentence
            break
        band, state = sosfilt(sections, block.astype(np.float64), axis=0, zi=state)
        energy += np.square(band).sum(axis=0)
        together += float(np.square(band.mean(axis=1)).sum())
    loudest = int(np.argmax(energy))
    if channels == 2 and together > 0.3 * energy[loudest]:
        return np.full(2, 0.5), ()
    weights = np.zeros(channels)
    weights[loudest] = 1.0
    return weights, (
        f"录音有 {channels} 个声道，只听了第 {loudest + 1} 个（人声最响）。"
        f"Of {channels} channels only number {loudest + 1}, where speech is loudest, was heard.",
    )


def _resampled(waveform: FloatArray, rate: int, target: int) -> FloatArray:
    from scipy.signal import resample_poly

    if rate == target:
        return waveform
    common = gcd(rate, target)
    return np.clip(resample_poly(waveform, target // common, rate // common), -1.0, 1.0).astype(np.float32)
