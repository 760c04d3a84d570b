"""The part of the page that takes a reference recording: upload or microphone, what was heard in it, what to take.

The recording itself is not kept: from the moment it was heard, only the ``ReferenceStyle`` goes on, into the request
and into the history.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...options import KNOBS, SynthesisOptions
from ...types import REFERENCE_ASPECTS
from ..studio import Studio
from ..wording import warnings_html
from ..words import WORDS, both, pair, word
from .acting import told


@dataclass(frozen=True)
class ReferencePart:
    """The components whose values make the options of a reference.

    Attributes:
        heard: state: what was heard, as plain data, or None.
        recording: the file, for a request that comes before it was heard.
        neutral: the file of the neutral recording.
        strength: 0-1.
        aspects: what to take.
        consent: who consents, for timbre.
    """

    heard: Any
    recording: Any
    neutral: Any
    strength: Any
    aspects: Any
    consent: Any

    @property
    def components(self) -> list[Any]:
        """In the order in which ``asked_reference`` takes their values."""
        return [self.heard, self.recording, self.neutral, self.strength, self.aspects, self.consent]

    @property
    def settings(self) -> list[Any]:
        """In the order of ``shown_reference``; the recordings themselves are not kept and stay as they are."""
        return [self.heard, self.strength, self.aspects, self.consent]


def build(gr: Any, studio: Studio) -> ReferencePart:
    """Draws the part and wires it to what it shows."""
    defaults = SynthesisOptions()
    with gr.Accordion(word("reference"), open=False, elem_id="tts-reference"):
        gr.HTML(both("reference_hint"), padding=False)
        recording = gr.Audio(
            sources=["upload", "microphone"],
            type="filepath",
            label=word("reference_recording"),
            elem_id="tts-ref_audio",
        )
        neutral = gr.Audio(
            sources=["upload", "microphone"],
            type="filepath",
            label=word("reference_neutral"),
            elem_id="tts-ref_neutral",
        )
        shown = gr.HTML(elem_id="tts-heard", padding=False)
        knob = KNOBS["ref_strength"]
        strength = gr.Slider(
            knob.minimum, knob.maximum, value=defaults.ref_strength, step=knob.step, label=word("reference_strength")
        )
        aspects = gr.CheckboxGroup(
            [(" ".join(WORDS[f"aspect_{name}"]), name) for name in REFERENCE_ASPECTS],
            value=defaults.ref_aspects.split(","),
            label=word("reference_aspects"),
            elem_id="tts-ref_aspects",
        )
        consent = gr.Textbox(label=word("reference_consent"), lines=2, visible=False, elem_id="tts-ref_consent")
    heard = gr.State(None)
    for event in (recording.change, neutral.change):
        event(
            _hear_action(gr, studio),
            [recording, neutral],
            [heard, shown],
            api_visibility="private",
            show_progress_on=[shown],
        )
    aspects.change(
        lambda names: gr.Textbox(visible="timbre" in names), aspects, consent, api_visibility="private", queue=False
    )
    return ReferencePart(heard, recording, neutral, strength, aspects, consent)


def asked_reference(
    heard: Mapping[str, Any] | None,
    recording: str | None,
    neutral: str | None,
    strength: float,
    aspects: list[str],
    consent: str | None,
) -> dict[str, Any]:
    """The options of a reference; none where there is no recording. One that was not heard yet goes as its file."""
    options: dict[str, Any] = {"ref_strength": strength, "ref_aspects": ",".join(aspects)}
    if heard is not None:
        options["ref_audio"] = dict(heard)
    elif recording is not None:
        options["ref_audio"] = recording
        if neutral is not None:
            options["ref_neutral"] = neutral
    else:
        return {}
    return {**options, "ref_consent": consent} if consent and consent.strip() else options


def shown_reference(options: Mapping[str, Any]) -> list[Any]:
    """Values for ``ReferencePart.settings`` from kept options: the way back from ``asked_reference``."""
    defaults = SynthesisOptions()
    aspects = options.get("ref_aspects", defaults.ref_aspects)
    return [
        options.get("ref_audio"),
        options.get("ref_strength", defaults.ref_strength),
        aspects.split(","),
        options.get("ref_consent", ""),
    ]


def _hear_action(gr: Any, studio: Studio) -> Callable[[str | None, str | None], tuple[Any, str]]:
    """What an upload does: listens, shows what it heard, says what is wrong with the recording."""

    def hear(recording: str | None, neutral: str | None) -> tuple[Any, str]:
        if recording is None:
            return None, ""
        with told(gr):
            picture, style, facts = studio.hear(recording, neutral)
            return style, heard_html(picture, style, facts)

    return hear


def heard_html(picture: str, style: Mapping[str, Any], facts: str) -> str:
    """What was heard: in words first, then what is wrong with it, the picture, the figures."""
    from ...emotion.vocabulary import chinese
    from ...hearing.report import summary
    from ...hearing.store import from_dict

    manner = pair(*map(html.escape, summary(from_dict(dict(style)))))
    names = [(html.escape(chinese(name)), html.escape(name), share) for name, share in style["sounds_like"]]
    like = pair(
        "，".join(f"{zh} {share:.1f}" for zh, _, share in names), ", ".join(f"{en} {s:.1f}" for _, en, s in names)
    )
    head = f"<div>{manner}</div>" + (f"<div>{both('sounds_like')} <b>{like}</b></div>" if names else "")
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>"
        for name, _, value in (line.strip().partition("\t") for line in facts.splitlines()[2:])
    )
    return (
        f'<div class="tts-card">{head}</div>{warnings_html(style["warnings"])}'
        f'<div class="tts-heard tts-scroll">{picture}</div>'
        f"<details open><summary>{both('reference_heard')}</summary>"
        f'<div class="tts-scroll"><table class="tts-table">{rows}</table></div></details>'
    )


def reference_note(options: Mapping[str, Any]) -> str:
    """What a result says of its reference."""
    style = options.get("ref_audio")
    if not isinstance(style, Mapping):
        return ""
    names = " + ".join(f"{name} {share:.1f}" for name, share in style.get("sounds_like", ()))
    zh = f"参考录音：{style['f0_median_hz']:.0f} Hz，{style['syllable_rate']:.1f} 音节/秒"
    en = f"reference: {style['f0_median_hz']:.0f} Hz, {style['syllable_rate']:.1f} syllables/s"
    return f"<small>{pair(zh, en)} {html.escape(names)} · {both('reference_curve')}</small>"
