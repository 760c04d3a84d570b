"""Waveforms as bytes of an audio format: growing, for who listens already, or finished, for who gets a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...audio.encoding import Encoder
from ...audio.formats import audio_format
from ...audio.stream import StreamEncoder

if TYPE_CHECKING:
    from ...types import FloatArray


def media_type(name: str) -> str:
    """The media type of a response format, certain to be available.

    Raises:
        FeatureMissingError: this installation cannot write it.
    """
    return audio_format(name, is_growing=True).media_type


def growing(waveforms: Iterable[FloatArray], sample_rate: int, name: str, mark: str | None = None) -> Iterator[bytes]:
    """The waveforms as one stream of that format, in pieces as soon as there are any, none of them empty.

    ``mark`` is the text of the metadata mark (``Settings.labelling.new_mark``), or None for none.

    Raises:
        FeatureMissingError: this installation cannot write it.
        AudioError: the encoder failed.
    """
    with StreamEncoder(name, sample_rate, mark=mark) as encoder:
        for waveform in waveforms:
            block = encoder.push(waveform)
            if block:
                yield block
        rest = encoder.finish()
        if rest:
            yield rest


def finished(waveforms: Iterable[FloatArray], sample_rate: int, name: str, mark: str | None = None) -> bytes:
    """The waveforms as one whole file of that format, sizes and totals included.

    ``mark`` is the text of the metadata mark (``Settings.labelling.new_mark``), or None for none.

    Raises:
        FeatureMissingError: this installation cannot write it.
        AudioError: the encoder failed.
    """
    if name == "pcm":
        return b"".join(growing(waveforms, sample_rate, name, mark))
    buffer = io.BytesIO()
    encoder = Encoder(buffer, sample_rate, audio_format(name), mark=mark)
    try:
        for waveform in waveforms:
            encoder.write(waveform)
        encoder.close()
    except BaseException:
        encoder.abandon()
        raise
    return buffer.getvalue()
