"""Recordings of one person to a voice: read, check, fit, measure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import AudioError, ControlError, TTSError
from ..hearing.decode import Limits, decode
from ..hearing.quality import poor_sound, refuse_music, refuse_silence
from . import people
from .fast import at_hearing_rate, fit
from .record import Source
from .similarity import Similarity, compare
from .timbre import Speech, find_frames, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..types import FloatArray
    from .workshop import Workshop

#: An hour in all, in files of at most that; so much of it is listened to for the timbre.
MOST_S, USED_S = 3600.0, 180.0
#: So much of all recordings is listened to for music.
JUDGED_S = 60.0
LEAST_SPEECH_S, GOOD_SPEECH_S = 2.0, 10.0
LEAST_SNR_DB = 6.0
MOST_FILES = 200

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What there is of a speaker.

    Attributes:
        waveforms: one per file, 16 kHz, at most ``USED_S`` together.
        speech: the frames of speech of each.
        sources: the files.
        notes: what speaks against them without forbidding their use.
    """

    waveforms: tuple[NDArray[np.floating], ...]
    speech: tuple[Speech, ...]
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> Speech:
        """All of it."""
        return joined(list(self.speech))


@dataclass(frozen=True, slots=True)
class MadeVoice:
    """A voice that is ready to be stored.

    Attributes:
        pack: (510, 256) float32.
        gender: as it sounds.
        lufs: loudness of the engine's output with it.
        pitch_hz: median, 3rd and 97th percentile of its F0.
        mix: where its prosody comes from.
        sources: what it was made from.
        speech_s: seconds of speech used.
        figures: how similar it is, and the speaker's own register.
        notes: what speaks against the recordings, for people.
    """

    pack: FloatArray
    gender: str
    lufs: float
    pitch_hz: tuple[float, float, float]
    mix: str
    sources: tuple[Source, ...]
    speech_s: float
    figures: dict[str, float]
    notes: tuple[str, ...] = ()


def make_voice(
    workshop: Workshop,
    recordings: Sequence[str | Path | tuple[str, bytes]],
    *,
    method: str = "fast",
    exclude: Collection[str] = (),
    on_progress: OnProgress = lambda share, what: None,
) -> MadeVoice:
    """The most similar voice that the engine can speak with.

    Raises:
        AudioError: a recording cannot be used.
        FeatureMissingError: ``thorough`` without its extra.
    """
    if method == "thorough":
        from .thorough import require_torch

        require_torch()
    recorded = read_recordings(recordings, on_progress)
    whole = recorded.whole
    share = 0.6 if method == "fast" else 0.1
    fitted = fit(workshop, whole, exclude=exclude, on_step=lambda done, what: on_progress(0.2 + share * done, what))
    pack = fitted.pack
    figures: dict[str, float] = {}
    if method == "thorough":
        from .thorough import refine

        pack, figures = refine(
            workshop,
            fitted,
            recorded.waveforms,
            exclude=exclude,
            on_step=lambda done, what: on_progress(0.3 + 0.5 * done, what),
        )
    on_progress(0.85, "测量 measuring")
    measured = workshop.measure(pack)
    said = at_hearing_rate(measured.waveform, workshop.engine.config.sample_rate)
    similarity = compare(workshop, recorded.waveforms, fitted.heard, said, exclude=exclude)
    median_hz = float(np.median(whole.f0_hz))
    return MadeVoice(
        pack=pack,
        gender="female" if median_hz > 165.0 else "male",
        lufs=measured.lufs,
        pitch_hz=measured.pitch_hz,
        mix=fitted.mix,
        sources=recorded.sources,
        speech_s=round(whole.seconds, 1),
        figures={**_flat(similarity), **figures, "speaker_median_hz": round(median_hz, 1)},
        notes=recorded.notes,
    )


def read_recordings(
    recordings: Sequence[str | Path | tuple[str, bytes]], on_progress: OnProgress = lambda share, what: None
) -> Recorded:
    """Decodes and checks recordings of one speaker.

    Raises:
        ControlError: none, or too many.
        AudioError: one that cannot be used (which and why), or too little speech in all.
    """
    if not 1 <= len(recordings) <= MOST_FILES:
        raise ControlError(
            f"需要 1–{MOST_FILES} 个录音文件，收到 {len(recordings)} 个。Give 1 to {MOST_FILES} recordings,"
            f" got {len(recordings)}.",
            option="recordings",
            value=len(recordings),
        )
    waveforms, speech, sources, notes = [], [], [], []
    for number, recording in enumerate(recordings):
        on_progress(0.2 * number / len(recordings), "分析录音 listening")
        name = recording[0] if isinstance(recording, tuple) else Path(recording).name
        try:
            heard = decode(
                recording[1] if isinstance(recording, tuple) else recording, limits=Limits(duration_s=MOST_S)
            )
            refuse_silence(heard)
        except AudioError as error:
            raise _about(name, error) from error
        sources.append(Source(Path(name).name[:255] or "recording", _digest(recording), round(heard.duration_s, 2)))
        waveform = _spread(heard.waveform, heard.sample_rate, USED_S / len(recordings))
        frames = find_frames(waveform)
        if not len(frames.f0_hz):
            notes.append(f"{name}: 没有人声，未采用。Nobody speaks in it; it was left out.")
            continue  # the others may do
        try:
            refuse_music(_spread(waveform, heard.sample_rate, JUDGED_S / len(recordings)))
        except AudioError as error:
            raise _about(name, error) from error
        notes += [f"{name}: {warning}" for warning in (*heard.warnings, *poor_sound(heard))]
        waveforms.append(waveform)
        speech.append(frames)
    whole = joined(speech) if speech else None
    if whole is None or whole.seconds < LEAST_SPEECH_S:
        raise AudioError(
            f"录音里只有 {whole.seconds if whole else 0.0:.1f} 秒人声，至少 {LEAST_SPEECH_S:g} 秒，{GOOD_SPEECH_S:g} 秒"
            f"以上更好。The recordings hold {whole.seconds if whole else 0.0:.1f} s of speech; at least"
            f" {LEAST_SPEECH_S:g} s are needed, {GOOD_SPEECH_S:g} s or more are better.",
            code="voice_speech_too_short",
            speech_s=round(whole.seconds, 2) if whole else 0.0,
        )
    if whole.snr_db < LEAST_SNR_DB:
        raise AudioError(
            f"录音噪声太大（信噪比约 {whole.snr_db:.0f} dB），请在安静处重录。The recordings are too noisy (about"
            f" {whole.snr_db:.0f} dB above the noise): record in a quiet place.",
            code="voice_too_noisy",
            snr_db=round(whole.snr_db, 1),
        )
    if whole.seconds < GOOD_SPEECH_S:
        notes.append(
            f"只有 {whole.seconds:.1f} 秒人声，{GOOD_SPEECH_S:g} 秒以上会更像。Only {whole.seconds:.1f} s of speech:"
            f" {GOOD_SPEECH_S:g} s or more come closer."
        )
    return Recorded(tuple(waveforms), tuple(speech), tuple(sources), (*notes, *people.doubts(speech)))


def _about(name: str, error: TTSError) -> AudioError:
    """The same error, told about which file."""
    return AudioError(f"{name}: {error.message}", code=error.code, **error.fields)


def _digest(recording: str | Path | tuple[str, bytes]) -> str:
    if isinstance(recording, tuple):
        return hashlib.sha256(recording[1]).hexdigest()
    digest = hashlib.sha256()
    with Path(recording).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _spread(waveform: FloatArray, sample_rate: int, seconds: float) -> FloatArray:
    """At most so many seconds, in pieces of ten spread evenly over the whole."""
    if len(waveform) <= seconds * sample_rate:
        return waveform
    piece = int(min(10.0, seconds) * sample_rate)
    begins = np.linspace(0, len(waveform) - piece, max(1, round(seconds * sample_rate / piece))).astype(int)
    return np.concatenate([waveform[begin : begin + piece] for begin in begins])


def _flat(similarity: Similarity) -> dict[str, float]:
    return {
        f"{kind}_{name}": round(value, 4)
        for kind, values in similarity.by_measure.items()
        for name, value in values.items()
    }
