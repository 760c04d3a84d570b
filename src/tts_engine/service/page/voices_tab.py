"""The tab of voices: listen, mix by weight, make one from recordings with consent, rename, export, import, delete."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..feed import Feed
from ..running import Job
from ..studio import Studio
from ..words import both, plain, word
from .acting import client_name, told, with_request
from .player import progress_html, sample_player
from .speak_tab import SpeakTab

if TYPE_CHECKING:
    from ...own_voices.record import VoiceRecord

#: Voices that the mixer takes at most.
MIXED = 3


def build(gr: Any, studio: Studio, tab: Any, speak: SpeakTab) -> None:
    """Draws the tab; a change is seen in the voice menu of the tab that speaks."""
    own = gr.HTML(elem_id="tts-own-voices", padding=False)
    with gr.Row():
        chosen = gr.Dropdown([], label=word("own_voice"), scale=3, elem_id="tts-own-voice")
        listen = gr.Button(word("listen_voice"), size="sm", min_width=70)
    player = gr.HTML(elem_id="tts-voice-player", padding=False)
    with gr.Row():
        new_name = gr.Textbox(label=word("new_name"), scale=2)
        rename = gr.Button(word("rename"), size="sm", min_width=70)
        export = gr.DownloadButton(word("export_voice"), size="sm", min_width=100)
        delete = gr.Button(word("delete"), size="sm", variant="stop", min_width=70, elem_id="tts-voice-delete")
    with gr.Accordion(word("make_voice"), open=True):
        gr.HTML(both("make_voice_hint"), padding=False)
        name = gr.Textbox(label=word("voice_name"), elem_id="tts-voice-name")
        files = gr.File(label=word("recordings"), file_count="multiple", elem_id="tts-voice-files")
        consent = gr.Textbox(label=word("consent"), placeholder=word("consent_hint"), lines=2, elem_id="tts-consent")
        make = gr.Button(word("make_voice_button"), variant="primary", elem_id="tts-make-voice")
        made = gr.HTML(elem_id="tts-made-voice", padding=False)
    with gr.Accordion(word("mix_voices"), open=False):
        menus, weights = _mixer(gr)
        mix_name = gr.Textbox(label=word("voice_name"))
        with gr.Row():
            try_mix = gr.Button(word("listen_voice"), size="sm")
            keep_mix = gr.Button(word("keep_mix"), size="sm", variant="primary")
    with gr.Accordion(word("import_voice"), open=False):
        imported = gr.File(label=word("voice_file"), file_count="single")

    shown = [own, chosen, speak.voice, *menus]
    refresh = _refresh_action(gr, studio)
    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    tab.select(refresh, None, shown, **quiet)

    def acting(act: Callable[..., Any]) -> Callable[..., tuple[Any, ...]]:
        """The action, then the lists as they are after it."""

        def run(*values: Any) -> tuple[Any, ...]:
            with told(gr):
                act(*values)
            return refresh()

        return run

    sample = _sample_action(gr, studio)
    listen.click(sample, chosen, player, api_visibility="private")
    try_mix.click(lambda *values: mix_of(values), [*menus, *weights], mix_spec := gr.State(""), **quiet).then(
        sample, mix_spec, player, api_visibility="private"
    )
    library = studio.library
    rename.click(acting(lambda old, new: library().rename(old, new)), [chosen, new_name], shown, **quiet)
    delete.click(
        acting(lambda old: library().delete(old)),
        chosen,
        shown,
        js=f"(name) => confirm({plain('delete_voice_sure')!r}) ? name : null",
        **quiet,
    )
    keep_mix.click(
        acting(lambda title, *values: library().mix(title, mix_of(values))),
        [mix_name, *menus, *weights],
        shown,
        **quiet,
    )
    imported.upload(acting(lambda path: library().import_file(path)), imported, shown, **quiet)
    export.click(_export_action(gr, studio), chosen, export, api_visibility="private")
    make.click(
        _make_action(gr, studio), [name, files, consent], made, api_visibility="private", concurrency_limit=1
    ).then(refresh, None, shown, **quiet)


def mix_of(values: tuple[Any, ...]) -> str:
    """A mix as written, from the voices and their weights; voices without weight are left out."""
    voices, weights = values[:MIXED], values[MIXED:]
    parts = [(voice, weight) for voice, weight in zip(voices, weights, strict=True) if voice and weight]
    if len(parts) == 1:
        return str(parts[0][0])
    return "+".join(f"{voice}:{weight:g}" for voice, weight in parts)


def record_html(record: VoiceRecord) -> str:
    """One own voice for people: how it was made, how similar it is, who consented."""
    from ...own_voices.report import essence, report

    known, lines = ("<br>".join(map(html.escape, some)) for some in (essence(record), report(record)[1:]))
    name = f"<div><b>{html.escape(record.name)}</b> <code>own:{record.id}</code></div>"
    details = f"<details><summary>{both('details')}</summary><small>{lines}</small></details>"
    return f'<div class="tts-card">{name}<div>{known}</div>{details}</div>'


def _mixer(gr: Any) -> tuple[list[Any], list[Any]]:
    menus, weights = [], []
    for number in range(MIXED):
        with gr.Row():
            menus.append(gr.Dropdown([], label=word("voice"), scale=2, allow_custom_value=True))
            weights.append(gr.Slider(0.0, 1.0, value=0.5 if number < 2 else 0.0, step=0.05, label=word("weight")))
    return menus, weights


def _refresh_action(gr: Any, studio: Studio) -> Callable[[], tuple[Any, ...]]:
    def refresh() -> tuple[Any, ...]:
        with told(gr):
            records = studio.library().list() if studio.engine.synthesizer is not None else ()
            cards = "".join(map(record_html, records)) or f'<p class="tts-empty">{both("no_own_voices")}</p>'
            choices = [(record.name, record.id) for record in records]
            menu = gr.Dropdown(choices=studio.voices())
            return cards, gr.Dropdown(choices=choices), menu, *[gr.Dropdown(choices=studio.voices())] * MIXED

    return refresh


def _sample_action(gr: Any, studio: Studio) -> Callable[..., str]:
    def sample(request: Any, voice: str | None) -> str:
        with told(gr):
            spec = f"own:{voice}" if voice and ":" not in voice and "_" not in voice else voice or ""
            return sample_player(studio.sample(spec, lambda _share, _words: None, client_name(request)))

    return with_request(gr, sample)


def _export_action(gr: Any, studio: Studio) -> Callable[[str | None], str]:
    def export(voice: str | None) -> str:
        from ...own_voices.archive import SUFFIX

        with told(gr):
            library = studio.library()
            record = library.show(voice or "")
            return studio.shelve(record.id + SUFFIX, library.export_bytes(record.id))

    return export


def _make_action(gr: Any, studio: Studio) -> Callable[..., Iterator[str]]:
    """Makes a voice from recordings, with its progress."""

    def make(name: str, files: list[str] | None, consent: str) -> Iterator[str]:
        with told(gr):
            paths = [Path(file) for file in files or []]
            job = Job(
                lambda on_progress, _feed: studio.library(on_progress).create(
                    name, paths, consent=consent, on_progress=on_progress
                ),
                Feed(),
            )
            for share, words in job.news():
                yield progress_html(share, words)
            yield record_html(job.result())

    return make
