"""The tab of programmes: a script or prose becomes a play with several voices."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...production.checks import MEANINGS
from ..feed import Feed
from ..programmes import FORMATS
from ..running import Job
from ..scheduler import Cancelled
from ..studio import Studio
from ..wording import warnings_html
from ..words import both, plain, word
from .acting import client_name, told, with_request
from .player import progress_html

if TYPE_CHECKING:
    from ...production import Production

EXAMPLE = """@旁白 {声音=zf_xiaoxiao}
@老周：六十岁的看门人，沉稳
@小雨：八岁的女孩，活泼

雨下了一整夜。小雨推开传达室的门，怀里抱着一只湿透的小猫。
小雨（着急）：周爷爷！它一直在发抖，会不会死呀？
老周（温柔）：别怕，先拿毛巾把它裹起来。
（停顿 1 秒）
终于，小猫轻轻叫了一声。
小雨（惊喜）：它叫了！周爷爷，你听！
"""


def build(gr: Any, studio: Studio) -> None:
    """Draws the tab."""
    gr.HTML(f"<p>{both('script_hint')}</p>", padding=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            text = gr.Textbox(EXAMPLE, label=word("script_text"), lines=14, max_lines=30, elem_id="tts-script")
            with gr.Row():
                prepare = gr.Button(word("script_prepare"), elem_id="tts-script-prepare", min_width=120)
                make = gr.Button(word("script_make"), variant="primary", elem_id="tts-script-make", min_width=120)
                stop = gr.Button(word("stop"), min_width=70)
            result = gr.HTML(elem_id="tts-programme", padding=False)
        with gr.Column(scale=2, min_width=300):
            title = gr.Textbox(label=word("script_title"))
            cast = gr.Dataframe(
                headers=["角色 role", "声音 voice", "说明 why"],
                type="array",
                column_count=3,
                label=word("script_cast"),
                elem_id="tts-cast",
                interactive=True,
                wrap=True,
            )
            with gr.Row():
                form = gr.Dropdown(list(FORMATS), value="mp3", label=word("batch_format"), min_width=100)
                stems = gr.Checkbox(False, label=word("script_stems"))
    prepare.click(
        _prepare_action(gr, studio),
        [text, title],
        [text, cast, result],
        api_visibility="private",
        show_progress_on=[result],
    )
    make.click(
        _make_action(gr, studio),
        [text, title, cast, form, stems],
        result,
        api_visibility="private",
        concurrency_limit=4,
        show_progress="hidden",
    )
    stop.click(_stop_action(gr, studio), None, None, queue=False, api_visibility="private")


def programme_html(studio: Studio, done: Production) -> str:
    """A finished programme: player, downloads, who speaks when, what to look at."""
    folder = f"studio/programmes/{html.escape(done.folder.name)}"
    links = [(path, f"{folder}/{html.escape(path)}") for path in studio.programmes.files(done)]
    (_, programme), *_ = links
    facts = both("programme_facts", done.audio_s, len(done.rendered), done.reused, done.files.loudness_lufs)
    downloads = "".join(
        f'<a class="tts-link" href="{link}" download>{html.escape(path.rpartition("/")[2])}</a>' for path, link in links
    )
    findings = [plain("line_finding", finding.line, " ".join(MEANINGS[finding.what])) for finding in done.findings]
    return (
        f'<div class="tts-box tts-result"><audio controls preload="metadata" src="{programme}" style="width:100%"'
        f' aria-label="{plain("player")}"></audio><div class="tts-facts">{facts}<code>{html.escape(str(done.folder))}'
        f'</code></div><img src="{folder}/timeline.svg?{done.files.samples}"'
        f' alt="{plain("timeline")}" style="width:100%"><div class="tts-links"><b>{both("download")}</b>{downloads}'
        f"</div></div>{warnings_html([*done.warnings, *findings])}"
    )


def _prepare_action(gr: Any, studio: Studio) -> Callable[..., tuple[Any, ...]]:
    """Shows the text as a script, and who would speak."""

    def prepare(text: str, title: str) -> tuple[Any, ...]:
        with told(gr):
            prepared = studio.programmes.prepare(text or "", title.strip())
            note = f'<div class="tts-box tts-ready">{both("read_as", prepared.form)}</div>'
            return prepared.text, [list(row) for row in prepared.cast], note + warnings_html(prepared.warnings)

    return prepare


def _make_action(gr: Any, studio: Studio) -> Callable[..., Iterator[str]]:
    """Produces the programme with its progress."""

    def make(request: Any, text: str, title: str, cast: list[list[str]], form: str, stems: bool) -> Iterator[str]:
        with told(gr):
            voices = {str(row[0]).strip(): str(row[1] or "") for row in cast or [] if row and row[0]}
            job = Job(
                lambda on_progress, _feed: studio.programmes.produce(
                    text or "",
                    voices,
                    on_progress,
                    title=title.strip(),
                    format=form,
                    stems=stems,
                    client=client_name(request),
                ),
                Feed(),
            )
            for share, words in job.news():
                yield progress_html(share, words)
            try:
                yield programme_html(studio, job.result())
            except Cancelled:
                yield f'<div class="tts-box tts-warning">{both("produce_stopped")}</div>'

    return with_request(gr, make)


def _stop_action(gr: Any, studio: Studio) -> Callable[..., None]:
    def stop(request: Any) -> None:
        studio.programmes.stop(client_name(request))

    return with_request(gr, stop)
