"""How the page looks: a theme of system fonts (nothing is fetched), a little style, the title."""

from __future__ import annotations

from typing import Any

from ..lean_gradio import import_gradio
from ..words import both

FONTS = (
    "system-ui",
    "-apple-system",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "sans-serif",
)

TITLE_HTML = f"""<div class="tts-title"><h1>{both("title")}</h1><p>{both("subtitle")}</p></div>"""

#: Before anything else: ``?__lang=en`` stands in for the browser's language, everything but Chinese reads English;
#: Ctrl+Enter presses the button.
HEAD = """<script>
(() => {
    const asked = new URLSearchParams(location.search).get('__lang');
    const language = (asked || navigator.language || 'zh').toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
    for (const name of ['language', 'languages']) {
        const value = name === 'language' ? language : [language];
        Object.defineProperty(navigator, name, {get: () => value, configurable: true});
    }
    document.documentElement.dataset.lang = language.slice(0, 2);
    document.documentElement.lang = language;
    document.addEventListener('keydown', (event) => {
        if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
            event.preventDefault();
            document.activeElement?.blur?.();
            document.querySelector('#tts-generate')?.click();
        }
    });
})();
</script>"""

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
html[data-lang="zh"] span[lang="en"], html[data-lang="en"] span[lang="zh"] {display: none;}
#tts-player audio, .tts-card audio, .tts-compare audio {width: 100%; min-width: 220px;}
#tts-player [hidden] {display: none !important;}
#tts-player [data-act] {font-size: 1.3rem; cursor: pointer; padding: 0 .4rem;}
.tts-facts {margin-bottom: .4rem;}
.tts-words {font-size: 1.06rem; line-height: 2; max-height: 22rem; overflow-y: auto;}
.tts-word {cursor: pointer; border-radius: 4px; padding: 1px 0;}
.tts-word:hover, .tts-word:focus {background: var(--color-accent-soft); outline: none;}
.tts-again {border: 0; background: none; cursor: pointer; color: var(--body-text-color-subdued); padding: 0 .25rem;}
.tts-again:hover, .tts-again:focus {color: var(--color-accent);}
.tts-pitch {width: 100%; height: 130px; margin: .5rem 0; cursor: pointer; border-radius: 8px;}
.tts-band {fill: var(--background-fill-primary);} .tts-odd {fill: var(--color-accent-soft);}
.tts-curve {fill: none; stroke: var(--color-accent); stroke-width: 2.2; vector-effect: non-scaling-stroke;}
.tts-reference {stroke: #d9480f; stroke-dasharray: 6 4; stroke-width: 1.6;}
.tts-grid {stroke: var(--border-color-primary); stroke-dasharray: 2 4; vector-effect: non-scaling-stroke;}
.tts-axis {font-size: 11px; fill: var(--body-text-color-subdued);}
.tts-bar {fill: var(--color-accent);}
.tts-links {display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center;}
.tts-link {border: 1px solid var(--border-color-primary); border-radius: 6px; padding: .05rem .5rem; font-size: .85rem;}
.tts-box progress {width: 40%; max-width: 16rem; vertical-align: middle;}
.tts-card {border: 1px solid var(--border-color-primary); border-radius: 10px; padding: .6rem .9rem; margin: .5rem 0;
    display: grid; gap: .4rem;}
.tts-card small {display: block; color: var(--body-text-color-subdued); overflow-wrap: anywhere;}
.tts-acts, .tts-sides {display: flex; flex-wrap: wrap; gap: .5rem; align-items: center;}
.tts-acts button, .tts-sides button {border: 1px solid var(--border-color-primary); border-radius: 6px;
    padding: .1rem .7rem; cursor: pointer; background: var(--button-secondary-background-fill);}
.tts-sides > div {flex: 1 1 240px;}
.tts-reading {margin: .5rem 0;} .tts-reading ruby {margin-right: .12em; font-size: 1.05rem;}
.tts-reading rt {font-size: .6rem; color: var(--body-text-color-subdued);}
.tts-reading small {color: var(--body-text-color-subdued);}
.tts-scroll {overflow-x: auto;}
.tts-table, .tts-table tbody, .tts-table tr {border: 0;}
.tts-table td {padding: .25rem .7rem; border: 0; border-bottom: 1px solid var(--border-color-primary);}
.tts-heard svg {width: 100%; min-width: 720px; height: auto; border-radius: 8px;}
.tts-live {display: grid; gap: .7rem;}
.tts-live label {display: grid; gap: .2rem; flex: 1 1 180px;} .tts-acts label {display: flex; flex: none;}
.tts-live textarea, .tts-live input:not([type=range]):not([type=checkbox]), .tts-live select {padding: .35rem .6rem;
    border: 1px solid var(--border-color-primary); border-radius: 8px; background: var(--input-background-fill);
    color: var(--body-text-color); font: inherit; width: 100%;}
.tts-live canvas {width: 100%; height: 180px; border: 1px solid var(--border-color-primary); border-radius: 8px;}
.tts-live [data-part=state] {color: var(--border-color-primary);} .tts-live [data-on] {color: #0ca678;}
.tts-log {max-height: 16rem; overflow-y: auto; font-size: .9rem;} .tts-live-error {color: #d23;}
.tts-live-listener {color: #d6336c;}
.tts-empty {color: var(--body-text-color-subdued); padding: 1rem 0;}
#tts-listen {align-self: end;}
@media (max-width: 640px) {.tts-title h1 {font-size: 1.35rem;} .gradio-container {padding: .4rem !important;}}
"""


def make_theme() -> Any:
    """A Gradio theme that uses only fonts which the reader's system has."""
    gr = import_gradio()
    fonts = [gr.themes.Font(name) for name in FONTS]
    mono = [gr.themes.Font(name) for name in ("ui-monospace", "Menlo", "Consolas", "monospace")]
    return gr.themes.Default(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=mono)
