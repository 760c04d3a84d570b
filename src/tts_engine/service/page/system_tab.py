"""The tab about the machine: models and their versions, device, speed of the last results, warnings."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import __version__
from ..keys import KeyFile
from ..studio import Studio
from ..words import both, plain, word
from .acting import told
from .pictures import bars_svg

if TYPE_CHECKING:
    from ...assets.reports import ModelStatus

#: Results in the plot of speed.
PLOTTED = 40


def build(gr: Any, studio: Studio, tab: Any) -> None:
    """Draws the tab."""
    gr.HTML(f"<h3>{both('models')}</h3>", padding=False)
    models = gr.HTML(elem_id="tts-models", padding=False)
    with gr.Row():
        version = gr.Dropdown([], label=word("model_version"), elem_id="tts-model-version", scale=2)
        verify = gr.Button(word("verify"), size="sm", elem_id="tts-verify", min_width=90)
        fetch = gr.Button(word("fetch"), size="sm", min_width=90)
        use = gr.Button(word("use"), size="sm", min_width=90)
    given = gr.File(label=word("import_model"), file_count="multiple", elem_id="tts-model-files", height=110)
    checked = gr.HTML(elem_id="tts-model-done", padding=False)
    gr.HTML(f"<h3>{both('device')}</h3>", padding=False)
    device = gr.HTML(elem_id="tts-device", padding=False)
    gr.HTML(f"<h3>{both('serving')}</h3>", padding=False)
    serving = gr.HTML(elem_id="tts-serving", padding=False)
    gr.HTML(f"<h3>{both('speed_plot')}</h3>", padding=False)
    speed = gr.HTML(elem_id="tts-speeds", padding=False)
    gr.HTML(f"<h3>{both('log')}</h3>", padding=False)
    log = gr.HTML(elem_id="tts-log", padding=False)

    def show() -> tuple[Any, ...]:
        with told(gr):
            rows = studio.hub().list_versions()
            active = next((row.manifest.spec for row in rows if row.is_active), None)
            menu = gr.Dropdown(choices=[row.manifest.spec for row in rows], value=active)
            facts = (models_html(rows), menu, device_html(studio), serving_html(studio))
            return (*facts, speed_html(studio), log_html(studio))

    shown = [models, version, device, serving, speed, log]
    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    tab.select(show, None, shown, **quiet)

    def acting(act: Callable[[Any], str]) -> Callable[[Any], str]:
        def run(value: Any) -> str:
            with told(gr):
                return act(value)

        return run

    for event, act, value in (
        (verify.click, lambda spec: verify_html(studio, spec), version),
        (fetch.click, lambda spec: _done(studio.hub().fetch(spec).name), version),
        (use.click, lambda spec: _done(f"{studio.hub().use(spec).name}: {plain('after_restart')}"), version),
        (given.upload, lambda files: import_html(studio, files), given),
    ):
        event(acting(act), value, checked, api_visibility="private", show_progress_on=[checked]).then(
            show, None, shown, **quiet
        )


def models_html(rows: Iterable[ModelStatus]) -> str:
    """The models of the cache as a table."""
    lines = "".join(
        f"<tr><td>{'★' if row.is_active else ''}</td><td>{html.escape(row.manifest.spec)}</td>"
        f"<td>{both('state_' + row.state)}</td><td>{row.bytes_on_disk / 1e6:.0f} MB</td>"
        f"<td>{html.escape(row.manifest.licence)}</td></tr>"
        for row in rows
    )
    return f'<div class="tts-scroll"><table class="tts-table"><tbody>{lines}</tbody></table></div>'


def import_html(studio: Studio, files: list[str]) -> str:
    """What came of files that were copied by hand."""
    report = studio.hub().import_files([Path(file) for file in files], studio.settings.model)
    if report.files is None:
        return f"<p>✗ {both('still_missing', ', '.join(report.missing))}</p>"
    return _done(report.files.name)


def _done(what: str) -> str:
    return f"<p>✓ {html.escape(what)}</p>"


def verify_html(studio: Studio, spec: str | None = None) -> str:
    """What reading every byte of a version (of the one in use) has found."""
    report = studio.hub().verify(spec or studio.settings.model)
    if report.is_sound:
        return f"<p>✓ {both('sound', len(report.sound))}</p>"
    return f"<p>✗ {both('damaged', ', '.join((*report.damaged, *report.missing)))}</p>"


def device_html(studio: Studio) -> str:
    """Device and why it is that one, threads, rate and version."""
    synthesizer = studio.engine.synthesizer
    if synthesizer is None:
        return f"<p>{both('not_ready')}</p>"
    device = synthesizer.device
    facts = both("device_facts", rate=synthesizer.sample_rate, threads=studio.threads(), version=__version__)
    name = f"{device.name}{f' {device.card}' if device.card else ''}"
    return f"<p>{html.escape(name)} <small>({html.escape(device.reason)})</small> · {facts}</p>"


def serving_html(studio: Studio) -> str:
    """How busy the engine is, how audio is labelled, which API keys there are; changed by settings and commands."""
    load, labelling = studio.desk.scheduler.load, studio.settings.labelling
    rows = [
        both("queue_facts", sum(load.requests.values()), load.waiting, load.rendering),
        both("label_on" if studio.settings.label else "label_off", labelling.producer),
        both("label_heard", studio.settings.label_audible),
    ]
    every_key = KeyFile(studio.settings.data).keys()
    names = ", ".join(key.name for key in every_key if key.revoked is None)
    rows.append(both("keys_are", names) if names else both("keys_none"))
    return "".join(f"<p>{row}</p>" for row in rows)


def speed_html(studio: Studio) -> str:
    """Real-time factors of the last results, oldest first."""
    entries = [entry for entry in studio.history.search(limit=PLOTTED) if entry.audio_s > 0][::-1]
    values = [entry.synthesis_s / entry.audio_s for entry in entries]
    labels = [f"{entry.name}: RTF {value:.2f}" for entry, value in zip(entries, values, strict=True)]
    return bars_svg(values, labels, plain("speed_plot")) or f"<p>{both('no_results')}</p>"


def log_html(studio: Studio) -> str:
    """The last warnings of the process."""
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in studio.warnings())
    return f'<ul class="tts-log">{lines}</ul>' if lines else f"<p>{both('log_empty')}</p>"
