"""The tab of what was made: search, listen, compare two, open again with all settings, delete, export."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..history import Entry
from ..studio import Studio
from ..words import both, plain, word
from .acting import told
from .player import audio_link, result_html, result_player
from .reference_part import shown_reference
from .speak_tab import SpeakTab, shown

#: Results listed at a time.
LISTED = 30

#: Runs once in the list's element.
LIST_JS = """
element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do]');
    if (!button) return;
    const id = button.closest('[data-id]').dataset.id, act = button.dataset.do;
    if (act === 'delete' && !confirm(button.dataset.ask)) return;
    if (act === 'A' || act === 'B') {
        const audio = document.querySelector(`#tts-compare [data-side=${act}]`);
        audio.src = button.dataset.audio;
        audio.closest('div').querySelector('em').textContent = button.dataset.name;
        return;
    }
    trigger('select', {act, id});
});
"""

#: Runs once in the comparison's element: one button switches the side at the same place.
COMPARE_JS = """
element.addEventListener('click', (event) => {
    if (!event.target.closest('[data-switch]')) return;
    const [a, b] = element.querySelectorAll('audio');
    const [from, to] = a.paused ? [b, a] : [a, b];
    if (!to.src) return;
    to.currentTime = Math.min(from.currentTime || 0, to.duration || Infinity);
    from.pause();
    to.play();
});
"""


def build(gr: Any, studio: Studio, tab: Any, tabs: Any, speak: SpeakTab) -> None:
    """Draws the tab and wires it to the tab that speaks."""
    with gr.Row(equal_height=True):
        search = gr.Textbox(label=word("search"), placeholder=word("search_hint"), scale=5, elem_id="tts-search")
        refresh = gr.Button(word("refresh"), scale=1, min_width=90)
        export = gr.DownloadButton(word("export"), scale=2, min_width=120, elem_id="tts-export")
    gr.HTML(_compare_html(), elem_id="tts-compare", padding=False, js_on_load=COMPARE_JS)
    listed = gr.HTML(elem_id="tts-history", padding=False, js_on_load=LIST_JS)

    def show(words: str) -> str:
        with told(gr):
            return list_html(studio, words or "")

    for event in (tab.select, refresh.click, search.submit, search.change):
        event(show, search, listed, api_visibility="private", show_progress="hidden")
    listed.select(
        _act(gr, studio, tuple(speak.options)),
        search,
        [
            listed,
            tabs,
            speak.text,
            *speak.options.values(),
            *speak.axes,
            *speak.reference.settings,
            speak.player,
            speak.result,
        ],
        api_visibility="private",
    )
    export.click(_export_action(gr, studio), None, export, api_visibility="private")


def list_html(studio: Studio, words: str) -> str:
    """The newest results that contain the words."""
    entries = studio.history.search(words, limit=LISTED)
    if not entries:
        return f'<p class="tts-empty">{both("no_hits" if words.strip() else "no_results")}</p>'
    head = f"<small>{both('found', studio.history.count(), len(entries))}</small>"
    return head + "".join(_card(studio, entry) for entry in entries)


def _card(studio: Studio, entry: Entry) -> str:
    link = html.escape(audio_link(entry))
    excerpt = entry.text.strip().replace("\n", " ")
    excerpt = excerpt if len(excerpt) <= 90 else excerpt[:88] + "…"
    shown_options = {name: value for name, value in entry.options.items() if not isinstance(value, dict)}
    options = " · ".join(f"{name}={value}" for name, value in shown_options.items() if value not in (None, 0, 1, ""))
    exists = studio.history.path(entry).is_file()
    player = f'<audio controls preload="none" src="{link}"></audio>' if exists else f"<em>{both('gone')}</em>"
    sides = "".join(
        f'<button data-do="{side}" data-audio="{link}" data-name="{html.escape(entry.name)}">{side}</button>'
        for side in ("A", "B")
        if exists
    )
    facts = (f"{entry.created[:19].replace('T', ' ')} UTC", f"{entry.audio_s:.1f} s", entry.name, options)
    return (
        f'<div class="tts-card" data-id="{html.escape(entry.id)}"><div><b>{html.escape(excerpt)}</b>'
        f"<small>{html.escape(' · '.join(facts))}</small></div>{player}<div class='tts-acts'>"
        f'<button data-do="open">{both("open")}</button>{sides}'
        f'<button data-do="delete" data-ask="{html.escape(plain("delete_sure"))}">{both("delete")}</button></div></div>'
    )


def _compare_html() -> str:
    sides = "".join(
        f'<div><b>{side}</b> <em>—</em><audio controls data-side="{side}"></audio></div>' for side in ("A", "B")
    )
    return (
        f'<details class="tts-compare"><summary>{both("compare")} <small>{both("compare_hint")}</small></summary>'
        f"<div class='tts-sides'>{sides}<button data-switch>A ⇄ B</button></div></details>"
    )


def _act(gr: Any, studio: Studio, names: tuple[str, ...]) -> Callable[..., tuple[Any, ...]]:
    """What the buttons of a card do."""

    def act(words: str, event: Any) -> tuple[Any, ...]:
        with told(gr):
            data = event._data
            entry = studio.history.get(data["id"])
            values, vector = shown(entry.options)
            settings = [*(values[name] for name in names), *vector, *shown_reference(entry.options)]
            if data["act"] == "delete":
                studio.history.delete(entry.id)
                return (list_html(studio, words or ""), *[gr.skip()] * (len(settings) + 4))
            result = (result_player(entry), result_html(entry))
            return gr.skip(), gr.Tabs(selected="speak"), entry.text, *settings, *result

    act.__annotations__["event"] = gr.EventData
    return act


def _export_action(gr: Any, studio: Studio) -> Callable[[], str]:
    """All records as one JSON file."""

    def export() -> str:
        with told(gr):
            total = studio.history.count()
            records = [asdict(entry) for entry in studio.history.search(limit=total)]
            return studio.shelve("history.json", json.dumps(records, ensure_ascii=False, indent=1).encode())

    return export
