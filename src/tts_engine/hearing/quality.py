"""Whether a recording can serve as a reference: errors where it cannot, warnings where it does so badly.

Every sentence says what is wrong, how much, and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import AudioError
from .frames import RATE, decibels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .decode import Recording
    from .speech import Speech

#: Below this peak there is nothing to hear, full scale 1.
SILENT_PEAK = 10 ** (-60 / 20)
SHORTEST_SPEECH_S, SHORT_SPEECH_S = 0.8, 3.0
NOISY_DB, VERY_NOISY_DB = 20.0, 6.0
CLIPPED_SHARE = 0.0005

#: From the top of the telephone band to above it, speech falls by less than this, dB.
NARROW_DB = -35.0

#: A recording of a lower rate holds nothing above the telephone band.
LOW_RATE = 11_000
NARROW = (
    "窄带录音（像电话，4 kHz 以上没有声音），音色和明暗不准，语调和节奏可用。"
    "Narrow band (like a telephone, nothing above 4 kHz): timbre and tilt are off, melody and rhythm are fine."
)


def refuse_silence(recording: Recording) -> None:
    """Raises for a recording without sound or shorter than any speech.

    Raises:
        AudioError: ``reference_silent`` or ``reference_too_short``.
    """
    if float(np.abs(recording.waveform).max(initial=0.0)) < SILENT_PEAK:
        raise AudioError(
            "录音里没有声音（全是静音），请检查麦克风后重录。"
            "The recording is silent: check the microphone and record again.",
            code="reference_silent",
        )
    if recording.duration_s < SHORTEST_SPEECH_S:
        raise _too_short(recording.duration_s)


def refuse_unusable(speech: Speech, kind: str) -> None:
    """Raises where there is no speech, too little of it, or nothing but noise.

    Args:
        speech: what was found.
        kind: what ``kinds.kind_of_sound`` takes it for.

    Raises:
        AudioError: ``reference_no_speech``, ``reference_music``, ``reference_too_short`` or ``reference_noisy``.
    """
    if not speech.active.any():
        raise AudioError(
            "录音里听不到人声（可能是音乐、噪声或耳语），请换一段清楚的说话录音。"
            "No speech was found (music, noise or a whisper?): give a clear recording of somebody speaking.",
            code="reference_no_speech",
        )
    if kind == "music":
        raise _music()
    if speech.snr_db < VERY_NOISY_DB:
        raise AudioError(
            f"噪声太大（信噪比约 {speech.snr_db:.0f} dB），听不清说话方式，请在安静处重录或先降噪。"
            f"Too noisy (about {speech.snr_db:.0f} dB above the noise): record in a quiet place, or denoise it first.",
            code="reference_noisy",
            snr_db=round(speech.snr_db, 1),
        )
    if speech.speech_s < SHORTEST_SPEECH_S:
        raise _too_short(speech.speech_s)


def refuse_music(waveform: NDArray[np.floating]) -> None:
    """Raises for music at 16 kHz; says nothing of anything else.

    Raises:
        AudioError: ``reference_music``.
    """
    from .frames import power_spectra
    from .kinds import kind_of_sound
    from .pitch import track_pitch
    from .speech import find_speech

    pitch = track_pitch(waveform)
    if kind_of_sound(pitch, find_speech(power_spectra(waveform), pitch)) == "music":
        raise _music()


def _music() -> AudioError:
    return AudioError(
        "听起来是音乐、哼唱或提示音，不是说话，请换一段没有伴奏的说话录音。"
        "This sounds like music, humming or a signal, not like speech: give a recording of speech alone.",
        code="reference_music",
    )


def _too_short(seconds: float) -> AudioError:
    return AudioError(
        f"只有 {seconds:.1f} 秒人声，至少 {SHORTEST_SPEECH_S:.1f} 秒，5 秒以上更好，请录长一些。"
        f"Only {seconds:.1f} s of speech; at least {SHORTEST_SPEECH_S:.1f} s are needed, 5 s or more are better.",
        code="reference_too_short",
        speech_s=round(seconds, 2),
        allowed=SHORTEST_SPEECH_S,
    )


def doubts(
    recording: Recording, speech: Speech, power: NDArray[np.floating], *, kind: str, has_several: bool
) -> tuple[str, ...]:
    """What speaks against the recording without forbidding its use."""
    found = []
    if kind == "monotone":
        found.append(
            "几乎没有语调（单音朗读或机器声），学不到多少语气，请换一段更有表情的录音。"
            "A monotone: there is little manner to learn from; give a more expressive recording."
        )
    if has_several:
        found.append(
            "好像有几个人在说话，得到的是他们的混合，请剪出只有一个人的一段。"
            "Several people seem to speak; what is heard is their mixture: cut out a stretch with one of them."
        )
    if speech.speech_s < SHORT_SPEECH_S:
        found.append(
            f"人声只有 {speech.speech_s:.1f} 秒，节奏和停顿估计不准，5 秒以上更好。"
            f"Only {speech.speech_s:.1f} s of speech: rhythm and pauses are guesses; 5 s or more are better."
        )
    if speech.snr_db < NOISY_DB:
        found.append(
            f"有噪声（信噪比约 {speech.snr_db:.0f} dB），音质类特征不可靠，最好在安静处重录。"
            f"Noisy (about {speech.snr_db:.0f} dB above the noise): voice quality is uncertain; record somewhere quiet."
        )
    found += poor_sound(recording)
    if recording.source_rate >= LOW_RATE and is_narrow(speech, power):
        found.append(NARROW)
    return tuple(found)


def poor_sound(recording: Recording) -> tuple[str, ...]:
    """What the recording shows without being listened to: clipped, or of the rate of a telephone."""
    found = []
    if recording.clipped_share > CLIPPED_SHARE:
        found.append(
            f"录音削波（{100 * recording.clipped_share:.2f}% 的采样到顶），音色和力度不准，请调低录音音量重录。"
            f"Clipped ({100 * recording.clipped_share:.2f} % of the samples): timbre and dynamics are off; record at a"
            " lower level."
        )
    if recording.source_rate < LOW_RATE:
        found.append(NARROW)
    return tuple(found)


def is_narrow(speech: Speech, power: NDArray[np.floating]) -> bool:
    """Whether the recording ends below 4 kHz by a cliff in its spectrum."""
    hz = np.linspace(0.0, RATE / 2, power.shape[1])
    mean = power[speech.active].mean(axis=0)
    low, high = mean[(hz > 2600) & (hz < 3300)].mean(), mean[(hz > 4200) & (hz < 5200)].mean()
    return bool(decibels(high) - decibels(low) < NARROW_DB)
