"""Thousands of damaged recordings through the function that decodes uploads: no crash, no hang, no growth.

    python benchmarks/fuzz_upload.py [--inputs 10000] [--seed 0]

Every input is a small recording (WAV in three encodings, FLAC, MP3, Ogg Vorbis, Opus, AIFF) or a file that is none
(ZIP, PNG, text), mutated by a seeded generator: bits flipped, cut, spliced with another, blocks repeated or zeroed,
numbers in the header replaced by extreme ones. What comes out must be a recording of finite samples within the limits
or one ``AudioError``; anything else is a finding, written to ``--keep`` with its number.
"""

from __future__ import annotations

import argparse
import collections
import faulthandler
import io
import json
import os
import random
import resource
import struct
import sys
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from tts_engine.errors import AudioError
from tts_engine.hearing.decode import Limits, decode

LIMITS = Limits(bytes=2 * 2**20, duration_s=20.0, channels=8)
SLOW_S = 5.0
_EXTREME = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def originals() -> dict[str, bytes]:
    """Small recordings in every format that is taken, and files that are none."""
    rate = 16_000
    time_s = np.arange(rate // 2) / rate
    mono = (0.4 * np.sin(2 * np.pi * 180 * time_s) * np.sin(2 * np.pi * 3 * time_s)).astype(np.float32)
    stereo = np.stack([mono, 0.5 * mono], axis=1)
    made = {}
    for name, samples, container, subtype in (
        ("wav16", mono, "WAV", "PCM_16"),
        ("wav24", stereo, "WAV", "PCM_24"),
        ("wavfloat", mono, "WAV", "FLOAT"),
        ("aiff", mono, "AIFF", "PCM_16"),
        ("flac", stereo, "FLAC", "PCM_16"),
        ("mp3", mono, "MP3", "MPEG_LAYER_III"),
        ("vorbis", mono, "OGG", "VORBIS"),
        ("opus", mono, "OGG", "OPUS"),
    ):
        file = io.BytesIO()
        soundfile.write(file, samples, rate, format=container, subtype=subtype)
        made[name] = file.getvalue()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.wav", made["wav16"])
    made["zip"] = archive.getvalue()
    made["png"] = b"\x89PNG\r\n\x1a\n" + bytes(200)
    made["text"] = "这不是录音。".encode() * 20
    return made


def mutated(seed: int, count: int, files: dict[str, bytes] | None = None) -> Iterator[tuple[str, bytes]]:
    """``count`` damaged files: a name that says what was done, and the bytes.

    The same for the same seed and ``files`` (Ogg files are never made twice the same: each has a random number).
    """
    files = originals() if files is None else files
    names = sorted(files)
    choose = random.Random(seed)
    for _ in range(count):
        name = choose.choice(names)
        data = bytearray(files[name])
        done = [name]
        for _ in range(choose.choice((1, 1, 2, 3, 8))):
            mutate = choose.choice(MUTATIONS)
            done.append(mutate.__name__.strip("_"))
            mutate(data, choose, files[choose.choice(names)])
            if not data:
                break
        yield "+".join(done), bytes(data)


def _flip(data: bytearray, choose: random.Random, _other: bytes) -> None:
    for _ in range(choose.choice((1, 4, 64))):
        data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)


def _flip_header(data: bytearray, choose: random.Random, _other: bytes) -> None:
    for _ in range(choose.choice((1, 2, 8))):
        data[choose.randrange(min(len(data), 128))] = choose.randrange(256)


def _lie(data: bytearray, choose: random.Random, _other: bytes) -> None:
    """An extreme number somewhere in the header, in either byte order."""
    form, size = choose.choice((("<I", 4), (">I", 4), ("<H", 2), (">H", 2)))
    if len(data) > size:
        at = choose.randrange(min(len(data) - size, 128))
        data[at : at + size] = struct.pack(form, choose.choice(_EXTREME) % (1 << 8 * size))


def _cut(data: bytearray, choose: random.Random, _other: bytes) -> None:
    del data[choose.randrange(len(data) + 1) :]


def _cut_front(data: bytearray, choose: random.Random, _other: bytes) -> None:
    del data[: choose.randrange(len(data))]


def _repeat(data: bytearray, choose: random.Random, _other: bytes) -> None:
    begin = choose.randrange(len(data))
    block = data[begin : begin + choose.choice((4, 64, 1024))] * choose.choice((2, 20, 200))
    data[begin:begin] = block[: max(0, 500_000 - len(data))]


def _zero(data: bytearray, choose: random.Random, _other: bytes) -> None:
    begin = choose.randrange(len(data))
    end = min(len(data), begin + choose.choice((4, 64, 4096)))
    data[begin:end] = bytes([choose.choice((0, 0xFF))]) * (end - begin)


def _splice(data: bytearray, choose: random.Random, other: bytes) -> None:
    data[choose.randrange(len(data)) :] = other[choose.randrange(len(other)) :]


def _wear_the_head_of(data: bytearray, choose: random.Random, other: bytes) -> None:
    size = choose.choice((4, 12, 44, 200))
    data[:size] = other[:size]


MUTATIONS: tuple[Callable[[bytearray, random.Random, bytes], None], ...] = (
    _flip, _flip_header, _lie, _cut, _cut_front, _repeat, _zero, _splice, _wear_the_head_of,
)  # fmt: skip


def judge(data: bytes) -> str:
    """``recording``, or the code of the refusal.

    Raises:
        AssertionError: what came out is neither.
    """
    try:
        recording = decode(data, limits=LIMITS)
    except AudioError as error:
        return error.code
    assert recording.waveform.dtype == np.float32 and recording.waveform.ndim == 1
    assert np.isfinite(recording.waveform).all(), "samples that are no numbers"
    assert recording.duration_s <= LIMITS.duration_s + 1, f"{recording.duration_s} s"
    return "recording"


def resident_mb() -> float:
    """Memory of this process now, MB (its peak where the system does not tell)."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    """Prints a table and a last line for machines; exit status 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz_findings"))
    arguments = parser.parse_args()
    loud = os.fdopen(os.dup(2), "w")
    with Path(os.devnull).open("w") as silent:
        os.dup2(silent.fileno(), 2)  # decoders in C write a line about every damage
    faulthandler.enable(loud)
    for data in originals().values():
        judge(data)  # imports, caches
    warnings.simplefilter("error")
    outcomes: collections.Counter[str] = collections.Counter()
    findings, slowest_s, warm_mb = [], 0.0, 0.0
    for number, (what, data) in enumerate(mutated(arguments.seed, arguments.inputs)):
        if number == arguments.inputs // 4:
            warm_mb = resident_mb()
        faulthandler.dump_traceback_later(60, exit=True, file=loud)  # a hang inside C ends here, with the place
        began_s = time.process_time()
        try:
            outcomes[judge(data)] += 1
        except Exception as error:  # noqa: BLE001 - anything else is what is looked for
            findings.append(f"{number} {what}: {error!r}")
            arguments.keep.mkdir(exist_ok=True)
            (arguments.keep / f"{arguments.seed}-{number}.bin").write_bytes(data)
        taken_s = time.process_time() - began_s
        faulthandler.cancel_dump_traceback_later()
        slowest_s = max(slowest_s, taken_s)
        if taken_s > SLOW_S:
            findings.append(f"{number} {what}: {taken_s:.1f} s of processor time")
    growth_mb = resident_mb() - warm_mb
    for outcome, count in outcomes.most_common():
        print(f"{count:>7}  {outcome}")
    print(f"slowest {slowest_s * 1000:.0f} ms (processor); memory {growth_mb:+.1f} MB over the last three quarters")
    for finding in findings:
        print("FOUND", finding)
    facts = {
        "inputs": arguments.inputs, "seed": arguments.seed, "findings": len(findings),
        "slowest_s": round(slowest_s, 3), "growth_mb": round(growth_mb, 1), "outcomes": dict(outcomes),
    }  # fmt: skip
    print(json.dumps(facts))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
