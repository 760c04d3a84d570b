"""The recordings of a request -> what was heard in them: where hearing and the request meet."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .directing import References
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

    neutral = None if options.ref_neutral is None else _heard(options.ref_neutral, cache)

    def reference(recording: Recording, name: str) -> Reference:
        style = _heard(recording, cache)
        return Reference(
            style=style if neutral is None else dataclasses.replace(style, neutral_hz=neutral.f0_median_hz),
            strength=options.ref_strength,
            aspects=parse_aspects(options.ref_aspects),
            neutral=neutral,
            name=name,
        )

    whole = None if options.ref_audio is None else reference(options.ref_audio, "")
    known = {name: reference(recording, name) for name, recording in named.items()}
    found = [item for item in (whole, *known.values()) if item is not None]
    consent = (f"音色授权：{options.ref_consent}",) if options.ref_consent else ()
    notes = {item.name: (*item.style.warnings, *describe(item), *limits_of(item, register), *consent) for item in found}
    return References(whole, known, notes)


def _heard(recording: Recording, cache: StyleCache | None) -> ReferenceStyle:
    """What is heard in a recording; a style was heard already."""
    if isinstance(recording, ReferenceStyle):
        return recording
    from .hearing.hear import hear

    return hear(recording, cache=cache)
