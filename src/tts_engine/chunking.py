"""Sentences as they are meant to chunks of sound: rendered ahead, with pauses, times and the mark that is heard.

    Scene ── with_urgency ──► Cue ── Chunker, Speaker ──► Speech of the sentence, or of its parts ──► SynthesisChunk

Knows no texts: ``pipeline`` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from .acoustic.precision import SMALL
from .ahead import AT_ONCE, TOGETHER, render_ahead
from .audio.labelling import NOTICE, gap, tones
from .options import KNOBS, SynthesisOptions
from .types import SynthesisChunk

if TYPE_CHECKING:
    from .acoustic.engine import AcousticEngine
    from .audio.labelling import Labelling
    from .directing import Scene
    from .speaking import Speaker, Speech, Turn
    from .text.frontend import FrontEnd
    from .types import FloatArray

#: Rates outside this range cost intelligibility (docs/acoustic.md); they are rendered, with a warning.
CLEAN_SPEED = (0.6, 1.4)

#: Sentences of one text that are handed to a graphics card at the same time; it takes those of other texts along.
AT_ONCE_ON_CARD = 8

#: A sentence as it is meant, and whether its sound is urgent: see ``with_urgency``.
Cue: TypeAlias = "tuple[Scene, bool]"

#: What is heard before the first sentence and after the last.
Mark: TypeAlias = "tuple[FloatArray, FloatArray]"


def with_urgency(staged: Iterator[Scene], *, together: int) -> Iterator[Cue]:
    """Each sentence, and whether it is longer than all that was said before it.

    Nobody has heard enough by then to bridge its rendering. It depends on the text alone, so that a stream and a file
    are the same samples. Where many sentences are computed ``together``, none is urgent: its parts would take as long
    as the whole.
    """
    said = 0
    for scene in staged:
        size = len(scene.sentence.phonemes)
        yield scene, size > said and together == 1
        said += size


def unmarked() -> Mark:
    """Nothing to be heard."""
    import numpy as np

    silent = np.zeros(0, np.float32)
    return silent, silent


class Chunker:
    """Speaks scenes as chunks. Safe to use from several threads."""

    def __init__(self, engine: AcousticEngine, speaker: Speaker) -> None:
        self._engine = engine
        self._speaker = speaker

    def chunks(
        self,
        cues: Iterator[Cue],
        options: SynthesisOptions,
        *,
        characters: int,
        turn: Turn,
        extra_db: float = 0.0,
        mark: Callable[[], Mark] = unmarked,
    ) -> Iterator[SynthesisChunk]:
        """Yields each sentence as soon as it, or the next part of it, is rendered.

        Args:
            cues: the sentences, from ``with_urgency``.
            options: of the request.
            characters: length of the text.
            turn: held around each rendering.
            extra_db: gain on everything.
            mark: makes what is heard before and after, when the first chunk is asked for.
        """
        import numpy as np

        def speak(index: int, cue: Cue) -> Iterator[Speech]:
            (scene, is_urgent), seed = cue, (options.seed + index) % 2**32
            parts = self._speaker.speak_parts(
                scene.sentence,
                scene.performance,
                options,
                seed=seed,
                extra_db=extra_db,
                in_parts=is_urgent,
                give_way=lambda: hold.give_way() if hold else None,
            )
            size, is_last = len(scene.sentence.phonemes), False
            while not is_last:
                with turn(size) as hold:  # not across parts, while the caller does something else
                    speech = next(parts)
                    if hold:
                        hold.made(len(speech.waveform) / self._speaker.sample_rate)
                yield speech
                size, is_last = 1, speech.part.is_last

        lead, tail = mark()
        warnings = warn_about(options)
        sample_rate = self._speaker.sample_rate
        position_s = pause_s = 0.0
        spoken = render_ahead(
            cues,
            speak,
            size=lambda cue: len(cue[0].sentence.phonemes),
            is_urgent=lambda cue: cue[1],
            is_last=lambda speech: speech.part.is_last,
            at_once=at_once(self._engine),
            together=TOGETHER if self._engine.together == 1 else TOGETHER * AT_ONCE_ON_CARD,
        )
        index = 0
        for (scene, _), speech in spoken:
            sentence, performance, part = scene.sentence, scene.performance, speech.part
            gap_s = pause_s + performance.context.pause_before_s if index else 0.0
            before_s = options.pause_scale * max(gap_s, sentence.silence_before_s) if part.is_first else 0.0
            after_s = options.pause_scale * sentence.silence_after_s if part.is_last else 0.0
            waveform = _with_silence(speech.waveform, before_s, after_s, sample_rate)
            begin_s = position_s + round(before_s * sample_rate) / sample_rate
            if index == 0 and part.is_first and len(lead):
                waveform = np.concatenate([lead, waveform])
                begin_s += len(lead) / sample_rate
            if scene.is_last and part.is_last:
                waveform = np.concatenate([waveform, tail])
            end_s = begin_s + len(speech.waveform) / sample_rate
            yield SynthesisChunk(
                index=index,
                progress=part.span.end / characters,
                sentence=sentence,
                waveform=waveform,
                sample_rate=sample_rate,
                timing=self._speaker.time(sentence, speech, begin_s, end_s),
                prosody=speech.prosody,
                stage_s=speech.stage_s,
                warnings=warnings + (scene.warnings if part.is_first else ()) + speech.warnings,
                performance=performance,
                ends_sentence=part.is_last,
            )
            warnings = ()
            position_s += len(waveform) / sample_rate
            if part.is_last:
                pause_s = sentence.pause_after_s * speech.pause_factor
                index += 1


def _with_silence(speech: FloatArray, before_s: float, after_s: float, sample_rate: int) -> FloatArray:
    """The pause that separates a sentence from the one before belongs to it, so that nothing ends in silence."""
    import numpy as np

    before, after = (np.zeros(round(seconds * sample_rate), np.float32) for seconds in (before_s, after_s))
    return np.concatenate([before, speech, after])


def at_once(engine: AcousticEngine) -> int:
    """Sentences of one text that are in the making at the same time."""
    if engine.together > 1:
        return AT_ONCE_ON_CARD
    return 1 if engine.arithmetic == SMALL else min(AT_ONCE, engine.threads)


def audible_mark(
    labelling: Labelling,
    front_end: FrontEnd,
    speaker: Speaker,
    options: SynthesisOptions,
    *,
    turn: Turn,
    extra_db: float,
) -> Mark:
    """The mark that is asked for, with its gap; empty where nothing is.

    Args:
        labelling: what is heard, and where.
        front_end: reads the spoken notice.
        speaker: speaks it.
        options: of the text that it belongs to.
        turn: as for ``Chunker.chunks``.
        extra_db: as there.
    """
    import numpy as np

    from .directing import scenes

    silence = gap(speaker.sample_rate)
    marks = {"none": np.zeros(0, np.float32)}
    if labelling.audible == "tones":
        marks["tones"] = tones(speaker.sample_rate) * np.float32(10 ** (extra_db / 20))
    elif labelling.audible == "spoken":  # plainly and at normal speed, whatever the text asks for
        plain = SynthesisOptions(voice=options.voice, seed=options.seed)
        read = scenes(front_end, front_end.open(NOTICE), emotion=plain.emotion, context=False)
        spoken = []
        for scene in read:
            with turn(len(scene.sentence.phonemes)):
                speech = speaker.speak(scene.sentence, scene.performance, plain, seed=plain.seed, extra_db=extra_db)
            spoken.append(speech.waveform)
        marks["spoken"] = np.concatenate(spoken)
    lead, tail = marks[labelling.at_start], marks[labelling.at_end]
    return (
        np.concatenate([lead, silence]) if len(lead) else lead,
        np.concatenate([silence, tail]) if len(tail) else tail,
    )


def warn_about(options: SynthesisOptions) -> tuple[str, ...]:
    """What of a request has no effect, or one that a caller may not want."""
    return (*_idle_reference(options), *_unclear_speed(options))


def _idle_reference(options: SynthesisOptions) -> tuple[str, ...]:
    if options.ref_audio is not None or options.references:
        return ()
    usual = SynthesisOptions()
    changed = [name for name in KNOBS if name.startswith("ref_") and getattr(options, name) != getattr(usual, name)]
    return tuple(
        f"没有参考音频（ref_audio），{name} 不起作用。{name} has no effect without ref_audio." for name in changed
    )


def _unclear_speed(options: SynthesisOptions) -> tuple[str, ...]:
    slow, fast = CLEAN_SPEED
    if slow <= options.speed <= fast:
        return ()
    return (
        f"语速 {options.speed:g} 超出 {slow:g}–{fast:g}，可能听不清。"
        f"speed {options.speed:g} is outside {slow:g}-{fast:g}, where speech stays clear.",
    )
