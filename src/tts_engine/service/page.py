"""The Gradio page: text, voice and speed in, a player and a file out.

It is drawn from ``options.KNOBS`` and works while the model still loads: a click then waits and says for what.
The values behind the labels are the stable ones of the Python and HTTP interfaces.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from ..emotion.vocabulary import AUTO, LABELS
from ..errors import SynthesisError, TTSError
from ..options import DEFAULT_VOICE, FORMATS, KNOBS, NEUTRAL, SynthesisOptions
from .desk import LOCAL
from .guard import client_of
from .lean_gradio import import_gradio
from .look import CSS, HEAD, make_theme
from .scheduler import Cancelled
from .studio import VOICES_BEFORE_LOADING, Studio
from .wording import headline, result_html, status_html

logger = logging.getLogger(__name__)

TITLE = "中文语音合成 TTS Engine"
QUEUE_SIZE = 32
EXAMPLES = (
    ("新闻", "欢迎收听今日新闻。今天是个好天气，气温二十三度，适合出门走走。"),
    ("故事", "很久很久以前，山脚下住着一位老人。他每天清晨都会打开木窗，听一听远处传来的钟声。"),
    ("古诗", "床前明月光，疑是地上霜。举头望明月，低头思故乡。"),
    ("对话", "“你真的要走吗？”她轻声问道。“是的，”他回答，“不过我会回来的。”"),
    ("中英混合", "我们用 Python 写了一个语音引擎，它在普通 CPU 上就能运行，不需要联网。"),
)
_COUNT_JS = """(text) => {
    const count = [...(text ?? "")].length, over = count > LIMIT, note = over ? " · 超出上限 too long" : "";
    return `<div class="tts-count${over ? " tts-over" : ""}"><span>试一试 Examples</span>`
        + `<b>${count.toLocaleString("en")} / ${(LIMIT).toLocaleString("en")} 字${note}</b></div>`;
}"""


def build_page(studio: Studio) -> Any:
    """The page as ``gradio.Blocks``, to be mounted with ``page_arguments()``."""
    gr = import_gradio()
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, 24 * 3600)) as page:
        gr.HTML(HEAD, elem_id="tts-head", padding=False)
        status = gr.HTML(status_html(studio.engine.state), elem_id="tts-status", padding=False)
        timer = gr.Timer(1.0)
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=360):
                text = _text_part(gr, studio.settings.max_characters)
            with gr.Column(scale=2, min_width=300):
                options = _options_part(gr)
                with gr.Row():
                    generate = gr.Button("生成语音 Generate", variant="primary", elem_id="tts-generate", scale=3)
                    cancel = gr.Button("停止 Stop", variant="secondary", elem_id="tts-stop", scale=1, min_width=90)
        player = gr.Audio(
            label="结果 Result", type="filepath", interactive=False, buttons=["download"], elem_id="tts-player"
        )
        details = gr.HTML(elem_id="tts-details", padding=False)
        download = gr.DownloadButton("下载音频 Download", visible=False, elem_id="tts-download", size="md")

        generate.click(
            _synthesize_action(gr, studio),
            [text, *options],
            [player, details, download],
            api_name="synthesize",
            concurrency_id="synthesis",
            concurrency_limit=QUEUE_SIZE,  # whose turn it is, the scheduler decides
            show_progress="full",
            show_progress_on=[player],
        )
        cancel.click(_cancel_action(gr, studio), None, None, api_visibility="private", queue=False)
        page.unload(_cancel_action(gr, studio))
        for event in (timer.tick, page.load):
            event(
                _tick_action(gr, studio),
                None,
                [status, options[0], timer],
                api_visibility="private",
                queue=False,
                show_progress="hidden",
            )
        # a load that failed is tried again by the next click: watch it again
        generate.click(lambda: gr.Timer(active=True), None, timer, api_visibility="private", queue=False)
    page.queue(max_size=QUEUE_SIZE)
    return page


def page_arguments() -> dict[str, Any]:
    """What ``gradio.mount_gradio_app`` is told about the looks of the page."""
    return {
        "theme": make_theme(),
        "css": CSS,
        "footer_links": ["api"],
        "run_history": False,
        "ssr_mode": False,
        "mcp_server": False,
        "enable_monitoring": False,
        "pwa": False,
    }


def _text_part(gr: Any, limit: int) -> Any:
    """The text box with its live count and the examples; returns the box."""
    count_js = _COUNT_JS.replace("LIMIT", str(limit))
    text = gr.Textbox(
        label="文字 Text",
        placeholder="在这里输入或粘贴要朗读的中文……\nType or paste the text here",
        lines=7,
        max_lines=18,
        elem_id="tts-text",
        autofocus=True,
    )
    count = gr.HTML(
        f'<div class="tts-count"><span>试一试 Examples</span><b>0 / {limit:,} 字</b></div>',
        elem_id="tts-count",
        padding=False,
    )
    text.change(None, text, count, js=count_js, api_visibility="private", queue=False)
    with gr.Row(elem_id="tts-examples"):
        for label, example in EXAMPLES:
            button = gr.Button(label, size="sm", variant="secondary", min_width=60)
            button.click(None, None, text, js=f"() => {json.dumps(example)}", api_visibility="private", queue=False)
    return text


def _options_part(gr: Any) -> list[Any]:
    """The options, in the order of the parameters of ``_synthesize_action``; the voice menu is the first."""
    voice = gr.Dropdown(
        list(VOICES_BEFORE_LOADING),
        value=DEFAULT_VOICE,
        label="声音 Voice",
        info="可输入混合 or type a mix: zf_xiaoxiao:0.7+zf_xiaoyi:0.3",
        allow_custom_value=True,
        elem_id="tts-voice",
    )
    emotion = gr.Dropdown(
        [("跟随文字 By the words", AUTO), *((f"{label.zh} {label.name.capitalize()}", label.name) for label in LABELS)],
        value=NEUTRAL,
        label="情感 Emotion",
        info="可输入混合 or type a mix: 悲伤 0.6 + 愤怒 0.3",
        allow_custom_value=True,
        elem_id="tts-emotion",
    )
    speed = _slider(gr, "speed", "语速 Speed")
    with gr.Accordion("更多选项 More options", open=False):
        pitch = _slider(gr, "pitch_shift_st", "音高（半音）Pitch, semitones")
        pause = _slider(gr, "pause_scale", "停顿倍数 Pauses")
        volume = _slider(gr, "volume_db", "音量（dB）Volume")
        with gr.Row():
            seed = gr.Number(0, precision=0, minimum=0, label="随机种子 Seed", min_width=100)
            format_menu = gr.Dropdown(list(FORMATS), value=FORMATS[0], label="格式 Format", min_width=100)
    return [voice, emotion, speed, pitch, pause, volume, seed, format_menu]


def _slider(gr: Any, name: str, label: str) -> Any:
    knob = KNOBS[name]
    value = getattr(SynthesisOptions(), name)
    return gr.Slider(knob.minimum, knob.maximum, value=value, step=knob.step, label=label, elem_id=f"tts-{name}")


def _synthesize_action(gr: Any, studio: Studio) -> Callable[..., tuple[str, str, Any]]:
    """What the button does; its parameter names are those of the API."""

    def synthesize(
        text: str,
        voice: str,
        emotion: str,
        speed: float,
        pitch_shift_st: float,
        pause_scale: float,
        volume_db: float,
        seed: int,
        format: str,
        progress: Any = gr.Progress(),  # noqa: B008 - how Gradio asks for it
        request: Any = None,
    ) -> tuple[str, str, Any]:
        options = {
            "voice": voice,
            "emotion": emotion,
            "speed": speed,
            "pitch_shift_st": pitch_shift_st,
            "pause_scale": pause_scale,
            "volume_db": volume_db,
            "seed": seed,
            "format": format,
        }
        try:
            result = studio.synthesize(
                text, options, lambda share, words: progress(share, desc=words), _client(request)
            )
            shown = studio.hand_out(result)
        except Cancelled:
            raise gr.Error("已停止，没有留下文件。Stopped; no file was made.", title="已停止 · Stopped") from None
        except TTSError as error:
            raise gr.Error(error.message, duration=None, title=headline(error), print_exception=False) from error
        except Exception as error:
            logger.exception("synthesis failed")
            raise gr.Error(
                f"内部错误：{error}。详情见终端日志。Internal error; see the log in the terminal.",
                duration=None,
                title=headline(SynthesisError("")),
                print_exception=False,
            ) from error
        return shown, result_html(result, len(text)), gr.DownloadButton(value=shown, visible=True)

    synthesize.__annotations__["request"] = gr.Request  # how Gradio is asked for it
    return synthesize


def _cancel_action(gr: Any, studio: Studio) -> Callable[..., None]:
    """What the stop button does: the work behind the page ends, not only its display."""

    def cancel(request: Any) -> None:
        studio.cancel(_client(request))

    cancel.__annotations__["request"] = gr.Request
    return cancel


def _client(request: Any) -> str:
    """One open page of one key: between these the engine is shared."""
    if request is None:
        return LOCAL
    return f"{client_of(request.request.scope)}:{request.session_hash}"


def _tick_action(gr: Any, studio: Studio) -> Callable[[], tuple[str, Any, Any]]:
    """What keeps the status line true until the model is ready, and then fills the voice menu."""

    def tick() -> tuple[str, Any, Any]:
        state = studio.engine.state
        is_ready = state.phase == "ready"
        menu = gr.Dropdown(choices=studio.voices()) if is_ready else gr.skip()
        return status_html(state), menu, gr.Timer(active=not is_ready)

    return tick
