"""The companion's tab: a live session whose voice follows the listener's heart rate and mood, as moving curves.

Everything runs in the browser over the same WebSocket that programs use (``docs/live.md``).
"""

from __future__ import annotations

import html
from importlib import resources
from typing import Any

from ...options import DEFAULT_VOICE
from ..words import both, plain

EXAMPLE = (
    "今天辛苦了，先坐下来，慢慢呼吸。窗外的雨已经停了，路灯把树影照得很长。"
    "不用急着回答谁，也不用急着做什么。等你准备好了，我们再往下说。"
)
_POLICIES = ("off", "soothe", "mirror", "energize")
_CURVES = (
    ("live_heart", "#d6336c"),
    ("live_arousal", "#f08c00"),
    ("live_weight", "#0ca678"),
    ("live_speed", "#1971c2"),
)


def build(gr: Any) -> None:
    """Draws the tab."""
    script = resources.files(__package__).joinpath("live.js").read_text(encoding="utf-8")
    gr.HTML(live_html(), elem_id="tts-live", padding=False, js_on_load=script)


def live_html() -> str:
    """The tab's own elements; each has its label."""
    policies = "".join(f'<option value="{name}">{plain("policy_" + name)}</option>' for name in _POLICIES)
    legend = "".join(f'<span style="color:{colour}">━ {both(key)}</span> ' for key, colour in _CURVES)
    return f"""<p>{both("live_hint")}</p>
<div class="tts-live">
  <label>{both("text")}<textarea data-part="text" rows="5">{html.escape(EXAMPLE)}</textarea></label>
  <div class="tts-acts">
    <button data-act="speak">{both("live_speak")}</button>
    <button data-act="cancel">{both("live_cancel")}</button>
    <button data-act="end">{both("live_end")}</button>
    <i data-part="state" data-refused="{html.escape(plain("live_refused"))}">●</i>
  </div>
  <div class="tts-sides">
    <label>{both("voice")}<input data-part="voice" value="{DEFAULT_VOICE}"></label>
    <label>{both("emotion")}<input data-part="emotion" value="auto"></label>
    <label>{both("policy")}<select data-part="policy">{policies}</select></label>
  </div>
  <div class="tts-sides">
    <label>{both("live_heart")} <b data-part="heart-value">72</b>
      <input type="range" data-part="heart" min="40" max="180" value="72"></label>
    <label>{both("live_valence")}<input type="range" data-part="valence" min="-1" max="1" step="0.05" value="0"></label>
    <label>{both("live_arousal")}<input type="range" data-part="arousal" min="-1" max="1" step="0.05" value="0"></label>
  </div>
  <div class="tts-acts">
    <label><input type="checkbox" data-part="sensor" checked> {both("live_sensor")}</label>
    <label><input type="checkbox" data-part="simulate"> {both("live_simulate")}</label>
  </div>
  <div><small>{legend}</small><canvas data-part="curves"></canvas></div>
  <ul class="tts-log" data-part="log"></ul>
</div>"""
