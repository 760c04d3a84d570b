"""The recordings of a request -> what was heard in them: where hearing and the request meet."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .directing import References
from .errors import AudioError
from .options import parse_aspects
from .types import Reference, ReferenceStyle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .hearing.store import StyleCache
    from .options import Recording, SynthesisOptions
    from .prosody.register import Register


def resolve(options: SynthesisOptions, register: Register, *, cache: StyleCache | None = None) -> References:
    """Everything that a request may be spoken like, heard; nothing is loaded where nothing was asked for.

    Args:
        options: of the request.
        register: of the voice that will speak, for what it cannot follow.
        cache: what was heard before, by content.

    Raises:
        AudioError: a recording cannot be used.
    """
    named: Mapping[str, Recording] = options.references or {}
    if options.ref_audio is None and not named:
        return References()
    from .prosody.transfer import describe, limits_of

    neutral = None if options.ref_neutral is None else _heard(options.ref_neutral, "ref_neutral", cache)

    def reference(recording: Recording, name: str) -> Reference:
        style = _heard(recording, f"references.{name}" if name else "ref_audio", cache)
        doubts = [*_about(f"references.{name}" if name else "", style)]
        if neutral is not None:
            doubts += _about("ref_neutral", neutral)
            style = dataclasses.replace(style, neutral_hz=neutral.f0_median_hz)
        return Reference(
            style=dataclasses.replace(style, warnings=tuple(doubts)),
            strength=options.ref_strength,
            aspects=parse_aspects(options.ref_aspects),
            neutral=neutral,
            name=name,
        )

    whole = None if options.ref_audio is None else reference(options.ref_audio, "")
    known = {name: reference(recording, name) for name, recording in named.items()}
    found = [item for item in (whole, *known.values()) if item is not None]
    consent = (f"音色授权：{options.ref_consent}",) if options.ref_consent else ()
    notes = {
        item.name: (*item.style.warnings, *_likeness(item), *describe(item), *limits_of(item, register), *consent)
        for item in found
    }
    return References(whole, known, notes)


def _about(option: str, style: ReferenceStyle) -> tuple[str, ...]:
    """What speaks against a recording, told with the option that it came by."""
    return tuple(f"{option}: {warning}" if option else warning for warning in style.warnings)


def _likeness(reference: Reference) -> tuple[str, ...]:
    from .emotion.vocabulary import chinese
    from .hearing.report import likeness

    names = likeness(reference.style, chinese)
    return (f"听起来像 {names}",) if names else ()


def hear_all(options: SynthesisOptions, cache: StyleCache | None = None) -> SynthesisOptions:
    """The same options with what is heard in the recordings in the place of the recordings.

    Raises:
        AudioError: a recording cannot be used; says which, where there are several.
    """
    heard: dict[str, Any] = {}
    for option in ("ref_audio", "ref_neutral"):
        if (recording := getattr(options, option)) is not None:
            heard[option] = _heard(recording, option, cache)
    if options.references:
        heard["references"] = {
            name: _heard(recording, f"references.{name}", cache) for name, recording in options.references.items()
        }
    return dataclasses.replace(options, **heard) if heard else options


def _heard(recording: Recording, option: str, cache: StyleCache | None) -> ReferenceStyle:
    """What is heard in the recording of an option; a style was heard already."""
    if isinstance(recording, ReferenceStyle):
        return recording
    from .hearing.hear import hear

    try:
        return hear(recording, cache=cache)
    except AudioError as error:
        place = "" if option == "ref_audio" else f"{option}: "
        raise AudioError(place + error.message, code=error.code, **{**error.fields, "option": option}) from error
