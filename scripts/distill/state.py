"""State of a training run on the disk: one folder of parts small enough to be carried, exchanged whole."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import torch

from .lessons import MOST_BYTES

INDEX = "index.json"
PART_BYTES = MOST_BYTES - (1 << 16)


def save_state(folder: Path, state: dict[str, Any]) -> list[Path]:
    """Writes ``folder/state``: parts of at most 16 MiB and an index with their digests; till then the old one stays."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getbuffer()
    partial, current, old = (folder / name for name in ("state.part", "state", "state.old"))
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    digests = {}
    for number, begin in enumerate(range(0, len(data), PART_BYTES)):
        piece = data[begin : begin + PART_BYTES]
        name = f"{number:03}.bin"
        (partial / name).write_bytes(piece)
        digests[name] = hashlib.sha256(piece).hexdigest()
    (partial / INDEX).write_text(json.dumps({"step": state.get("step"), "parts": digests}, indent=1), encoding="utf-8")
    shutil.rmtree(old, ignore_errors=True)
    if current.exists():
        current.replace(old)
    partial.replace(current)
    shutil.rmtree(old, ignore_errors=True)
    return sorted(current.iterdir())


def load_state(folder: Path, device: torch.device) -> dict[str, Any] | None:
    """The state in a folder, or None where there is none.

    Raises:
        ValueError: a part is missing or was changed on its way.
    """
    current = next((place for name in ("state", "state.old") if (place := folder / name).is_dir()), None)
    if current is None:
        return None
    parts = json.loads((current / INDEX).read_text(encoding="utf-8"))["parts"]
    buffer = io.BytesIO()
    for name, digest in parts.items():
        piece = (current / name).read_bytes() if (current / name).is_file() else b""
        if hashlib.sha256(piece).hexdigest() != digest:
            raise ValueError(f"{current / name} is missing or damaged: carry it again")
        buffer.write(piece)
    buffer.seek(0)
    state: dict[str, Any] = torch.load(buffer, map_location=device, weights_only=True)
    return state
