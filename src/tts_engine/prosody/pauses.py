"""Pauses inside a sentence, made where the curves are already silent.

The durations of the model run ahead of its sound: the silence of a comma lies at the end of the sound before it and
the beginning of the mark's own token. Lengthening that token before the curves are drawn does not lengthen the
silence, the model fills it with a voiced hum (measured: 14 more frames on a comma gave 0.3 s of 170 Hz). So pauses are
set afterwards: the silence around a break is found in the curves, given to the mark, and cut or extended there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from ..types import Break, Prosody

#: Values of the model's energy curve below this are silence; its pads lie at -9.
SILENT_ENERGY = 0.0
PAD_ENERGY = -9.3
PAD_HZ = 11.0

#: (number of the break, seconds of silence that the model drew) -> seconds wished.
Wish = Callable[[int, float], float]


def set_silences(prosody: Prosody, breaks: Sequence[Break], wish: Wish, *, frame_rate: float) -> Prosody:
    """The curves with the silence of each break as long as wished; what sounds is not touched.

    Args:
        prosody: as predicted.
        breaks: of the sentence, in order.
        wish: says how long each silence is to be; the length that it already has leaves everything as it is.
        frame_rate: frames of ``durations`` per second.

    Returns:
        Prosody whose mark tokens begin where their silence does; every token keeps at least one frame.
    """
    for number, item in enumerate(breaks):
        token = item.phoneme + 1
        begin, end = _silence(prosody, token)
        drawn = end - begin
        wished = max(0, round(wish(number, drawn / frame_rate) * frame_rate))
        if wished != drawn:
            prosody = _resized(_given_to(prosody, token, begin, end), token, drawn, wished)
    return prosody


def silence_of(prosody: Prosody, item: Break) -> tuple[int, int]:
    """First frame of the silence at a break and the one after its last, equal where there is none."""
    return _silence(prosody, item.phoneme + 1)


def _silence(prosody: Prosody, token: int) -> tuple[int, int]:
    """The silent frames around a mark: at most from the sound before it to the one after it.

    Where nothing is silent, an empty stretch at the weakest frame.
    """
    edges = np.concatenate([[0], np.cumsum(prosody.durations)])
    first = int(edges[max(token - 1, 1)]) + (1 if token > 1 else 0)  # the sound before keeps a frame
    last = int(edges[min(token + 2, len(edges) - 1)]) - 1  # and so does what follows
    energy = prosody.energy[2 * first : 2 * last].reshape(-1, 2).mean(axis=1)
    if not len(energy):
        return int(edges[token]), int(edges[token])
    lowest = int(energy.argmin())
    begin = end = lowest
    while begin > 0 and energy[begin - 1] < SILENT_ENERGY:
        begin -= 1
    while end < len(energy) and energy[end] < SILENT_ENERGY:
        end += 1
    return first + begin, first + max(end, begin)


def _given_to(prosody: Prosody, token: int, begin: int, end: int) -> Prosody:
    """The same curves with the border between a mark and the sounds beside it moved so that it holds its silence."""
    durations = prosody.durations.copy()
    edges = np.concatenate([[0], np.cumsum(durations)])
    own_begin, own_end = int(edges[token]), int(edges[token + 1])
    if begin < own_begin and token > 1:
        durations[token - 1] -= own_begin - begin
        durations[token] += own_begin - begin
    needed = max(end, begin + 1)
    if needed > own_end and token + 1 < len(durations):
        durations[token + 1] -= needed - own_end
        durations[token] += needed - own_end
    elif begin > own_begin:  # the silence begins inside the mark: what sounds before it belongs to the sound before
        durations[token - 1] += begin - own_begin
        durations[token] -= begin - own_begin
    return dataclasses.replace(prosody, durations=durations)


def _resized(prosody: Prosody, token: int, drawn: int, wished: int) -> Prosody:
    """A mark whose silence, at the beginning of its token, has another length."""
    durations = prosody.durations.copy()
    change = max(wished - drawn, 1 - int(durations[token]))
    durations[token] += change
    begin = int(prosody.durations[:token].sum())
    middle = 2 * (begin + min(drawn, int(prosody.durations[token])) // 2)
    if change > 0:
        f0 = np.insert(prosody.f0, middle, np.full(2 * change, PAD_HZ, np.float32))
        energy = np.insert(prosody.energy, middle, np.full(2 * change, PAD_ENERGY, np.float32))
    else:
        cut = slice(2 * begin, 2 * (begin - change))
        f0, energy = np.delete(prosody.f0, cut), np.delete(prosody.energy, cut)
    return Prosody(durations, f0.astype(np.float32), energy.astype(np.float32))
