"""A made-up sentence with textbook tones, for laws that need no network."""

import numpy as np

from tts_engine.types import Break, Prosody, Sentence, Span, Syllable, Word

#: Pinyin, onset and rhyme tokens of a made-up sentence of two phrases; every syllable is onset + vowel + arrow.
READINGS = ("ta1", "bu2", "dong3", "ni3", "shuo1", "de5", "shi4", "zhen1", "jia3", "ma5")
WORDS = (("他", 1), ("不", 1), ("懂", 1), ("你", 1), ("说", 1), ("的", 1), ("是", 1), ("真假", 2), ("吗", 1))
ARROWS = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
HEIGHTS = {"1": (4, 4), "2": (-1, 3), "3": (-1, -6), "4": (4, -3), "5": (-2, -2)}


def make_sentence(comma_after: int = 4) -> Sentence:
    phonemes, syllables, breaks, characters = "", [], (), "".join(text for text, _ in WORDS)
    for index, reading in enumerate(READINGS):
        begin = len(phonemes)
        phonemes += "ta" + ARROWS[reading[-1]]
        syllables.append(Syllable(characters[index], reading, Span(index, index + 1), (begin, len(phonemes))))
        if index == comma_after:
            breaks = (Break(len(phonemes), "，"),)
            phonemes += ","
    phonemes += "."
    words, at = [], 0
    for text, count in WORDS:
        words.append(Word(text, Span(at, at + count), tuple(syllables[at : at + count])))
        at += count
    return Sentence(
        source=characters, span=Span(0, len(characters)), spoken=characters, words=tuple(words), phonemes=phonemes,
        breaks=breaks,
    )  # fmt: skip


def make_durations(sentence: Sentence) -> np.ndarray:
    frames = [{"t": 2.2, ",": 1.2, ".": 8.0}.get(symbol, 3.4) for symbol in sentence.phonemes]
    return np.array([16.0, *frames, 1.0], np.float32)


def make_prosody(sentence: Sentence, durations: np.ndarray, hz: float = 220.0, slope_st: float = -4.0) -> Prosody:
    """Tones as textbooks draw them on a falling line; onsets, pads and marks unvoiced."""
    edges = 2 * np.concatenate([[0], np.cumsum(durations)])
    count = int(edges[-1])
    f0, energy = np.full(count, 11.0, np.float32), np.full(count, -9.0, np.float32)
    syllables = [syllable for word in sentence.words for syllable in word.syllables]
    for syllable in syllables:
        begin, end = edges[syllable.phonemes[0] + 2], edges[syllable.phonemes[1] + 1]
        start, stop = HEIGHTS[syllable.reading[-1]]
        at = np.linspace(0, 1, end - begin)
        pitch = start + (stop - start) * at + slope_st * np.arange(begin, end) / count
        f0[begin:end] = hz * 2 ** (pitch / 12)
        energy[edges[syllable.phonemes[0] + 1] : end] = 8.0
    return Prosody(durations=np.asarray(durations), f0=f0, energy=energy)
