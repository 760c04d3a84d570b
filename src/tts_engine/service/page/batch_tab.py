"""The tab of many texts: hand in a file, watch the jobs, let them rest and go on, take what is finished."""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...batch.inputs import KINDS
from ...batch.progress import clock
from ..batches import FORMS, Standing
from ..studio import Studio
from ..wording import headline, remaining, warnings_html
from ..words import both, plain, word
from .acting import told
from .speak_tab import SpeakTab, asked_options

#: Jobs listed, the newest first, and errors shown of each.
LISTED = 20
_ERRORS = 3
_LOOK_S = 2.0

#: Runs once in the list's element.
LIST_JS = """
element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (!button || button.dataset.ask && !confirm(button.dataset.ask)) return;
    trigger('select', {act: button.dataset.do, name: button.closest('[data-name]').dataset.name});
});
"""


def build(gr: Any, studio: Studio, tab: Any, speak: SpeakTab) -> None:
    """Draws the tab; what a line does not say itself comes from the options of the tab that speaks."""
    gr.HTML(f"<p>{both('batch_hint')}</p>", padding=False)
    with gr.Row(equal_height=True):
        given = gr.File(label=word("batch_file"), file_types=list(KINDS), elem_id="tts-batch-file", height=130)
        with gr.Column():
            form = gr.Dropdown(["wav", "flac", "mp3"], value="wav", label=word("batch_format"))
            by_line = gr.Checkbox(False, label=word("batch_by_line"))
            begin = gr.Button(word("batch_begin"), variant="primary", elem_id="tts-batch-begin")
    notes = gr.HTML(elem_id="tts-batch-notes", padding=False)
    listed = gr.HTML(elem_id="tts-batches", padding=False, js_on_load=LIST_JS)
    timer = gr.Timer(_LOOK_S, active=False)
    quiet = {"api_visibility": "private", "show_progress": "hidden"}

    def show() -> tuple[str, Any]:
        with told(gr):
            return list_html(studio.batches.jobs(LISTED)), gr.Timer(active=studio.batches.is_busy)

    for event in (tab.select, timer.tick):
        event(show, None, [listed, timer], **quiet)
    begin.click(
        _begin_action(gr, studio, tuple(speak.options)),
        [given, form, by_line, *speak.options.values(), *speak.axes],
        notes,
        api_visibility="private",
        show_progress_on=[notes],
    ).then(show, None, [listed, timer], **quiet)
    listed.select(_act(gr, studio), None, None, **quiet).then(show, None, [listed, timer], **quiet)


def list_html(standings: list[Standing]) -> str:
    """The jobs as cards."""
    if not standings:
        return f'<p class="tts-empty">{both("batch_none")}</p>'
    return "".join(map(_card, standings))


def _card(standing: Standing) -> str:
    counts, name = standing.counts, html.escape(standing.name)
    states = counts.states
    share = counts.characters_done / counts.characters if counts.characters else 1.0
    facts = [both("batch_facts", states["done"], counts.total, clock(counts.audio_s))]
    facts += [both("batch_failed", states["failed"])] if states["failed"] else []
    facts += [both("batch_cancelled", states["cancelled"])] if states["cancelled"] else []
    facts += [html.escape(remaining(standing.remaining_s))] if standing.remaining_s else []
    acts = []
    if standing.is_active:
        acts.append(("stop", "batch_rest"))
    elif not counts.is_over:
        acts.append(("start", "batch_go_on"))
    if not standing.is_active and (states["failed"] or states["cancelled"]):
        acts.append(("retry", "batch_retry"))
    if not counts.is_over:
        acts.append(("cancel", "batch_cancel"))
    ask = f' data-ask="{html.escape(plain("batch_cancel_sure"))}"'
    buttons = "".join(
        f'<button data-do="{act}"{ask if act == "cancel" else ""}>{both(label)}</button>' for act, label in acts
    )
    links = "".join(
        f'<a class="tts-link" href="studio/batches/{name}/{name}.{form}" download>{form.upper()}</a>'
        for form in FORMS
        if states["done"]
    )
    return (
        f'<div class="tts-card" data-name="{name}"><div><b>{html.escape(standing.job.spec.name)}</b>'
        f"<small>{name}</small></div>"
        f'<div><progress max="1" value="{share:.3f}"></progress> {" · ".join(facts)}</div>{_errors_html(standing)}'
        f'<div class="tts-acts">{buttons}</div><div class="tts-links">{links}</div></div>'
    )


def _errors_html(standing: Standing) -> str:
    """Why the job rests, and what is wrong with its first lines."""
    messages = [f"{headline(standing.error)}: {standing.error.message}"] if standing.error is not None else []
    if standing.counts.states["failed"]:
        first = itertools.islice(standing.job.entries("failed"), _ERRORS)
        messages += [str(entry.error["message"]) for entry in first if entry.error]
    return warnings_html(messages)


def _begin_action(gr: Any, studio: Studio, names: tuple[str, ...]) -> Callable[..., str]:
    """Makes a job of the file; what a person should know about it."""

    def begin(file: str | None, form: str, by_line: bool, *values: Any) -> str:
        with told(gr):
            if not file:
                raise gr.Error(plain("batch_file_first"), title=plain("note"), print_exception=False)
            options = {name: value for name, value in asked_options(names, values).items() if value is not None}
            warnings: list[str] = []
            studio.batches.submit(Path(file), {**options, "format": form}, by_line=by_line, warn=warnings.append)
            return warnings_html(warnings)

    return begin


def _act(gr: Any, studio: Studio) -> Callable[..., None]:
    """What the buttons of a card do."""

    def act(event: Any) -> None:
        with told(gr):
            data = event._data
            batches, name = studio.batches, str(data["name"])
            {"start": batches.start, "stop": batches.stop, "retry": batches.retry, "cancel": batches.cancel}[
                data["act"]
            ](name)

    act.__annotations__["event"] = gr.EventData
    return act
