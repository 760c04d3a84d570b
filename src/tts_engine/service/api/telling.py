"""What an answer says beside the sound: times, usage, warnings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...prosody.timings import joined
from ...types import MASK, SentenceTiming, SynthesisChunk

if TYPE_CHECKING:
    from .fields import SpeechRequest

#: "Tokens" of the sound in ``usage``: frames of the acoustic model per second.
TOKENS_PER_S = 40

WARNINGS_HEADER = "X-TTS-Warnings"
_LONGEST_HEADER = 4096


class Account:
    """What accumulates over the chunks of one answer.

    Attributes:
        stretches: times of what was heard piece by piece, sentences or parts of them.
        sentences: times of whole sentences.
        audio_s: length of the sound, seconds.
    """

    def __init__(self, request: SpeechRequest) -> None:
        self._request = request
        self._warnings = dict.fromkeys(request.warnings)
        self._is_inside = False
        self.stretches: list[SentenceTiming] = []
        self.sentences: list[SentenceTiming] = []
        self.audio_s = 0.0

    def add(self, chunk: SynthesisChunk) -> SynthesisChunk:
        """Counts the chunk; returns it."""
        self.stretches.append(chunk.timing)
        if self._is_inside:
            self.sentences[-1] = joined(self.sentences[-1], chunk.timing)
        else:
            self.sentences.append(chunk.timing)
        self._is_inside = not chunk.ends_sentence
        self.audio_s += len(chunk.waveform) / chunk.sample_rate
        self._warnings.update(dict.fromkeys(chunk.warnings))
        return chunk

    @property
    def warnings(self) -> list[str]:
        """Everything that a caller should know, each once."""
        return list(self._warnings)

    def headers(self) -> dict[str, str]:
        """What the head of an answer can say: the warnings that are known by then, percent-encoded JSON."""
        shown = quote(json.dumps(self.warnings, ensure_ascii=False, separators=(",", ":")))
        warned = {WARNINGS_HEADER: shown} if self._warnings and len(shown) <= _LONGEST_HEADER else {}
        return {"Cache-Control": "no-store", **warned}

    def usage(self) -> dict[str, Any]:
        """OpenAI's counts: characters in, frames of 25 ms out; and the seconds."""
        characters, frames = len(self._request.text), round(self.audio_s * TOKENS_PER_S)
        return {
            "input_tokens": characters,
            "output_tokens": frames,
            "total_tokens": characters + frames,
            "audio_s": round(self.audio_s, 4),
        }


def times(sentences: Sequence[SentenceTiming], detail: str) -> list[dict[str, Any]]:
    """Sentences with their times; with those of words or characters where ``detail`` asks for them."""
    rows = []
    for sentence in sentences:
        row = sentence.to_dict()
        if detail == "word":
            row["words"] = [word.to_dict() for word in sentence.words]
        elif detail == "character":
            row["characters"] = [one.to_dict() for one in sentence.characters if one.text != MASK]
        rows.append(row)
    return rows


def event(data: dict[str, Any]) -> bytes:
    """One server-sent event; its name is the ``type`` of its data."""
    return f"event: {data['type']}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
