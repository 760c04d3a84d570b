"""Human recordings as references: which ones, what is neutral for their speakers, what is known of them.

    FOLDER/SPEAKER/*.ogg (or wav, flac, mp3), and NAME.txt beside NAME.ogg where what is said is known

None is in the repository. Ours came out of Debian packages, unpacked with ``dpkg -x`` side by side in one folder:

    fillets-ng-data-cs, fillets-ng-data-nl, fillets-ng-data     acted dialogues of a game (GPL-2), and their texts
    asterisk-core-sounds-{en,es,fr,it,ru}-wav, asterisk-prompt-it-menardi-wav     studio prompts at 8 kHz (free)

    python benchmarks/recordings.py UNPACKED FOLDER     links them into FOLDER/acted and FOLDER/prompts
    python benchmarks/transfer.py --keep KEEP --recordings FOLDER/acted

The rule, the same for every folder: a speaker's recordings of 2.5 to 12 s are shuffled by a seed made of the speaker's
name; speakers take turns, each giving the next of theirs. Neutral is, of forty others of the speaker (shuffled
likewise, 1.2 s or longer), the six whose median and standard deviation of log-F0 lie nearest to the medians of all
forty, joined with pauses. Nobody has listened and chosen; what the engine refuses to hear counts as refused.

Pitch is Praat's, in two passes. Syllables are the groups of vowels of the text, by the spelling of Czech and Dutch;
without a text they are what the engine hears, and the rate says nothing then. Phrases are what the engine hears.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from benchmarks.acoustics import track_voice
from benchmarks.stand_ins import FAINT_DB, StandIn, Waveform, level_at

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_S, MOST_S = 2.5, 12.0

#: Recordings among which the neutral ones are looked for, how many are joined, the least length and the pause between.
CANDIDATES, JOINED, LEAST_NEUTRAL_S, BETWEEN_S = 40, 6, 1.2, 0.35

SUFFIXES = {".wav", ".ogg", ".flac", ".mp3", ".opus"}

#: Diphthongs and long vowels of Czech and Dutch count once, other neighbours each; so do r and l between consonants.
NUCLEI = re.compile(
    r"[aeo]u(?!\w*[áéíóúůý]\b)|ieuw|eeuw|aai|ooi|oei|aa|ee|oo|uu|ie|oe|ij|ei|ui|eu|[aeiouyáéíóúůýěëïöüàèêâîôûäæøåœ]"
    r"|(?<=[^\Waeiouyáéíóúůýě])[rl](?=[^\Waeiouyáéíóúůýě]|\b)"
)


def references(folder: Path, count: int) -> list[Path]:
    """The recordings that serve as references, in the order of their numbers."""
    queues = [_shuffled(speaker, "reference", LEAST_S, MOST_S) for speaker in _speakers(folder)]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*queues))
    return list(itertools.islice((file for file in turns if file is not None), count))


def neutral(file: Path, chosen: set[Path], sample_rate: int) -> Waveform:
    """The speaker of a recording at their most usual, nothing that is a reference; (samples,) float32."""
    speaker = file.parent
    others = (one for one in _shuffled(speaker, "neutral", LEAST_NEUTRAL_S, MOST_S) if one not in chosen)
    waveforms, places = [], []
    for waveform in (_read(one, sample_rate) for one in itertools.islice(others, CANDIDATES)):
        _, f0 = heard_pitch(waveform, sample_rate)
        if len(f0) > 30:
            waveforms.append(waveform)
            places.append((12 * np.log2(np.median(f0)), (12 * np.log2(f0)).std()))
    away = np.abs(np.array(places) - np.median(places, axis=0)) / np.std(places, axis=0)
    nearest = np.argsort(np.square(away).sum(axis=1))[:JOINED]
    pause = np.zeros(round(BETWEEN_S * sample_rate), np.float32)
    return np.concatenate([part for number in nearest for part in (waveforms[number], pause)])


def human(file: Path, number: int, usual: Waveform, sample_rate: int) -> StandIn:
    """A recording as a reference.

    Args:
        file: the recording.
        number: of the reference.
        usual: its speaker, speaking neutrally.
        sample_rate: to bring it to.

    Raises:
        AudioError: the engine does not take it for a reference.
    """
    from benchmarks.transfer import as_wav
    from tts_engine.hearing.hear import hear

    waveform = _read(file, sample_rate)
    style = hear(as_wav(waveform, sample_rate))
    text = file.with_suffix(".txt")
    known = count_syllables(text.read_text("utf-8")) if text.exists() else 0
    return StandIn(
        name=f"{number:02d}_{file.parent.name}_{file.stem}",
        waveform=waveform,
        sample_rate=sample_rate,
        syllables=known or round(sum(phrase.syllables for phrase in style.phrases)),
        phrases=np.array([(phrase.begin_s, phrase.end_s) for phrase in style.phrases]),
        neutral_hz=float(np.median(heard_pitch(usual, sample_rate)[1])),
        pitch=np.stack(heard_pitch(waveform, sample_rate), axis=1),
        neutral=usual,
    )


def heard_pitch(waveform: Waveform, sample_rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and Hz of the voiced frames of a recording, by Praat in two passes.

    Voice that is ``FAINT_DB`` under the loudest is left out: creak and noise are an octave off too often.
    """
    times, f0 = track_voice(waveform, sample_rate)
    level = level_at(waveform, sample_rate, times)
    clear = (f0 > 0) & (level > level.max() - FAINT_DB)
    return times[clear], f0[clear]


def count_syllables(text: str) -> int:
    """Syllables of a text in Czech or Dutch by its spelling; roughly right for other Latin spellings."""
    return len(NUCLEI.findall(text.lower()))


def _speakers(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.is_dir())
    if not found:
        sys.exit(f"{folder}: no folder of a speaker in it")
    return found


def _shuffled(speaker: Path, purpose: str, least_s: float, most_s: float) -> Iterator[Path]:
    """The recordings of a speaker of a length in an order that depends on names alone."""
    import soundfile

    files = sorted(file for file in speaker.iterdir() if file.suffix in SUFFIXES)
    random.Random(f"{purpose} {speaker.name}").shuffle(files)
    return (file for file in files if least_s <= soundfile.info(file).duration <= most_s)


def _read(file: Path, sample_rate: int) -> Waveform:
    import soundfile
    from scipy.signal import resample_poly

    samples, rate = soundfile.read(file, always_2d=True)
    return np.asarray(resample_poly(samples.mean(axis=1), sample_rate, rate), np.float32)


def _link(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file.name).unlink(missing_ok=True)
    (folder / file.name).symlink_to(file.resolve())


def main() -> None:
    """Links the recordings of unpacked packages into a folder for each speaker, with their texts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("unpacked", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    said = re.compile(r'dialogId\("([^"]+)"[^\n]*\n\s*dialogStr\("((?:[^"\\]|\\.)*)"')
    for language in ("cs", "nl"):
        scripts = arguments.unpacked.rglob(f"script/*/dialogs_{language}.lua")
        texts = dict(pair for script in sorted(scripts) for pair in said.findall(script.read_text("utf-8")))
        for file in sorted(arguments.unpacked.rglob(f"sound/*/{language}/*-*-*.ogg")):
            speaker = file.stem.split("-")[1]  # m and v are the two fish, hs is a talking head (in Czech)
            if speaker in ("m", "v", "hs") and file.stem in texts and (speaker, language) != ("hs", "nl"):
                folder = arguments.folder / "acted" / f"{language}-{speaker}"
                _link(file, folder)
                (folder / f"{file.stem}.txt").write_text(texts[file.stem], "utf-8")
    for file in sorted(arguments.unpacked.rglob("asterisk/sounds/*/*.wav")):
        _link(file, arguments.folder / "prompts" / file.parent.name)


if __name__ == "__main__":
    main()
