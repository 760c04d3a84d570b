"""The one file of a fast decoder: float16 weights behind a header that says what they are. Format: safetensors.

    8 bytes, little-endian: length of the header · header, JSON · the arrays one after the other

The header's ``__metadata__`` holds ``format``, the configuration and the facts of the training (licence, teacher,
recipe, figures) as JSON. ``find_decoder`` says where ``decoder="fast"`` takes it from.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tts_engine.acoustic.fast.config import FastConfig
from tts_engine.errors import AssetDamagedError, FeatureMissingError

if TYPE_CHECKING:
    from tts_engine.types import FloatArray

#: What chooses the installed fast decoder where a file could stand.
FAST = "fast"

SUFFIX = ".safetensors"
FORMAT = "tts-engine fast decoder 1"
MOST_HEADER_BYTES = 1 << 20

#: Name of the file among the package's data and in the folder of the models.
FILE = "fast_decoder.safetensors"


@dataclass(frozen=True)
class FastWeights:
    """A fast decoder as data.

    Attributes:
        config: what it is.
        parameters: name -> float32 array, as ``graph`` reads them.
        facts: of its training: ``licence``, ``teacher``, ``recipe``, ``figures``.
    """

    config: FastConfig
    parameters: Mapping[str, FloatArray]
    facts: Mapping[str, Any]


def is_fast(decoder: object) -> bool:
    """Whether this choice of a decoder is a fast one, by its name or the ending of its file."""
    return decoder is not None and (str(decoder) == FAST or Path(str(decoder)).suffix == SUFFIX)


def find_decoder(decoder: str | Path | None, cache_hub: Path) -> Path | None:
    """The file behind the choice of a decoder; None for the model's own.

    A file stands for itself, ``fast`` for the fast decoder in ``cache_hub``, else for the package's own.

    Raises:
        FeatureMissingError: no such fast decoder; says where it was looked for and what to do.
    """
    if decoder is None or not is_fast(decoder):
        return None if decoder is None else Path(decoder)
    named = str(decoder) != FAST
    packaged = Path(str(resources.files(__package__).joinpath(FILE)))
    places = (Path(decoder),) if named else (cache_hub / FILE, packaged)
    for place in places:
        if place.is_file():
            return place
    chinese = (
        f"没有这个文件：{decoder}" if named else f"本版本还没有附带训练好的快速解码器，{cache_hub / FILE} 也不存在"
    )
    english = (
        f"there is no such file: {decoder}"
        if named
        else f"no trained fast decoder ships with this version yet, and there is none at {cache_hub / FILE}"
    )
    raise FeatureMissingError(
        f"无法使用快速解码器：{chinese}。请按 docs/distill.md 训练一个并放到那里，或去掉 TTS_DECODER 使用完整解码器。"
        f"The fast decoder cannot be used: {english}. Train one as docs/distill.md says and put it there, or leave"
        " TTS_DECODER out for the full decoder.",
        code="fast_decoder_missing",
        places=[str(place) for place in places],
    )


def save_weights(path: Path, weights: FastWeights) -> Path:
    """Writes the file, whole or not at all."""
    halves = {name: np.ascontiguousarray(value, "<f2") for name, value in sorted(weights.parameters.items())}
    metadata = {
        "format": FORMAT,
        "config": json.dumps(dataclasses.asdict(weights.config)),
        "facts": json.dumps(dict(weights.facts), ensure_ascii=False),
    }
    header: dict[str, Any] = {"__metadata__": metadata}
    offset = 0
    for name, value in halves.items():
        header[name] = {"dtype": "F16", "shape": list(value.shape), "data_offsets": [offset, offset + value.nbytes]}
        offset += value.nbytes
    encoded = json.dumps(header, ensure_ascii=False).encode()
    encoded += b" " * (-len(encoded) % 8)
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for value in halves.values():
            file.write(value.tobytes())
    partial.replace(path)
    return path


def load_weights(path: Path) -> FastWeights:
    """Reads the file.

    Raises:
        AssetDamagedError: it is not a fast decoder, or not whole.
    """
    try:
        return _read(path.read_bytes())
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise AssetDamagedError(
            f"{path} 不是快速解码器：{error}。{path} is no fast decoder: {error}. Give a file that"
            " `python scripts/distill export` wrote.",
            path=str(path),
        ) from error


def read_facts(path: Path) -> Mapping[str, Any]:
    """The facts of its training alone.

    Raises:
        AssetDamagedError: as ``load_weights``.
    """
    return load_weights(path).facts


def _read(data: bytes) -> FastWeights:
    (length,) = struct.unpack_from("<Q", data)
    if length > min(MOST_HEADER_BYTES, len(data) - 8):
        raise ValueError("its header is longer than it may be")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    if metadata.get("format") != FORMAT:
        raise ValueError(f"its format is {metadata.get('format')!r}, this version reads {FORMAT!r}")
    config = FastConfig(**json.loads(metadata["config"]))
    body = memoryview(data)[8 + length :]
    parameters = {}
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        if tensor["dtype"] != "F16" or not 0 <= begin <= end <= len(body):
            raise ValueError(f"{name} is cut off, or no float16")
        array = np.frombuffer(body[begin:end], "<f2").reshape(tensor["shape"])
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds NaN or infinite values")
        parameters[name] = array.astype(np.float32)
    return FastWeights(config, parameters, json.loads(metadata["facts"]))
