"""``tts-engine say``: text to a file, the speaker or stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..audio.labelling import parse_audible
from ..emotion.parse import parse_emotion
from ..errors import ControlError, FeatureMissingError, unreadable
from ..options import SynthesisOptions, make_options
from ..settings import Settings
from ..types import MASK
from .recordings import hear_references
from .root import group, knob_options, open_synthesizer

if TYPE_CHECKING:
    from ..pipeline import Synthesizer
    from ..text.lexicon import UserLexicon
    from ..types import SynthesisChunk, SynthesisResult

SUBTITLE_FORMATS = ("srt", "vtt", "lrc", "json")


@group.command()
@click.argument("text", required=False)
@click.option(
    "-f", "--file", "source", type=click.Path(path_type=Path), help="读取文本文件 / read the text from a file"
)
@click.option("-o", "--output", help="输出文件，- 为标准输出 / output file, - for stdout (default: outputs/ by time)")
@click.option("--play", is_flag=True, help="直接播放 / play on the speaker instead of writing a file")
@click.option("--subtitles", type=click.Choice(SUBTITLE_FORMATS), help="同时写字幕 / write subtitles beside the audio")
@click.option("--lexicon", type=click.Path(path_type=Path), help="自定读音 / own readings, YAML or CSV")
@click.option(
    "--audible-label",
    help="可听到的 AI 标识 / mark that is heard: none, spoken, tones, with :start, :end or :both (TTS_LABEL_AUDIBLE)",
)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出结果 / print the result as JSON")
@click.option("-q", "--quiet", is_flag=True, help="不显示进度 / no progress")
@knob_options
@click.pass_obj
def say(
    settings: Settings,
    /,
    text: str | None,
    source: Path | None,
    output: str | None,
    play: bool,
    subtitles: str | None,
    lexicon: Path | None,
    audible_label: str | None,
    as_json: bool,
    quiet: bool,
    **knobs: Any,
) -> None:
    r"""说出一段文字 / speak TEXT, a file (-f) or standard input (-).

    \b
    tts-engine say 欢迎收听今日新闻
    tts-engine say -f chapter.txt --voice zm_yunxi --format mp3 -o chapter.mp3 --subtitles srt
    echo 你好 | tts-engine say - -o - | aplay
    """
    spoken = read_text(text, source)
    chosen = {name: value for name, value in knobs.items() if value is not None}
    if output not in (None, "-") and "format" not in chosen:
        suffix = Path(str(output)).suffix.lstrip(".").lower()
        chosen |= {"format": suffix} if suffix else {}
    options = make_options(**chosen)
    parse_emotion(options.emotion, options.emotion_intensity)  # a wrong one is refused before the model is loaded
    if sum([play, output is not None]) > 1:
        raise ControlError(
            "--play 与 --output 只能选一个。--play and --output exclude each other: give one.",
            option="play",
            value="--output",
        )
    if (play or output == "-") and subtitles:
        raise ControlError(
            "--subtitles 需要音频文件，请给 --output 文件。--subtitles needs an audio file: give --output FILE.",
            option="subtitles",
        )
    if audible_label is not None:
        parse_audible(audible_label)
        settings = replace(settings, label_audible=audible_label)
    options = hear_references(options, quiet=quiet)
    synthesizer = open_synthesizer(settings, read_lexicon(lexicon))
    with _reporter(len(spoken), quiet or not sys.stderr.isatty()) as report:
        if play or output == "-":
            sink = _play if play else _to_stdout
            sink(synthesizer, spoken, options, report)
            return
        result = synthesizer.synthesize_to_file(
            spoken, options, path=output, output_dir=settings.outputs, on_chunk=report
        )
    _tell(result, as_json=as_json)
    if subtitles and result.path:
        from ..audio.atomic import write_whole
        from ..audio.subtitles import subtitles as render

        beside = result.path.with_suffix("." + subtitles)
        click.echo(write_whole(beside, render(result.sentences, subtitles).encode()), err=as_json)


def read_text(text: str | None, source: Path | None) -> str:
    """The text that a command was given as an argument, a file or standard input."""
    if (text is None) == (source is None):
        raise ControlError(
            "请用一种方式给文本：TEXT、-f 文件 或 -。Give the text one way: as TEXT, as -f FILE, or as - for stdin.",
            option="text",
        )
    if source is not None:
        try:
            return _decode(source.read_bytes(), str(source))
        except OSError as error:
            raise unreadable(source, error) from error
    return _decode(sys.stdin.buffer.read(), "standard input") if text == "-" else str(text)


def read_lexicon(path: Path | None) -> UserLexicon | None:
    """The user's readings of a YAML or CSV file."""
    if path is None:
        return None
    from ..text.lexicon import UserLexicon

    return UserLexicon.from_file(path)


def _decode(data: bytes, name: str) -> str:
    """The text of some bytes; an encoding that had to be guessed is told."""
    from ..text.encodings import decode

    text, decoded = decode(data, name)
    for warning in decoded.warnings:
        click.echo(f"警告 warning: {warning}", err=True)
    return text


class _reporter:  # noqa: N801 - used like a function: with _reporter(...) as report
    """A progress bar over the characters of a long text, on stderr; silent for short texts and in pipes."""

    def __init__(self, characters: int, quiet: bool) -> None:
        self._characters, self._quiet, self._bar, self._done = characters, quiet or characters < 200, None, 0

    def __enter__(self) -> Callable[[SynthesisChunk], None]:
        if not self._quiet:
            from tqdm import tqdm

            self._bar = tqdm(total=self._characters, unit="字", file=sys.stderr, leave=False)
        return self._report

    def _report(self, chunk: SynthesisChunk) -> None:
        if self._bar is not None:
            self._bar.update(chunk.sentence.span.end - self._done)
            self._done = chunk.sentence.span.end

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _to_stdout(
    synthesizer: Synthesizer, text: str, options: SynthesisOptions, report: Callable[[SynthesisChunk], None]
) -> None:
    """Audio to stdout, sentence by sentence as it is rendered; with a loudness target or as M4A when complete."""
    from ..audio.encoding import encode
    from ..audio.formats import STREAM_FORMATS
    from ..audio.stream import StreamEncoder

    out, mark = sys.stdout.buffer, synthesizer.labelling.new_mark()
    if options.format not in STREAM_FORMATS or options.loudness_lufs is not None:
        result = synthesizer.synthesize(text, options)
        _warn(result.warnings)
        assert result.waveform is not None  # synthesize keeps it
        out.write(encode(result.waveform, result.sample_rate, options.format, mark=mark))
        return
    with StreamEncoder(options.format, synthesizer.sample_rate, mark=mark) as encoder:
        for chunk in synthesizer.stream(text, options):
            out.write(encoder.push(chunk.waveform))
            out.flush()
            report(chunk)
            _warn(chunk.warnings)
        out.write(encoder.finish())


def _play(
    synthesizer: Synthesizer, text: str, options: SynthesisOptions, report: Callable[[SynthesisChunk], None]
) -> None:
    """Audio to the speaker, from the first finished sentence on."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # OSError: PortAudio itself is missing
        raise FeatureMissingError(
            f"播放需要扩展 [play]（{error}）：pip install 'tts-engine[play]'，或用 --output 写文件。"
            f"Playing needs the extra [play] ({error}): pip install 'tts-engine[play]'"
            " (Debian also: apt install libportaudio2), or write a file with --output.",
            code="play_missing",
        ) from error
    with sounddevice.OutputStream(samplerate=synthesizer.sample_rate, channels=1, dtype="float32") as speaker:
        for chunk in synthesizer.stream(text, options):
            speaker.write(chunk.waveform[:, None])
            report(chunk)
            _warn(chunk.warnings)


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        click.echo(f"警告 warning: {warning}", err=True)


def _tell(result: SynthesisResult, *, as_json: bool) -> None:
    _warn(result.warnings)
    if as_json:
        facts = {
            "path": str(result.path),
            "audio_s": round(result.audio_s, 3),
            "synthesis_s": round(result.synthesis_s, 3),
            "rtf": round(result.rtf, 3),
            "seed": result.seed,
            "warnings": result.warnings,
            "sentences": [
                {"text": item.text.replace(MASK, ""), "begin_s": round(item.begin_s, 3), "end_s": round(item.end_s, 3)}
                for item in result.sentences
            ],
        }
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        click.echo(f"{result.audio_s:.1f} s, rtf {result.rtf:.2f}", err=True)
        click.echo(result.path)
