"""``tts-engine doctor``: the environment, the cache, and a sentence spoken as a self-test."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import click

from .. import __version__
from ..acoustic.device import choose_device, choose_processor
from ..acoustic.fast.weights import find_decoder, is_fast, load_weights
from ..acoustic.precision import choose_precision
from ..errors import TTSError
from ..options import SynthesisOptions
from ..settings import Settings
from .root import group, open_hub, open_synthesizer

SELF_TEST = "语音合成自检，今天天气很好。"
PACKAGES = ("numpy", "scipy", "onnxruntime", "onnx", "soundfile", "jieba", "pypinyin", "gradio", "fastapi")


@group.command()
@click.option("--no-self-test", is_flag=True, help="不试说 / do not speak the test sentence")
@click.pass_obj
def doctor(settings: Settings, /, no_self_test: bool) -> None:
    """检查环境并试说一句 / check the environment and speak one sentence."""
    for name, value in _facts(settings):
        click.echo(f"{name:<14}{value}")
    if no_self_test:
        return
    started = time.perf_counter()
    synthesizer = open_synthesizer(settings)
    computed = "graphics card" if synthesizer.device.is_card else "processor"
    click.echo(f"{'computed on':<14}{synthesizer.device.name}, {computed}")
    click.echo(f"{'load':<14}{time.perf_counter() - started:.1f} s")
    synthesizer.synthesize(SELF_TEST, SynthesisOptions())  # the first run warms the sessions up
    result = synthesizer.synthesize(SELF_TEST, SynthesisOptions())
    stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in result.stage_s.items())
    click.echo(f"{'self-test':<14}ok: {result.audio_s:.1f} s of audio, rtf {result.rtf:.2f} ({stages})")


def _facts(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "tts-engine", __version__
    yield "python", f"{platform.python_version()} on {platform.platform()}"
    yield "processor", f"{_cpu_name()}, {os.cpu_count()} threads"
    try:
        chosen = (choose_processor if is_fast(settings.decoder) else choose_device)(settings.device)
        yield "device", f"{chosen.name} ({chosen.reason})"
    except TTSError as error:
        yield "device", error.message
    yield "decoder", _decoder(settings)
    yield "precision", _precision(settings)
    for package in PACKAGES:
        yield package, importlib.metadata.version(package)
    for name, folder in (("cache_hub", settings.cache_hub), ("outputs", settings.outputs)):
        free = shutil.disk_usage(_existing(folder)).free / 1e9
        is_writable = os.access(_existing(folder), os.W_OK)
        yield name, f"{folder.resolve()} ({free:.1f} GB free{'' if is_writable else ', NOT WRITABLE'})"
    try:
        for row in open_hub(settings).list_versions():
            yield "model", f"{row.manifest.spec} {row.state}{' (in use)' if row.is_active else ''}"
    except TTSError as error:
        yield "model", error.message


def _decoder(settings: Settings) -> str:
    try:
        file = find_decoder(settings.decoder, settings.cache_hub)
        if file is None or not is_fast(file):
            return "the model's own" if file is None else f"tuned, {file}"
        weights = load_weights(file)
    except TTSError as error:
        return error.message
    figure = weights.config.multiply_adds() / 1e9
    return f"fast, {file} ({weights.facts.get('licence', 'licence unknown')}, {figure:.2f} GMAC per second of audio)"


def _precision(settings: Settings) -> str:
    """In which numbers the processor computes the decoder; tests it where that was not done yet and a model is here."""
    try:
        files = open_hub(settings).ensure(settings.model, offline=True)
        decoder = find_decoder(settings.decoder, settings.cache_hub)
        chosen = choose_precision(settings.precision, folder=files.derived_dir, decoder=decoder)
    except TTSError as error:
        return error.message
    return f"{chosen.name} ({chosen.reason})"


def _existing(folder: Path) -> Path:
    """The folder, or the nearest parent that exists."""
    folder = folder.resolve()
    while not folder.exists():
        folder = folder.parent
    return folder


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
