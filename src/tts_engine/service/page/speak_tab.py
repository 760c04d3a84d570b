"""The tab that speaks: text, voice, emotion and knobs in; sound from the first clause, words to click and files out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...emotion.vocabulary import AUTO, LABELS
from ...options import DEFAULT_VOICE, KNOBS, NEUTRAL, SynthesisOptions
from ...types import EMOTION_AXES
from ..feed import Feed
from ..history import Entry, new_id
from ..running import Job, OnProgress
from ..scheduler import Cancelled
from ..studio import VOICES_BEFORE_LOADING, Studio
from ..words import both, pair, word
from . import reference_part
from .acting import client_name, told, with_request
from .player import RESULT_JS, live_player, player_js, progress_html, result_html, result_player, sample_player
from .preview import preview_html
from .reference_part import ReferencePart, asked_reference

EXAMPLES = (
    ("新闻", "欢迎收听今日新闻。今天是个好天气，气温二十三度，适合出门走走。", NEUTRAL),
    ("故事", "他颤抖着打开门，发现里面空无一人。风停了，屋里静得能听见自己的心跳。", AUTO),
    ("转折", "终于，他在人群里看见了那张熟悉的脸。找了整整十年，他终于回家了。", AUTO),
    ("对话", "“你真的要走吗？”她轻声问道。“是的，”他回答，“不过我会回来的。”", AUTO),
    ("古诗", "床前明月光，疑是地上霜。举头望明月，低头思故乡。", "gentle"),
    ("我爱你", "我爱你。这三个字，我等了好久。", "affectionate"),
    ("English", "我们用 Python 写了一个语音引擎，它在普通 CPU 上就能运行。It even speaks English.", NEUTRAL),
)

#: Texts that one server takes from all its pages at the same time; the engine's own queue may be shorter.
MOST_AT_ONCE = 32

#: Characters of Mandarin in a second, for the estimate beside the text.
_CHARACTERS_PER_S = 4.2

_COUNT_JS = """(text) => {
    const length = [...(text ?? "")].length, over = length > LIMIT, spoken = (text ?? "").match(/[\\p{L}\\p{N}]/gu);
    const seconds = Math.round((spoken ? spoken.length : 0) / RATE);
    const share = `${length.toLocaleString("en")} / ${(LIMIT).toLocaleString("en")}`;
    const zh = `${share} 字 · 约 ${seconds} 秒${over ? " · 超出上限" : ""}`;
    const en = `${share} characters · about ${seconds} s${over ? " · too long" : ""}`;
    const words = `<span lang="zh">${zh}</span><span lang="en">${en}</span>`;
    return `<div class="tts-count${over ? " tts-over" : ""}"><b>${words}</b></div>`;
}"""


@dataclass(frozen=True)
class SpeakTab:
    """What other tabs need of this one.

    Attributes:
        text: the text box.
        voice: the voice menu.
        options: name of the option -> its component.
        axes: the eight sliders.
        reference: the part of the reference recording.
        generate: the button.
        player: the player.
        result: the result under it.
    """

    text: Any
    voice: Any
    options: dict[str, Any]
    axes: list[Any]
    reference: ReferencePart
    generate: Any
    player: Any
    result: Any


def build(gr: Any, studio: Studio) -> SpeakTab:
    """Draws the tab and wires it."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            text = _text_part(gr, studio.settings.max_characters)
            examples = gr.Row(elem_id="tts-examples")
            with gr.Row():
                generate = gr.Button(word("generate"), variant="primary", elem_id="tts-generate", scale=3)
                stop = gr.Button(word("stop"), variant="secondary", elem_id="tts-stop", scale=1, min_width=90)
            player = gr.HTML(elem_id="tts-player", padding=False, js_on_load=player_js())
            result = gr.HTML(elem_id="tts-details", padding=False, js_on_load=RESULT_JS)
            with gr.Group(visible=False) as again_box:
                again_words = gr.HTML(both("again_none"), padding=True)
                again = gr.Button(word("again_button"), size="sm", elem_id="tts-again")
        with gr.Column(scale=2, min_width=300):
            options, axes, listen = _options_part(gr)
            reference = reference_part.build(gr, studio)
            with gr.Accordion(word("preview"), open=False):
                gr.HTML(both("preview_hint"), padding=False)
                preview = gr.Button(word("preview_button"), size="sm", elem_id="tts-preview")
                reading = gr.HTML(elem_id="tts-reading", padding=False)
    tab = SpeakTab(text, options["voice"], options, axes, reference, generate, player, result)
    with examples:
        _example_part(gr, text, options["emotion"])
    chosen = [*options.values(), *axes, *reference.components]
    # whose turn it is, the scheduler decides; Gradio's own queue lets everybody in
    shared = {"concurrency_id": "synthesis", "concurrency_limit": MOST_AT_ONCE, "api_visibility": "private"}

    generate.click(
        _generate_action(gr, studio, tuple(options)),
        [text, *chosen],
        [player, result, again_box],
        show_progress="minimal",
        show_progress_on=[player],
        **shared,
    )
    selected = gr.State(None)
    result.select(_choose_action(gr, studio), None, [selected, again_words, again_box], api_visibility="private")
    again.click(
        _again_action(gr, studio, tuple(options)),
        [selected, *chosen],
        [player, result, again_box],
        show_progress="minimal",
        show_progress_on=[player],
        **shared,
    )
    listen.click(_sample_action(gr, studio), [options["voice"]], [player], show_progress_on=[player], **shared)
    stop.click(_stop_action(gr, studio), None, None, queue=False, api_visibility="private")
    preview.click(
        _preview_action(gr, studio, tuple(options)),
        [text, *chosen],
        reading,
        show_progress_on=[reading],
        api_visibility="private",
    )
    gr.api(_api_action(gr, studio), api_name="synthesize", concurrency_id="synthesis", concurrency_limit=MOST_AT_ONCE)
    return tab


def asked(names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    """Fields of ``SynthesisOptions`` from the components' values: the options, the eight sliders, the reference."""
    return {**asked_options(names, values), **asked_reference(*values[len(names) + len(EMOTION_AXES) :])}


def asked_options(names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    """The same without the reference.

    The sliders replace the menu once one of them is not 0; a loudness of 0 means none; ``context`` is a switch.
    """
    options = dict(zip(names, values, strict=False))
    vector = list(values[len(names) : len(names) + len(EMOTION_AXES)])
    options["context"] = "on" if options["context"] else "off"
    options["loudness_lufs"] = options["loudness_lufs"] or None
    if any(vector):
        options["emotion"] = vector
        options["emotion_intensity"] = None
    return options


def shown(options: Mapping[str, Any]) -> tuple[dict[str, Any], list[float]]:
    """Values for the components and the eight sliders from kept options: the way back from ``asked``."""
    emotion = options.get("emotion", NEUTRAL)
    is_vector = isinstance(emotion, list)
    vector = [float(value) for value in emotion] if is_vector else [0.0] * len(EMOTION_AXES)
    defaults = SynthesisOptions()
    values = {name: options.get(name, getattr(defaults, name)) for name in NAMES}
    values["emotion"] = NEUTRAL if is_vector else emotion
    values["context"] = values["context"] == "on"
    values["loudness_lufs"] = values["loudness_lufs"] or 0
    values["emotion_intensity"] = 1.0 if values["emotion_intensity"] is None else values["emotion_intensity"]
    return values, vector


#: The options of this tab, in the order of its components.
NAMES = (
    "voice", "emotion", "emotion_intensity", "speed", "context", "pitch_shift_st", "pause_scale", "volume_db",
    "loudness_lufs", "seed",
)  # fmt: skip


def _text_part(gr: Any, limit: int) -> Any:
    """The text box with its live count and the examples; returns the box."""
    count_js = _COUNT_JS.replace("LIMIT", str(limit)).replace("RATE", str(_CHARACTERS_PER_S))
    text = gr.Textbox(
        label=word("text"),
        placeholder=word("text_hint"),
        lines=7,
        max_lines=18,
        elem_id="tts-text",
        autofocus=True,
    )
    empty = pair(f"0 / {limit:,} 字", f"0 / {limit:,} characters")
    count = gr.HTML(f'<div class="tts-count"><b>{empty}</b></div>', elem_id="tts-count", padding=False)
    text.change(None, text, count, js=count_js, api_visibility="private", queue=False)
    return text


def _example_part(gr: Any, text: Any, emotion: Any) -> None:
    """Buttons that fill in an example with its emotion."""
    for label, example, feeling in EXAMPLES:
        button = gr.Button(label, size="sm", variant="secondary", min_width=60)
        values = json.dumps([example, feeling])
        button.click(None, None, [text, emotion], js=f"() => {values}", api_visibility="private", queue=False)


def _options_part(gr: Any) -> tuple[dict[str, Any], list[Any], Any]:
    """The options by name, the eight sliders, and the button that plays a sample of the voice."""
    with gr.Row(equal_height=False):
        voice = gr.Dropdown(
            list(VOICES_BEFORE_LOADING),
            value=DEFAULT_VOICE,
            label=word("voice"),
            info=word("voice_info"),
            allow_custom_value=True,
            elem_id="tts-voice",
            scale=4,
        )
        listen = gr.Button(word("listen_voice"), size="sm", elem_id="tts-listen", scale=1, min_width=70)
    labels = ((f"{label.zh} {label.name.capitalize()}", label.name) for label in LABELS)
    emotion = gr.Dropdown(
        [("由文字决定 By the words", AUTO), *labels],
        value=AUTO,
        label=word("emotion"),
        info=word("emotion_info"),
        allow_custom_value=True,
        elem_id="tts-emotion",
    )
    intensity = gr.Slider(0.0, 1.0, value=0.8, step=0.05, label=word("intensity"), elem_id="tts-emotion_intensity")
    with gr.Accordion(word("axes"), open=False):
        names = {label.name: label.zh for label in LABELS}
        axes = [
            gr.Slider(0.0, 1.0, value=0.0, step=0.05, label=f"{names.get(axis, axis)} {axis.capitalize()}")
            for axis in EMOTION_AXES
        ]
    speed = _slider(gr, "speed", "speed")
    with gr.Accordion(word("more"), open=False):
        context = gr.Checkbox(True, label=word("context"), elem_id="tts-context")
        pitch = _slider(gr, "pitch_shift_st", "pitch")
        pause = _slider(gr, "pause_scale", "pauses")
        volume = _slider(gr, "volume_db", "volume")
        with gr.Row():
            loudness = gr.Number(0, label=word("loudness"), minimum=-40, maximum=0, min_width=100)
            seed = gr.Number(0, precision=0, minimum=0, label=word("seed"), min_width=100)
    parts = (voice, emotion, intensity, speed, context, pitch, pause, volume, loudness, seed)
    return dict(zip(NAMES, parts, strict=True)), axes, listen


def _slider(gr: Any, name: str, label: str) -> Any:
    knob = KNOBS[name]
    value = getattr(SynthesisOptions(), name)
    return gr.Slider(knob.minimum, knob.maximum, value=value, step=knob.step, label=word(label), elem_id=f"tts-{name}")


def _generate_action(gr: Any, studio: Studio, names: tuple[str, ...]) -> Callable[..., Iterator[tuple[Any, ...]]]:
    """Plays from the first clause while the rest is made, then shows the result."""

    def generate(request: Any, text: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        client, options = client_name(request), asked(names, values)
        with told(gr):
            yield from _follow(
                gr, studio, lambda on_progress, feed: studio.synthesize(text, options, on_progress, feed, client)
            )

    return with_request(gr, generate)


def _again_action(gr: Any, studio: Studio, names: tuple[str, ...]) -> Callable[..., Iterator[tuple[Any, ...]]]:
    """Renders the chosen sentence again and shows the result with it."""

    def again(request: Any, selected: tuple[str, int] | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        client, options = client_name(request), asked(names, values)
        identifier, index = selected or ("", -1)
        with told(gr):
            yield from _follow(
                gr, studio, lambda on_progress, _feed: studio.again(identifier, index, options, on_progress, client)
            )

    return with_request(gr, again)


def _stop_action(gr: Any, studio: Studio) -> Callable[..., None]:
    """Ends the work behind the page, not only its display."""

    def stop(request: Any) -> None:
        studio.cancel(client_name(request))

    return with_request(gr, stop)


def _follow(gr: Any, studio: Studio, act: Callable[[OnProgress, Feed], Entry]) -> Iterator[tuple[Any, ...]]:
    """Player, result and box of the chosen sentence, again and again until the job has ended."""
    name = new_id()
    job = Job(act, studio.feeds.open(name))
    has_sound = False
    for share, words in job.news():
        player = live_player(name) if job.feed.has_sound and not has_sound else gr.skip()
        has_sound = job.feed.has_sound
        yield player, progress_html(share, words), gr.Group(visible=False)
    try:
        entry = job.result()
    except Cancelled:
        yield "", f'<div class="tts-box tts-warning">{both("stopped")}</div>', gr.skip()
        return
    yield gr.skip() if has_sound else result_player(entry), result_html(entry), gr.skip()


def _choose_action(gr: Any, studio: Studio) -> Callable[..., tuple[Any, str, Any]]:
    """What a click on ↻ does: shows which sentence would be rendered again."""

    def choose(event: Any) -> tuple[Any, str, Any]:
        with told(gr):
            data = event._data
            entry, index = studio.history.get(data["id"]), int(data["index"])
            words = both("again_hint", index + 1, entry.sentences[index].text.strip())
            return (entry.id, index), words, gr.Group(visible=True)

    choose.__annotations__["event"] = gr.EventData
    return choose


def _sample_action(gr: Any, studio: Studio) -> Callable[[str], Iterator[str]]:
    """Plays a short greeting in the chosen voice."""

    def sample(request: Any, voice: str) -> Iterator[str]:
        with told(gr):
            yield sample_player(studio.sample(voice, lambda _share, _words: None, client_name(request)))

    return with_request(gr, sample)


def _preview_action(gr: Any, studio: Studio, names: tuple[str, ...]) -> Callable[..., str]:
    """Shows how the text would be read and meant."""

    def preview(text: str, *values: Any) -> str:
        with told(gr):
            return preview_html(studio.explain(text, asked(names, values), lambda _share, _words: None))

    return preview


def _api_action(gr: Any, studio: Studio) -> Callable[..., tuple[str, dict[str, Any]]]:
    """The same for programs that speak Gradio's protocol: the audio file, and what is known of it."""

    def synthesize(
        text: str,
        voice: str = DEFAULT_VOICE,
        emotion: str = NEUTRAL,
        speed: float = 1.0,
        pitch_shift_st: float = 0.0,
        pause_scale: float = 1.0,
        volume_db: float = 0.0,
        seed: int = 0,
        format: str = "wav",
    ) -> tuple[str, dict[str, Any]]:
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
        with told(gr):
            entry = studio.synthesize(text, options, lambda _share, _words: None)
            return studio.hand_out(entry), {
                "name": entry.name,
                "audio_s": entry.audio_s,
                "synthesis_s": entry.synthesis_s,
                "warnings": list(entry.warnings),
            }

    return synthesize
