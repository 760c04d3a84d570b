"""What makes two renderings the same: one identifier of text, options and engine, by content and never by path.

    identity_of(text, options, engine) ──► 64 hexadecimal digits; equal ones mean equal samples

Numbers are compared as numbers, recordings and lexicons by what is in them, own voices by their version. Nothing here
loads a model: who plans work knows its identifiers before anything can speak.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import AudioError, ConfigError, ControlError, TextError
from .options import KNOBS, SynthesisOptions
from .version import __version__

if TYPE_CHECKING:
    from .acoustic.voices import VoiceStore
    from .text.lexicon import UserLexicon

_BLOCK = 1 << 20


def identity_of(text: str, options: SynthesisOptions, engine: str, *, lexicon: object = None) -> str:
    """SHA-256, in hexadecimal, of everything that decides how a text sounds.

    Args:
        text: what is said, markup included.
        options: how; recordings count by their content, own voices by what ``options.voice`` says (give the full name
            with its version, as ``Synthesizer.identify`` does).
        engine: ``Synthesizer.identity``.
        lexicon: readings for this text beside those of the engine: a mapping or a ``UserLexicon``.

    Raises:
        AudioError: a recording cannot be read.
    """
    content = {"text": text, "options": canonical_options(options), "engine": engine}
    if lexicon is not None:
        content["lexicon"] = _plain(lexicon)
    return hashlib.sha256(_json(content).encode()).hexdigest()


def identify(
    text: str, options: SynthesisOptions, engine: str, voices: VoiceStore, lexicon: UserLexicon | None = None
) -> str:
    """The identifier of a rendering in which every voice counts by its full name and version.

    Args:
        text: what is said.
        options: how.
        engine: ``Synthesizer.identity``.
        voices: those that can be asked for.
        lexicon: readings for this text.

    Raises:
        ControlError: unknown voice in ``options``; one in the text is told when it is spoken.
        AudioError: a recording cannot be read.
    """
    from .acoustic.voices import OWN

    named = dataclasses.replace(options, voice=voices.canonical(options.voice))
    own = []
    for name in _voices_in(text):
        with suppress(ControlError):
            full = voices.canonical(name)
            own += [f"{name}={full}"] if OWN in full else []
    return identity_of(text, named, "; ".join([engine, *sorted(own)]), lexicon=lexicon)


def _voices_in(text: str) -> tuple[str, ...]:
    """The voices that markup asks for, as written; none where it cannot be read, which is told when it is spoken."""
    if "[" not in text and "<" not in text:
        return ()
    from .text.markup import VoiceRequest, read_markup

    try:
        requests = read_markup(text).requests
    except TextError:
        return ()
    return tuple(sorted({request.name for request in requests if isinstance(request, VoiceRequest)}))


def engine_identity(
    *,
    model: str,
    digest: str,
    decoder: str | Path | None = None,
    lexicon: object = None,
    audible: str = "none",
    card: str | None = None,
    precision: str = "float32",
) -> str:
    """The engine in one line for people and programs.

    Args:
        model: ``name@version``.
        digest: SHA-256 over its files.
        decoder: file of a tuned or a fast decoder.
        lexicon: readings of the engine's own.
        audible: mark that is heard in what it makes.
        card: how a graphics card computes (``float16``); None on the processor. Two renderings on cards are the same
            up to rounding.
        precision: in which numbers the processor computes the decoder.

    Raises:
        ConfigError: the decoder cannot be read.
    """
    parts = [f"tts-engine {__version__}", f"{model} {digest[:16]}"]
    if decoder is not None:
        try:
            parts.append(f"decoder {digest_of_file(Path(decoder))[:16]}")
        except OSError as error:
            raise ConfigError(
                f"无法读取解码器 {decoder}：{error.strerror}。Cannot read the decoder: {error.strerror}.",
                path=str(decoder),
            ) from error
    if lexicon is not None:
        parts.append(f"lexicon {_digest(_json(_plain(lexicon)).encode())[:16]}")
    if audible != "none":
        parts.append(f"audible {audible}")
    if card is not None:
        parts.append(f"card {card}")
    elif precision != "float32":
        parts.append(f"precision {precision}")
    return "; ".join(parts)


def canonical_options(options: SynthesisOptions) -> dict[str, Any]:
    """The options as plain data in which everything that means the same is written the same.

    Raises:
        AudioError: a recording cannot be read.
    """
    data: dict[str, Any] = {}
    for name, knob in KNOBS.items():
        value = getattr(options, name)
        if value is not None and knob.is_recording:
            data[name] = {key: _recording(item) for key, item in value.items()} if knob.is_named else _recording(value)
        else:
            data[name] = _plain(value)
    return data


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file, read in blocks.

    Raises:
        OSError: it cannot be read.
    """
    state = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def _recording(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"sha256": _digest(value)}
    if not isinstance(value, (str, Path)):
        return _plain(value)  # heard already: what was heard counts
    try:
        return {"sha256": digest_of_file(Path(value))}
    except OSError as error:
        raise AudioError(
            f"无法读取录音 {value}：{error.strerror}。Cannot read the recording {value}: {error.strerror}.",
            code="recording_unreadable",
            path=str(value),
        ) from error


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; equal numbers and equal sequences look alike."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value) if math.isfinite(value) and value == int(value) else float(value)
    if isinstance(value, bytes):
        return {"sha256": _digest(value)}
    return value if value is None or isinstance(value, (bool, str)) else _plain(list(value))


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
