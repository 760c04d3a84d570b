"""Teaches the fast decoder: python scripts/distill COMMAND ... (docs/distill.md).

texts      writes a list of texts and says what it covers
generate   performs texts: shards of lessons, with the teacher's waveforms or without
teach      renders what was generated without them, on whatever device there is
train      one slice of training; goes on where the last one stopped
plot       curves of a run, teacher and student side by side
export     the running mean as the one file that the engine loads
listen     a finished file against the full decoder: the table that decides
sizes      what the sizes cost
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # run as a folder
    sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

if TYPE_CHECKING:
    from distill.generate import Stage


def main() -> None:
    """Runs one command; a wrong value is one line and status 2."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except ValueError as error:
        print(f"distill: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def _texts(arguments: argparse.Namespace) -> None:
    from distill import texts
    from tts_engine.acoustic.config import ModelConfig
    from tts_engine.assets import CacheHub
    from tts_engine.text.frontend import FrontEnd

    files = CacheHub(arguments.cache_hub).ensure()
    made = texts.write_list(arguments.count, arguments.seed)
    texts.save_list(made, arguments.output)
    print(texts.measure(made, FrontEnd(ModelConfig().symbols, lexicon_dir=files.lexicon_dir)).report())


def _generate(arguments: argparse.Namespace) -> None:
    import dataclasses

    from distill import texts
    from distill.generate import generate, hours
    from distill.recipe import SPLITS, Recipe

    recipe = Recipe(seed=arguments.seed)
    if arguments.hold_out == "none":
        recipe = dataclasses.replace(recipe, held_out_voices=(), held_out_emotions=())
    counts = {"train": arguments.shards} | dict.fromkeys(SPLITS[1:], arguments.held_out_shards)
    stage = _stage(arguments)
    until = time.monotonic() + 60 * arguments.minutes
    generate(
        stage,
        texts.load_list(arguments.list),
        arguments.folder,
        recipe,
        counts=counts,
        with_teacher=not arguments.curves_only,
        until=until,
        report=_say,
    )
    print(f"{hours(arguments.folder, stage.config):.2f} hours to train on")


def _stage(arguments: argparse.Namespace) -> Stage:
    from distill.generate import Stage
    from tts_engine.acoustic.engine import AcousticEngine
    from tts_engine.acoustic.voices import VoiceStore
    from tts_engine.assets import CacheHub
    from tts_engine.text.frontend import FrontEnd

    files = CacheHub(arguments.cache_hub).ensure()
    engine = AcousticEngine.load(files.model_file, threads=arguments.threads, device=_device(arguments))
    front_end = FrontEnd(engine.config.symbols, max_phonemes=engine.config.max_phonemes, lexicon_dir=files.lexicon_dir)
    return Stage(engine, _only(arguments.voices, VoiceStore(files.voices_dir)), front_end)


def _only(wanted: list[str] | None, store: Any) -> Any:
    """The store, with its list of packs cut to those that are wanted."""
    if wanted is not None:
        for name in wanted:
            store.canonical(name)
        store.pack_names = lambda: tuple(wanted)
    return store


def _device(arguments: argparse.Namespace) -> Any:
    from tts_engine.acoustic.device import choose_device

    return choose_device(arguments.device)


def _teach(arguments: argparse.Namespace) -> None:
    from distill.generate import teach
    from tts_engine.acoustic.engine import AcousticEngine

    engine = AcousticEngine.load(arguments.model_file, threads=arguments.threads, device=_device(arguments))
    until = time.monotonic() + 60 * arguments.minutes
    teach(engine.runtime, engine.config, arguments.folder, until=until, report=_say)


def _train(arguments: argparse.Namespace) -> None:
    import torch

    from distill.data import load
    from distill.lessons import recipe_of, shards
    from distill.train import Settings, Slice, config_of, open_run, read_curves, train
    from tts_engine.acoustic.config import ModelConfig

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    model, device = ModelConfig(), torch.device(arguments.torch_device)
    paths, held_out = shards(arguments.folder, "train"), shards(arguments.folder, "valid")
    if not paths:
        raise ValueError(f"no lessons in {arguments.folder}: generate makes them")
    if arguments.most_shards:
        paths = paths[: arguments.most_shards]
    settings = Settings(
        size=arguments.size,
        config=config_of(arguments.size),
        recipe=recipe_of(paths[0]),
        **{name: getattr(arguments, name) for name in _SETTINGS if getattr(arguments, name) is not None},
    )
    began = time.monotonic()
    prepared = load(paths, model, workers=arguments.workers)
    judged = load(held_out, model, workers=arguments.workers)[: arguments.judge_lessons]
    print(f"{len(prepared)} lessons loaded in {time.monotonic() - began:.0f} s, {len(judged)} to judge by", flush=True)
    precision = torch.bfloat16 if device.type == "cuda" and not arguments.float32 else torch.float32
    trainer = open_run(arguments.run_folder, settings, model, device, precision=precision)
    print(f"from step {trainer.step} of {settings.steps}, {trainer.minutes:.1f} minutes so far", flush=True)
    part = Slice(
        minutes=arguments.minutes,
        steps=arguments.until_step,
        checkpoint_minutes=arguments.checkpoint_minutes,
        report_steps=arguments.report_steps,
        validate_steps=arguments.validate_steps,
        workers=arguments.workers,
    )
    train(trainer, arguments.run_folder, prepared, judged, part, report=_say)
    from distill.plots import draw_curves

    draw_curves(read_curves(arguments.run_folder), arguments.run_folder / "curves.svg")


#: Options of ``train`` that are fields of ``Settings``.
_SETTINGS = ("steps", "batch", "values", "rate", "warm_up", "ema", "adversarial_from", "discriminator_width", "seed")


def _plot(arguments: argparse.Namespace) -> None:
    import torch

    from distill.data import load
    from distill.judge import say
    from distill.lessons import shards
    from distill.plots import draw_curves, draw_spectrograms
    from distill.train import read_curves, read_mean
    from tts_engine.acoustic.config import ModelConfig

    model, folder = ModelConfig(), arguments.run_folder
    print(draw_curves(read_curves(folder), folder / "curves.svg"))
    _, student, step = read_mean(folder)
    lessons = load(shards(arguments.folder, arguments.split)[:1], model, workers=1)[: arguments.count]
    pairs = []
    for number, one in enumerate(lessons):
        said, target = say(student, one, model, torch.device("cpu")), one.lesson.waveform
        facts = one.lesson.facts
        pairs.append((f"{facts['voice']}, {facts['emotion']}: {facts['text'][:30]}", target, said))
        _write_wave(folder / f"{arguments.split}-{number}-student.wav", said, model.sample_rate)
        _write_wave(folder / f"{arguments.split}-{number}-teacher.wav", target, model.sample_rate)
    print(draw_spectrograms(pairs, model.sample_rate, folder / f"{arguments.split}-{step}.svg"))


def _write_wave(path: Path, waveform: Any, sample_rate: int) -> None:
    import soundfile

    soundfile.write(path, waveform, sample_rate, subtype="PCM_16")


def _export(arguments: argparse.Namespace) -> None:
    import torch

    from distill.data import load
    from distill.export import export
    from distill.judge import as_data, judge
    from distill.lessons import shards
    from distill.train import read_mean
    from tts_engine.acoustic.config import ModelConfig

    model = ModelConfig()
    settings, student, step = read_mean(arguments.run_folder)
    lessons = load(shards(arguments.folder, "valid")[:1], model, workers=1)[: arguments.count]
    figures = as_data(judge(student, lessons, model, torch.device("cpu"))) if lessons else {}
    facts = {"teacher": arguments.teacher, "recipe": settings.recipe, "size": settings.size, "steps": step}
    worst = export(student, arguments.output, {**facts, "figures": figures}, lessons, model)
    size = arguments.output.stat().st_size / 1e6
    print(f"{arguments.output}: {size:.2f} MB, {worst:.1f} dB from torch at worst; {json.dumps(figures)}")


def _listen(arguments: argparse.Namespace) -> None:
    from distill.lessons import read_shard, shards
    from distill.listen import measure, say_all, verdict
    from tts_engine.acoustic.config import ModelConfig

    model = ModelConfig()
    table = {}
    for split in arguments.splits:
        lessons = [one for path in shards(arguments.folder, split) for one in read_shard(path, model)][
            : arguments.count
        ]
        if lessons:
            said = say_all(arguments.file, lessons, model, arguments.threads)
            table[split] = measure(
                said, lessons, model, threads=arguments.threads, listeners=not arguments.no_listeners
            )
    print("\n".join(verdict(table)))
    print(json.dumps(table))


def _sizes(_: argparse.Namespace) -> None:
    from tts_engine.acoustic.fast.config import SIZES

    print(f"{'size':<8} {'GMAC/s':>7} {'million':>8} {'MB':>6}  {'frames/s':>8} {'context':>8}")
    for name, config in SIZES.items():
        parameters = config.parameter_count()
        context_ms = 1000 * config.context * config.curve_hop / config.sample_rate
        print(
            f"{name:<8} {config.multiply_adds() / 1e9:7.3f} {parameters / 1e6:8.2f} {2 * parameters / 1e6:6.1f}"
            f"  {config.sample_rate / config.hop:8.0f} {context_ms:5.0f} ms"
        )


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(run=run)
        return one

    one = command("texts", _texts, "Writes a list of texts and says what it covers.")
    one.add_argument("output", type=Path, help="the list, one JSON object a line")
    one.add_argument("--count", type=int, default=3000)
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))

    one = command("generate", _generate, "Makes the shards of lessons that are missing.")
    one.add_argument("list", type=Path)
    one.add_argument("folder", type=Path)
    one.add_argument("--shards", type=int, default=20, help="to train on, some four minutes of audio each")
    one.add_argument("--held-out-shards", type=int, default=1, help="of each split that is not trained on")
    one.add_argument("--curves-only", action="store_true", help="leave the waveforms to teach")
    one.add_argument("--hold-out", choices=("some", "none"), default="some", help="none: every voice is trained on")
    one.add_argument("--voices", type=lambda value: value.split(","), help="these packs alone")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--minutes", type=float, default=float("inf"), help="begin no shard after so many")
    one.add_argument("--cache-hub", type=Path, default=Path("cache_hub"))
    _computed(one)

    one = command("teach", _teach, "Renders the lessons that have no waveforms yet.")
    one.add_argument("folder", type=Path)
    one.add_argument("model_file", type=Path, help="the packaged model, cache_hub/kokoro-82m/*/model.onnx")
    one.add_argument("--minutes", type=float, default=float("inf"))
    _computed(one)

    _add_training(command)
    command("sizes", _sizes, "What the sizes cost.")
    return parser


def _add_training(command: Callable[..., argparse.ArgumentParser]) -> None:
    one = command("train", _train, "One slice of training; goes on where the last one stopped.")
    one.add_argument("folder", type=Path, help="of the lessons")
    one.add_argument("run_folder", type=Path, help="of the run")
    one.add_argument("--size", default="base")
    one.add_argument("--minutes", type=float, default=9.0)
    one.add_argument("--until-step", type=int)
    one.add_argument("--checkpoint-minutes", type=float, default=4.0)
    one.add_argument("--report-steps", type=int, default=50)
    one.add_argument("--validate-steps", type=int, default=2000)
    one.add_argument("--judge-lessons", type=int, default=16, help="heard at each validation")
    one.add_argument("--most-shards", type=int, help="of the first so many alone")
    one.add_argument("--torch-device", default="cuda")
    one.add_argument("--float32", action="store_true", help="no half precision on a card")
    one.add_argument("--threads", type=int, help="of torch on the processor")
    one.add_argument("--workers", type=int, default=4, help="threads that cut batches")
    for name in _SETTINGS:
        one.add_argument(f"--{name.replace('_', '-')}", type=float if name in ("rate", "ema") else int)

    one = command("plot", _plot, "Draws the curves, and teacher and student side by side with their sound.")
    one.add_argument("folder", type=Path)
    one.add_argument("run_folder", type=Path)
    one.add_argument("--split", default="valid")
    one.add_argument("--count", type=int, default=4)

    one = command("export", _export, "Writes the running mean as the one file that the engine loads.")
    one.add_argument("folder", type=Path)
    one.add_argument("run_folder", type=Path)
    one.add_argument("output", type=Path)
    one.add_argument("--teacher", default="kokoro-82m@1.0-int8")
    one.add_argument("--count", type=int, default=8, help="lessons that the file is checked and judged on")

    one = command("listen", _listen, "A finished file against the full decoder.")
    one.add_argument("folder", type=Path)
    one.add_argument("file", type=Path)
    one.add_argument("--splits", type=lambda value: value.split(","), default=["text", "voice", "emotion"])
    one.add_argument("--count", type=int, default=40, help="lessons of each split")
    one.add_argument("--threads", type=int, default=2)
    one.add_argument("--no-listeners", action="store_true", help="spectrum and pitch alone")


def _computed(one: argparse.ArgumentParser) -> None:
    one.add_argument("--device", default="auto", help="of the teacher: auto, cpu, cuda")
    one.add_argument("--threads", type=int)


if __name__ == "__main__":
    main()
