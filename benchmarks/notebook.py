"""What was measured and rendered already, kept between runs so that a long benchmark can go on where it stopped.

Everything is keyed by content (text, options, code, samples), never by a name or a time: a record is used again
only if making it again would give the same. Keep the folder outside the repository.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tts_engine.acoustic.engine import AcousticEngine, Encoding
from tts_engine.types import Prosody

if TYPE_CHECKING:
    from tts_engine.pipeline import Synthesizer

_SOURCE = Path(__file__).resolve().parent.parent / "src" / "tts_engine"

#: Folders and files of the package that decide how a sentence sounds.
VOICE_CODE = ("text", "emotion", "prosody", "acoustic", "audio", "speaking.py", "directing.py", "pipeline.py")
DECODER_CODE = ("acoustic",)


class Notebook:
    """Records in one file of JSON lines: appended at once, read again at the next start."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._records: dict[str, Any] = {}
        if file.exists():
            for line in file.read_text("utf-8").splitlines():
                with contextlib.suppress(json.JSONDecodeError):  # empty, or half a line of a run that was killed
                    entry = json.loads(line)
                    self._records[entry["key"]] = entry["value"]

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def get(self, key: str) -> Any:
        """The record, or None."""
        return self._records.get(key)

    def put(self, key: str, value: Any) -> Any:
        """Keeps a record and gives it back."""
        self._records[key] = value
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:  # a new line first: the last writer may have been killed
            file.write("\n" + json.dumps({"key": key, "value": value}, ensure_ascii=False))
        return value


class RememberingEngine(AcousticEngine):
    """The engine with every waveform that it rendered kept in a folder; the decoder is nine tenths of the time."""

    folder: Path = Path("renders")

    def rendering(
        self,
        encoding: Encoding,
        prosody: Prosody,
        timbre_style: NDArray[np.float32],
        *,
        seed: int = 0,
        noise: float = 1.0,
    ) -> Any:
        """As the engine's, its parts from the folder where they were rendered before."""
        parts = (encoding.text, prosody.durations, prosody.f0, prosody.energy, timbre_style)
        key = digest(*(np.ascontiguousarray(part).tobytes() for part in parts), f"{seed} {noise}", code(DECODER_CODE))
        return _Remembered(super().rendering(encoding, prosody, timbre_style, seed=seed, noise=noise), self.folder, key)


@dataclass(frozen=True)
class _Remembered:
    """A rendering whose parts are kept in files of a folder."""

    rendering: Any
    folder: Path
    key: str

    @property
    def frames(self) -> int:
        return int(self.rendering.frames)

    @property
    def joins(self) -> bool:
        return bool(self.rendering.joins)

    def part(self, begin: int, end: int, between: Any = None) -> NDArray[np.float32]:
        file = self.folder / f"{self.key}_{begin}_{end}.npy"
        if file.exists():
            return np.asarray(np.load(file), dtype=np.float32)
        waveform = np.asarray(self.rendering.part(begin, end), dtype=np.float32)
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as writer:
            np.save(writer, waveform)
        unfinished.replace(file)
        return waveform


@dataclass(frozen=True)
class Sung:
    """A waveform in the place of a rendering: what an engine without its decoder gives.

    Attributes:
        waveform: (frames * frame_hop,) float32.
        frame_hop: samples of a frame.
    """

    waveform: NDArray[np.float32]
    frame_hop: int
    joins: bool = True

    @property
    def frames(self) -> int:
        """Frames of the whole."""
        return len(self.waveform) // self.frame_hop

    def part(self, begin: int, end: int, between: Any = None) -> NDArray[np.float32]:
        """The samples of some frames."""
        return self.waveform[begin * self.frame_hop : end * self.frame_hop]


class Mute:
    """An engine that draws curves and renders a faint hum of the right length."""

    def __init__(self, engine: Any) -> None:
        self.config, self.threads, self.together = engine.config, engine.threads, engine.together
        self.arithmetic, self.encode, self.predict = engine.arithmetic, engine.encode, engine.predict

    @classmethod
    def of(cls, synthesizer: Synthesizer) -> Synthesizer:
        """The same synthesizer without its decoder."""
        engine: Any = cls(synthesizer._engine)
        return type(synthesizer).from_parts(engine, synthesizer._voices, synthesizer._front_end)

    def rendering(self, encoding: Any, prosody: Prosody, timbre: Any, *, seed: int = 0) -> Sung:
        """The hum."""
        samples = int(prosody.durations.sum()) * self.config.frame_hop
        return Sung(np.full(samples, 0.01, np.float32), self.config.frame_hop)


def digest(*parts: bytes | str) -> str:
    """Twenty hexadecimal digits for some content."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:20]


@functools.cache
def code(names: tuple[str, ...] = VOICE_CODE) -> str:
    """A digest of the source and data of parts of the package."""
    files: list[Path] = []
    for name in names:
        path = _SOURCE / name
        files += [path] if path.is_file() else sorted(path.rglob("*"))
    kept = [file for file in files if file.suffix in {".py", ".json", ".txt", ".tsv"}]
    return digest(*(part for file in kept for part in (str(file.relative_to(_SOURCE)), file.read_bytes())))
