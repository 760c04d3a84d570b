"""Lines to sound: what the store has is taken, what it lacks is rendered, and both are counted."""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import TTSError
from ..speaking import unshared
from .checks import check_line
from .lines import PlannedLine, in_line
from .store import LineStore, Take

if TYPE_CHECKING:
    from ..options import SynthesisOptions
    from ..pipeline import Synthesizer, Turn
    from ..types import FloatArray, Sentence, SentenceTiming

#: Loudness that stands for silence in files that know no infinity.
SILENT_LUFS = -99.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a production is.

    Attributes:
        done: lines finished.
        total: lines in all.
        rendered: of those finished, how many were rendered now; the others were there.
        audio_s: seconds of speech so far.
        left_s: seconds that the rest will probably take; None as long as nothing was rendered.
        what: what is going on: ``render``, ``check``, ``mix``.
    """

    done: int
    total: int
    rendered: int
    audio_s: float
    left_s: float | None
    what: str = "render"


OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class Rendered:
    """What a run did.

    Attributes:
        rendered: numbers of the lines that were rendered now.
        reused: how many were there already.
        synthesis_s: seconds of rendering.
        audio_s: seconds of what was rendered now.
        characters: characters of what was rendered now.
    """

    rendered: list[int]
    reused: int = 0
    synthesis_s: float = 0.0
    audio_s: float = 0.0
    characters: int = 0


class Renderer:
    """Renders lines with one synthesizer into one store.

    Args:
        synthesizer: who speaks.
        store: what was rendered.
        turn: as for ``Synthesizer.stream``, where others use the same engine.
    """

    def __init__(self, synthesizer: Synthesizer, store: LineStore, turn: Turn = unshared) -> None:
        self._synthesizer = without_notice(synthesizer)
        self._store = store
        self._turn = turn

    def identify(self, text: str, options: SynthesisOptions, readings: Mapping[str, str] | None) -> str:
        """The name of a sound."""
        return self._synthesizer.identify(text, options, lexicon=readings)

    def syllables(self, text: str) -> list[str]:
        """What the words of a text would be read as: toneless pinyin, words of other scripts as they are spelt."""
        if not any(character.isalnum() for character in text):
            return []
        rows = (row for one in self._synthesizer.explain(text).reading.sentences for row in one.rows if row.reading)
        return [row.reading.rstrip("012345") if row.reading[-1].isdigit() else row.spoken.casefold() for row in rows]

    def render_all(self, lines: Iterable[PlannedLine], total: int, on_progress: OnProgress | None = None) -> Rendered:
        """Makes sure that every line is in the store.

        Raises:
            TTSError: a line cannot be rendered; says which. What was rendered before it is kept.
        """
        done, result = 0, Rendered([])
        left = total
        for line in lines:
            audio_s = 0.0
            if line.is_spoken:
                take = self._store.find(line.identity)
                if take is None:
                    take = self.render(line)
                    result.rendered.append(line.number)
                    result.synthesis_s += take.synthesis_s
                    result.audio_s += take.audio_s
                    result.characters += len(line.text)
                else:
                    result.reused += 1
                audio_s = take.audio_s
            done, left = done + 1, left - 1
            if on_progress is not None:
                per_line = result.synthesis_s / len(result.rendered) if result.rendered else None
                on_progress(
                    Progress(done, total, len(result.rendered), audio_s, None if per_line is None else left * per_line)
                )
        return result

    def render(self, line: PlannedLine) -> Take:
        """Renders a line and keeps it, whatever is in the store.

        Raises:
            TTSError: it cannot be rendered; says which line.
        """
        import numpy as np

        from ..audio.loudness import LoudnessMeter
        from ..prosody.timings import joined

        began = time.perf_counter()
        waveforms: list[FloatArray] = []
        sentences: list[SentenceTiming] = []
        syllables: list[str] = []
        warnings: dict[str, None] = {}
        is_inside = False
        try:
            for chunk in self._synthesizer.stream(line.text, line.options, lexicon=line.readings, turn=self._turn):
                waveforms.append(chunk.waveform)
                if is_inside:
                    sentences[-1] = joined(sentences[-1], chunk.timing)
                else:
                    sentences.append(chunk.timing)
                is_inside = not chunk.ends_sentence
                if chunk.ends_sentence:
                    syllables += syllables_of(chunk.sentence)
                warnings.update(dict.fromkeys(chunk.warnings))
        except TTSError as error:
            raise in_line(error, line.number, line.text) from error
        waveform = np.concatenate(waveforms)
        rate = self._synthesizer.sample_rate
        meter = LoudnessMeter(rate)
        meter.add(waveform)
        take = Take(
            identity=line.identity,
            samples=len(waveform),
            sample_rate=rate,
            sentences=tuple(sentences),
            blocks_lufs=tuple(float(max(SILENT_LUFS, value)) for value in meter.momentary_lufs()),
            peak=meter.peak,
            syllables=tuple(syllables),
            warnings=tuple(warnings),
            synthesis_s=time.perf_counter() - began,
        )
        take = dataclasses.replace(take, flags=check_line(take, waveform))
        return self._store.add(take, waveform)


def syllables_of(sentence: Sentence) -> list[str]:
    """What a sentence says: toneless pinyin of its characters, words of other scripts as they are spelt."""
    return [
        syllable.reading.rstrip("012345") if syllable.language == "zh" else syllable.text.casefold()
        for word in sentence.words
        for syllable in word.syllables
    ]


def without_notice(synthesizer: Synthesizer) -> Synthesizer:
    """The same synthesizer that adds no mark that is heard: a programme says it once, not with every line."""
    quiet = copy.copy(synthesizer)
    vars(quiet).pop("identity", None)  # remembered, and the mark is a part of it
    quiet.labelling = dataclasses.replace(synthesizer.labelling, audible="none")
    return quiet
