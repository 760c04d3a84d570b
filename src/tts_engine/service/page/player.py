"""The player and the result under it: sound from the first clause, words that can be clicked, downloads."""

from __future__ import annotations

import html
from collections.abc import Mapping
from importlib import resources
from typing import Any

from ...types import SentenceTiming
from ..history import Entry
from ..wording import warnings_html
from ..words import both, plain
from .pictures import pitch_svg
from .reference_part import reference_note

FORMATS = ("wav", "mp3", "flac", "opus", "ogg")
SUBTITLES = ("srt", "vtt", "lrc", "json")

#: Runs once in the result's element: words seek, ↻ asks for its sentence again, the curve seeks too.
RESULT_JS = """
const seek = (moment) => {
    const audio = document.querySelector('#tts-player audio'), source = element.querySelector('[data-audio]');
    if (!audio || !source) return;
    document.dispatchEvent(new Event('tts-quiet'));
    const go = () => { audio.currentTime = moment; audio.play(); };
    if (audio.getAttribute('src') === source.dataset.audio) { go(); return; }
    audio.addEventListener('loadedmetadata', go, {once: true});
    audio.src = source.dataset.audio;
};
element.addEventListener('click', (event) => {
    const word = event.target.closest('[data-t]'), again = event.target.closest('[data-again]');
    const curve = event.target.closest('.tts-pitch'), source = element.querySelector('[data-audio]');
    if (again) trigger('select', {index: Number(again.dataset.again), id: source.dataset.id});
    else if (word) seek(Number(word.dataset.t));
    else if (curve && source) {
        const box = curve.getBoundingClientRect();
        seek((event.clientX - box.left) / box.width * Number(source.dataset.seconds));
    }
});
element.addEventListener('keydown', (event) => {
    const word = event.target.closest('[data-t], [data-again]');
    if (word && (event.key === 'Enter' || event.key === ' ')) { event.preventDefault(); word.click(); }
});
"""


def player_js() -> str:
    """The script of the player's element."""
    return resources.files(__package__).joinpath("player.js").read_text(encoding="utf-8")


def live_player(name: str) -> str:
    """A player that begins with the first clause of what is being made; see ``player.js``."""
    pause = f'<button data-act="pause" aria-label="{plain("pause")}">⏯</button>'
    link = html.escape(f"studio/live/{name}.wav")
    live = (
        f'<div class="tts-box tts-busy" data-live="{link}">{pause} <b data-time>0:00</b> {both("live_playing")}</div>'
    )
    return live + f'<audio controls hidden aria-label="{plain("player")}"></audio>'


def result_player(entry: Entry) -> str:
    """A player of a finished result."""
    return _player(audio_link(entry), autoplay=False)


def sample_player(name: str) -> str:
    """A player of a sample that was made."""
    return _player(f"studio/live/{name}.wav", autoplay=True)


def progress_html(share: float, words: str) -> str:
    """How far the work is."""
    return f'<div class="tts-box tts-busy"><progress max="1" value="{share:.3f}"></progress> {html.escape(words)}</div>'


def audio_link(entry: Entry, suffix: str = "wav") -> str:
    """Where the browser gets a result as a format or as subtitles, relative to the page."""
    stem = entry.name.rpartition(".")[0] or entry.name
    return f"studio/results/{entry.id}/{stem}.{suffix}"


def result_html(entry: Entry) -> str:
    """What is known of a result: facts, words to click, pitch, downloads, warnings."""
    took = entry.synthesis_s
    facts = both(
        "facts",
        characters=len(entry.text),
        audio=entry.audio_s,
        took=took,
        rtf=took / entry.audio_s if entry.audio_s else 0.0,
    )
    links = "".join(
        f'<a class="tts-link" href="{html.escape(audio_link(entry, suffix))}" download>{suffix.upper()}</a>'
        for suffix in (*FORMATS, *SUBTITLES)
    )
    words = "".join(_sentence_html(number, sentence) for number, sentence in enumerate(entry.sentences))
    data = f'data-audio="{html.escape(audio_link(entry))}" data-id="{html.escape(entry.id)}"'
    return (
        f'<div class="tts-box tts-result" {data} data-seconds="{entry.audio_s:.3f}">'
        f'<div class="tts-facts">{facts}<code>{html.escape(entry.name)}</code></div>'
        f'{reference_note(entry.options)}<div class="tts-words">{words}</div><small>{both("click_words")}</small>'
        f"{pitch_svg(entry.sentences, entry.pitch, plain('pitch_curve'), _reference(entry))}"
        f'<div class="tts-links"><b>{both("download")}</b>{links}</div></div>' + warnings_html(entry.warnings)
    )


def _reference(entry: Entry) -> Mapping[str, Any] | None:
    """What was heard in the result's reference, where it has one."""
    style = entry.options.get("ref_audio")
    return style if isinstance(style, Mapping) else None


def _player(source: str, *, autoplay: bool) -> str:
    start = "autoplay" if autoplay else 'preload="metadata"'
    return f'<audio controls {start} src="{html.escape(source)}" aria-label="{plain("player")}"></audio>'


def _sentence_html(number: int, sentence: SentenceTiming) -> str:
    """The sentence's text with every word a place to listen from, and a sign to render it again."""
    pieces, position = [], 0
    for word in sentence.words:
        begin, end = word.span.begin - sentence.span.begin, word.span.end - sentence.span.begin
        if begin < position or end > len(sentence.text):
            continue  # several words may read one number: the first one stands for it
        pieces.append(_visible(sentence.text[position:begin]))
        pieces.append(
            f'<span class="tts-word" role="button" tabindex="0" data-t="{word.begin_s:.3f}">'
            f"{_visible(sentence.text[begin:end])}</span>"
        )
        position = end
    pieces.append(_visible(sentence.text[position:]))
    again = f'<button class="tts-again" data-again="{number}" title="{plain("again_title")}">↻</button>'
    return f'<span class="tts-sentence">{"".join(pieces)}{again}</span> '


def _visible(raw: str) -> str:
    return html.escape(raw.replace("\u2060", "")).replace("\n", "<br>")
