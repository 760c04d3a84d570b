"""A small recurrent network that rates the readings of polyphones by their sentence.

Weights and candidate readings are those of g2pM (Apache-2.0), in ``data/polyphone_model.npz``.
Source: Park, Lee: "g2pM: A Neural Grapheme-to-Phoneme Conversion Package for Mandarin Chinese Based on a New Open
Benchmark Dataset", Interspeech 2020. One bidirectional LSTM (64 -> 2 x 32) over characters and two linear layers;
differs in that both directions run in one pass and ratings are given for the candidates of the character alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_UNKNOWN, _BEGIN, _END = 1, 2, 3
_HIDDEN = 32

#: Longest stretch read at once, characters; longer texts are read in windows that overlap.
MAX_WINDOW = 512


@dataclass(frozen=True, slots=True)
class ContextModel:
    """The network.

    Attributes:
        symbols: character -> index of its embedding.
        candidates: polyphone -> readings, tone-numbered.
        inputs: (2, n_symbols, 128) embeddings times input weights plus biases, forward and backward; gates in the
            order input, forget, output (scaled for ``sigmoid(x) = (tanh(x / 2) + 1) / 2``), cell.
        recurrent: (2, 32, 128), the same order and scale.
        hidden: (64, 32) weights and (32,) bias of the first layer.
        output: (32, n_classes) weights and (n_classes,) bias of the second.
        classes: reading -> column of ``output``.
    """

    symbols: dict[str, int]
    candidates: dict[str, tuple[str, ...]]
    inputs: Array
    recurrent: Array
    hidden: tuple[Array, Array]
    output: tuple[Array, Array]
    classes: dict[str, int]

    def rate(self, text: str, places: Sequence[int]) -> list[dict[str, float]]:
        """Log probabilities of the candidate readings at each of ``places``, indices of polyphones in ``text``."""
        import numpy as np

        if not places:
            return []
        states = np.concatenate([self._states(text[at : at + MAX_WINDOW]) for at in range(0, len(text), MAX_WINDOW)])
        layer = np.maximum(states[list(places)] @ self.hidden[0] + self.hidden[1], 0)
        rows = layer @ self.output[0] + self.output[1]
        rated = []
        for place, row in zip(places, rows, strict=True):
            readings = self.candidates[text[place]]
            scores = [float(row[self.classes[reading]]) for reading in readings]
            top = max(scores)
            total = top + math.log(sum(math.exp(score - top) for score in scores))
            rated.append({reading: score - total for reading, score in zip(readings, scores, strict=True)})
        return rated

    def _states(self, text: str) -> Array:
        """(len(text), 64) states of both directions."""
        import numpy as np

        ids = [_BEGIN, *(self.symbols.get(char, _UNKNOWN) for char in text), _END]
        steps = np.stack([self.inputs[0][ids], self.inputs[1][ids[::-1]]], axis=1)[:, :, None]  # (T, 2, 1, 128)
        states = np.empty((len(ids), 2, 1, _HIDDEN), np.float32)
        cell = np.zeros((2, 1, _HIDDEN), np.float32)
        state = np.zeros((2, 1, _HIDDEN), np.float32)
        size = _HIDDEN
        for at in range(len(ids)):
            gates = np.matmul(state, self.recurrent)
            gates += steps[at]
            np.tanh(gates, out=gates)
            sigmoids = gates[..., : 3 * size]
            sigmoids += 1.0
            sigmoids *= 0.5
            cell *= gates[..., size : 2 * size]
            cell += gates[..., :size] * gates[..., 3 * size :]
            state = states[at]
            np.tanh(cell, out=state)
            state *= gates[..., 2 * size : 3 * size]
        both: Array = np.concatenate([states[1:-1, 0, 0], states[::-1][1:-1, 1, 0]], axis=1)
        return both


@cache
def load_model() -> ContextModel:
    """The network, loaded once."""
    import numpy as np

    with as_file(files(__package__) / "data" / "polyphone_model.npz") as path, np.load(path) as file:
        data = {name: file[name] for name in file.files}
    weights = {name: array.astype(np.float32) for name, array in data.items() if array.dtype == np.float16}
    order = np.r_[0:64, 96:128, 64:96]  # input, forget, cell, output -> input, forget, output, cell
    scale = np.r_[np.full(96, 0.5), np.ones(32)].astype(np.float32)

    def gates(array: Array) -> Array:
        ordered: Array = array[order] * (scale[:, None] if array.ndim == 2 else scale)
        return ordered

    inputs, recurrent = [], []
    for direction in ("", "_reverse"):
        bias = weights[f"lstm_bias_ih_l0{direction}"] + weights[f"lstm_bias_hh_l0{direction}"]
        inputs.append(weights["embedding_weight"] @ gates(weights[f"lstm_weight_ih_l0{direction}"]).T + gates(bias))
        recurrent.append(gates(weights[f"lstm_weight_hh_l0{direction}"]).T)
    names = str(data["classes"]).split(" ")
    candidates = {}
    for line in str(data["candidates"]).splitlines():
        char, *columns = line.split(" ")
        candidates[char] = tuple(names[int(column)] for column in columns)
    return ContextModel(
        symbols={char: index for index, char in enumerate(str(data["symbols"]), 4)},
        candidates=candidates,
        inputs=np.stack(inputs),
        recurrent=np.stack(recurrent),
        hidden=(weights["logit_layer_0_weight"].T.copy(), weights["logit_layer_0_bias"]),
        output=(weights["logit_layer_2_weight"].T.copy(), weights["logit_layer_2_bias"]),
        classes={name: index for index, name in enumerate(names)},
    )
