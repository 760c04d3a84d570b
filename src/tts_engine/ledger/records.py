"""The two kinds of line in the ledger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a language model was asked and answered for a programme, in one request or one run.

    Attributes:
        programme: its name.
        task: what was asked for (``expand``, ``adapt``, ``dramatise``, ``annotate``, ``outline``, ``podcast``).
        model: name of the model.
        style: what the text becomes (``narration``, ``drama``, ``podcast``, ...); groups the statistics.
        requests: sent to the server.
        replayed: questions that were answered from what is kept, at no cost.
        prompt_tokens: tokens in, as the server counts.
        cached_tokens: those of them that the server had in its own cache.
        completion_tokens: tokens out.
        is_estimated: the server did not count; the tokens are estimates.
        characters_in: of the text that the programme is made from.
        characters_out: of the text that is to be spoken.
        seconds: waited for the model.
        cost: money; None where the model has no price.
        currency: of ``cost``.
        at: when, ISO 8601 in UTC.
    """

    programme: str
    task: str
    model: str
    style: str = ""
    requests: int = 0
    replayed: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    is_estimated: bool = False
    characters_in: int = 0
    characters_out: int = 0
    seconds: float = 0.0
    cost: float | None = None
    currency: str | None = None
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """One rendering of a programme or of a part of it.

    Attributes:
        programme: its name, the same as of its writing.
        style: as of ``Writing``; empty where the writing says it.
        part: name of the chapter; empty for the whole. What was rendered last for a part is what counts as finished.
        characters: spoken in the finished part.
        audio_s: length of the finished part.
        rendered_s: audio that this run rendered anew; the rest was taken over.
        render_s: time that the run took.
        lines: of the finished part.
        lines_rendered: rendered anew.
        at: when, ISO 8601 in UTC.
    """

    programme: str
    style: str = ""
    part: str = ""
    characters: int = 0
    audio_s: float = 0.0
    rendered_s: float = 0.0
    render_s: float = 0.0
    lines: int = 0
    lines_rendered: int = 0
    at: str = ""
