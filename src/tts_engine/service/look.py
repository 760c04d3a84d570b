"""How the page looks: a theme of system fonts (nothing is fetched), a little style, the title."""

from __future__ import annotations

from typing import Any

from .lean_gradio import import_gradio

FONTS = (
    "system-ui",
    "-apple-system",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "sans-serif",
)

HEAD = """<div class="tts-title"><h1>中文语音合成</h1>
<p>在本机离线运行的语音引擎 · A speech engine that runs on this machine, offline</p></div>"""

CSS = """
.gradio-container {width: 100% !important; max-width: 1120px !important; margin: 0 auto !important;}
#tts-head, #tts-status, #tts-count, #tts-details {padding: 0; border-width: 0; background: none;}
.tts-title h1 {font-size: 1.7rem; font-weight: 650; margin: .6rem 0 .1rem;}
.tts-title p {color: var(--body-text-color-subdued); margin: 0;}
.tts-box {border-radius: 10px; padding: .55rem .9rem; line-height: 1.6; border: 1px solid transparent;}
.tts-box ul {margin: .2rem 0 0 1.1rem; list-style: disc;}
.tts-box code {font-size: .9em; word-break: break-all;}
.tts-ready {background: rgba(16, 160, 110, .09); border-color: rgba(16, 160, 110, .3);}
.tts-busy {background: rgba(50, 110, 230, .09); border-color: rgba(50, 110, 230, .3);}
.tts-warning {background: rgba(230, 160, 20, .12); border-color: rgba(230, 160, 20, .4); margin-top: .5rem;}
.tts-failed {background: rgba(215, 50, 50, .1); border-color: rgba(215, 50, 50, .4);}
.tts-result {background: var(--background-fill-secondary); border-color: var(--border-color-primary);}
.tts-count {display: flex; justify-content: space-between; color: var(--body-text-color-subdued); font-size: .85rem;}
.tts-over b {color: #d23; font-weight: 600;}
#tts-text textarea {font-size: 1.06rem; line-height: 1.75;}
#tts-examples {gap: .4rem; align-items: center;}
#tts-examples button {white-space: nowrap; flex: none; padding-inline: .7rem;}
#tts-stop {white-space: nowrap;}
#tts-generate {font-size: 1.05rem;}
.toast-body .toast-text {white-space: pre-wrap;}
"""


def make_theme() -> Any:
    """A Gradio theme that uses only fonts which the reader's system has."""
    gr = import_gradio()
    fonts = [gr.themes.Font(name) for name in FONTS]
    mono = [gr.themes.Font(name) for name in ("ui-monospace", "Menlo", "Consolas", "monospace")]
    return gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=mono)
