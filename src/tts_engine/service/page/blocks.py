"""The page as a whole: head, status line, tabs, and what keeps them true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..lean_gradio import import_gradio
from ..studio import Studio
from ..wording import status_html
from ..words import WORDS, translations, word
from . import batch_tab, history_tab, live_tab, script_tab, speak_tab, system_tab, voices_tab
from .look import CSS, TITLE_HTML, make_theme

QUEUE_SIZE = 32


def build_page(studio: Studio) -> Any:
    """The page as ``gradio.Blocks``, to be mounted with ``page_arguments()``."""
    gr = import_gradio()
    title = " ".join(WORDS["title"])
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True, delete_cache=(3600, 24 * 3600)) as page:
        gr.HTML(TITLE_HTML, elem_id="tts-head", padding=False)
        status = gr.HTML(status_html(studio.engine.state), elem_id="tts-status", padding=False)
        timer = gr.Timer(1.0)
        with gr.Tabs(elem_id="tts-tabs") as tabs:
            with gr.Tab(word("tab_speak"), id="speak"):
                speak = speak_tab.build(gr, studio)
            with gr.Tab(word("tab_script"), id="script"):
                script_tab.build(gr, studio)
            with gr.Tab(word("tab_batch"), id="batch") as tab:
                batch_tab.build(gr, studio, tab, speak)
            with gr.Tab(word("tab_history"), id="history") as tab:
                history_tab.build(gr, studio, tab, tabs, speak)
            with gr.Tab(word("tab_voices"), id="voices") as tab:
                voices_tab.build(gr, studio, tab, speak)
            with gr.Tab(word("tab_live"), id="live"):
                live_tab.build(gr)
            with gr.Tab(word("tab_system"), id="system") as tab:
                system_tab.build(gr, studio, tab)
        for event in (timer.tick, page.load):
            event(
                _tick_action(gr, studio),
                None,
                [status, speak.voice, timer],
                api_visibility="private",
                queue=False,
                show_progress="hidden",
            )
        # a load that failed is tried again by the next click: watch it again
        speak.generate.click(lambda: gr.Timer(active=True), None, timer, api_visibility="private", queue=False)
    page.queue(max_size=QUEUE_SIZE)
    return page


def page_arguments() -> dict[str, Any]:
    """What ``gradio.mount_gradio_app`` is told about the looks of the page."""
    return {
        "theme": make_theme(),
        "css": CSS,
        "i18n": translations(),
        "footer_links": ["api"],
        "run_history": False,
        "ssr_mode": False,
        "mcp_server": False,
        "enable_monitoring": False,
        "pwa": False,
    }


def _tick_action(gr: Any, studio: Studio) -> Callable[[], tuple[str, Any, Any]]:
    """What keeps the status line true until the model is ready, and then fills the voice menu."""

    def tick() -> tuple[str, Any, Any]:
        state = studio.engine.state
        is_ready = state.phase == "ready"
        menu = gr.Dropdown(choices=studio.voices()) if is_ready else gr.skip()
        return status_html(state), menu, gr.Timer(active=not is_ready)

    return tick
