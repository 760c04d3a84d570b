"""A tuned decoder in place of the model's own; reading one needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import AssetDamagedError

if TYPE_CHECKING:
    from ..types import FloatArray


def load_decoder(file: Path, parameters: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """The parameters with those of a tuned decoder in place of their own.

    Raises:
        AssetDamagedError: not a decoder of this network.
    """
    try:
        with np.load(file, allow_pickle=False) as data:
            tuned = {name: data[name].astype(np.float32) for name in data.files}
    except (OSError, ValueError) as error:
        raise AssetDamagedError(
            f"无法读取微调的解码器 {file}：{error}。Cannot read the tuned decoder {file}: {error}.", path=str(file)
        ) from error
    wrong = [name for name in tuned if name not in parameters or parameters[name].shape != tuned[name].shape]
    if wrong or not tuned:
        raise AssetDamagedError(
            f"{file} 不是这个模型的解码器（{wrong[:3]}）。{file} is no decoder of this model ({wrong[:3]}):"
            " give a decoder.npz that tts-engine voice tune wrote for it.",
            path=str(file),
        )
    return {name: tuned.get(name, parameters[name]) for name in parameters}
