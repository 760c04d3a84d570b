"""A spoken clause as what leaves: one growing audio stream, and the event that goes before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...emotion.parse import describe

if TYPE_CHECKING:
    from ...live import LiveClause
    from ...types import FloatArray
    from .protocol import Config


class AudioStream:
    """The audio of a session: raw samples, or one encoded stream that grows.

    Args:
        format: one of ``protocol.FORMATS``; ``pcm`` is 16-bit little-endian mono.
        sample_rate: samples per second.
        mark: text of the metadata mark, or None for none.

    Raises:
        FeatureMissingError: what encodes it is not installed.
    """

    def __init__(self, format: str, sample_rate: int, *, mark: str | None = None) -> None:
        from ...audio.stream import StreamEncoder

        self._encoder = StreamEncoder(format, sample_rate, mark=mark)
        self.media_type = self._encoder.media_type

    def push(self, waveform: FloatArray) -> bytes:
        """What can be sent after this clause."""
        return self._encoder.push(waveform)

    def finish(self) -> bytes:
        """The rest."""
        return self._encoder.finish()


def clause_event(clause: LiveClause, config: Config, seconds: dict[str, float], size: int) -> dict[str, Any]:
    """What is told about a clause right before its audio.

    Args:
        clause: what was spoken.
        config: says how detailed the times are.
        seconds: waiting and latency.
        size: bytes of audio that follow.
    """
    emotion = clause.performance.emotion
    event: dict[str, Any] = {
        "index": clause.index,
        "text": clause.text,
        "begin": clause.span.begin,
        "end": clause.span.end,
        "begin_s": round(clause.timing.begin_s, 4),
        "end_s": round(clause.timing.end_s, 4),
        "audio_s": round(len(clause.waveform) / clause.sample_rate, 4),
        "emotion": describe(emotion, "en"),
        "emotion_zh": describe(emotion),
        "origin": clause.performance.origin,
        "evidence": list(clause.performance.evidence),
        "speed": round(clause.speed, 4),
        "pitch_shift_st": round(clause.pitch_shift_st, 3),
        "volume_db": round(clause.volume_db, 3),
        "listener_weight": round(clause.listener_weight, 3),
        "bytes": size,
        **{name: round(value, 3) for name, value in seconds.items()},
    }
    if config.timestamps == "word":
        event["words"] = [one.to_dict() for one in clause.timing.words]
    elif config.timestamps == "character":
        event["characters"] = [one.to_dict() for one in clause.timing.characters]
    return event
