"""Learns how English letters sound from a pronunciation lexicon: package data for words that no lexicon lists.

    python scripts/train_letter_sounds.py LEXICON_DIR

Letters and sounds are aligned by hard expectation-maximisation; then, from the widest to the narrowest idea of a
letter's neighbours, only those neighbourhoods are kept that say something else than what is already known.
Source: Daelemans, van den Bosch, Weijters: "IGTree" (1997); differs in that a neighbourhood must win by ``MIN_GAIN``
words. Prints the share of held-out words that come out right; writes ``english/letter_sounds.txt``.
"""

from __future__ import annotations

import json
import math
import random
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from tts_engine.text.english.letter_sounds import CONTEXTS, SILENT, context_of

OUT = Path(__file__).parents[1] / "src" / "tts_engine" / "text" / "english" / "letter_sounds.txt"
SOUND = re.compile("[ˈˌ]?.")
MAX_SOUNDS = 2
MIN_GAIN = 3
ROUNDS = 4


def lexicon(folder: Path) -> list[tuple[str, list[str]]]:
    """Plain words with their sounds."""
    words = {}
    for name in ("us_silver.json", "us_gold.json"):
        for word, value in json.loads((folder / name).read_text("utf-8")).items():
            phonemes = value if isinstance(value, str) else value.get("DEFAULT")
            if phonemes and re.fullmatch("[a-z]{2,16}", word):
                words[word] = SOUND.findall(phonemes)
    return [
        (word, sounds)
        for word, sounds in words.items()
        if len(sounds) <= 2 * len(word) and len(word) <= 2 * len(sounds) + 3
    ]


def align(word: str, sounds: list[str], score: dict[tuple[str, str], float]) -> list[str] | None:
    """Sounds of each letter, joined; the best way, or None where there is none."""
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for letter in word:
        row: dict[int, tuple[float, int]] = {}
        for done, (total, _) in best[-1].items():
            for count in range(MAX_SOUNDS + 1):
                end = done + count
                if end > len(sounds):
                    break
                value = total + score.get((letter, "".join(sounds[done:end])), -12.0 - 4.0 * count)
                if end not in row or value > row[end][0]:
                    row[end] = (value, done)
        best.append(row)
    if len(sounds) not in best[-1]:
        return None
    chunks = []
    end = len(sounds)
    for at in range(len(word), 0, -1):
        begin = best[at][end][1]
        chunks.append("".join(sounds[begin:end]))
        end = begin
    return chunks[::-1]


def start_scores(words: list[tuple[str, list[str]]]) -> dict[tuple[str, str], float]:
    """First guess: a letter sounds like what stands at the same relative place."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for word, sounds in words:
        for at, letter in enumerate(word):
            middle = at * len(sounds) / len(word)
            for index, sound in enumerate(sounds):
                weight = math.exp(-abs(index - middle))
                counts[letter][sound.strip("ˈˌ")] += weight
            counts[letter][""] += 0.15
    scores = {}
    for letter, row in counts.items():
        total = sum(row.values())
        for sound, count in row.items():
            for mark in ("", "ˈ", "ˌ") if sound else ("",):
                scores[letter, mark + sound] = math.log(count / total)
    return scores


def reestimate(aligned: list[tuple[str, list[str]]]) -> dict[tuple[str, str], float]:
    """Scores from an alignment."""
    pairs = Counter(pair for word, chunks in aligned for pair in zip(word, chunks, strict=True))
    totals = Counter(letter for word, _ in aligned for letter in word)
    return {(letter, chunk): math.log(count / totals[letter]) for (letter, chunk), count in pairs.items() if count > 2}


def learn(aligned: list[tuple[str, list[str]]]) -> dict[str, str]:
    """Neighbourhood -> sounds, only where it changes what wider ones say."""
    table: dict[str, str] = {}
    guesses = [[""] * len(word) for word, _ in aligned]
    for left, right in CONTEXTS:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        keys = []
        for word, chunks in aligned:
            row = [context_of(word, at, left, right) for at in range(len(word))]
            keys.append(row)
            for key, chunk in zip(row, chunks, strict=True):
                counts[key][chunk] += 1
        now: dict[str, Counter[str]] = defaultdict(Counter)
        for row, guess in zip(keys, guesses, strict=True):
            for key, chunk in zip(row, guess, strict=True):
                now[key][chunk] += 1
        for key, row in counts.items():
            chunk, count = row.most_common(1)[0]
            held = max(now[key], key=now[key].__getitem__)
            if (left, right) == (0, 0) or (chunk != held and count - row[held] >= MIN_GAIN):
                table[key] = chunk
        for row, guess in zip(keys, guesses, strict=True):
            for at, key in enumerate(row):
                if key in table:
                    guess[at] = table[key]
    return table


def main() -> None:
    """Trains, measures on every 20th word, writes."""
    words = lexicon(Path(sys.argv[1]))
    random.Random(1).shuffle(words)
    held, words = words[: len(words) // 20], words[len(words) // 20 :]
    score = start_scores(words)
    for _ in range(ROUNDS):
        aligned = [(word, chunks) for word, sounds in words if (chunks := align(word, sounds, score))]
        score = reestimate(aligned)
    table = learn(aligned)
    lines = [f"{key} {chunk or SILENT}" for key, chunk in sorted(table.items())]
    OUT.write_text("\n".join(lines) + "\n", "utf-8")
    from tts_engine.text.english.letter_sounds import sound_out

    right = sum(sound_out(word) == "".join(sounds) for word, sounds in held)
    plain = str.maketrans("", "", "ˈˌ")
    close = sum(sound_out(word).translate(plain) == "".join(sounds).translate(plain) for word, sounds in held)
    print(f"{len(aligned)} words, {len(table)} entries, {OUT.stat().st_size / 1e3:.0f} kB")
    print(f"held out: {len(held)} words, right {right / len(held):.1%}, apart from stress {close / len(held):.1%}")


if __name__ == "__main__":
    main()
