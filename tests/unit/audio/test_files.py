"""Output files: distinct names, whole or absent, and failures in words."""

import errno
import multiprocessing
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tts_engine.audio import atomic
from tts_engine.audio.atomic import sweep_partials, write_whole
from tts_engine.audio.files import AudioWriter, next_output_path, open_output
from tts_engine.errors import AudioError, ControlError, FeatureMissingError, OutputError
from tts_engine.options import FORMATS

RATE = 24000
SECOND = time.struct_time((2026, 11, 23, 4, 7, 9, 0, 327, 0))


def tone(seconds: float = 0.5, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * 220 * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def everything_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_one(folder: Path) -> str:
    with next_output_path(folder, ".wav", now=lambda: SECOND) as path, AudioWriter(path, RATE) as writer:
        writer.write(tone(0.05))
    return writer.path.name


def test_name_is_the_local_time(tmp_path):
    assert write_one(tmp_path) == "20261123_040709.wav"
    assert write_one(tmp_path) == "20261123_040709_2.wav"
    assert write_one(tmp_path) == "20261123_040709_3.wav"
    assert len(everything_in(tmp_path)) == 3


def test_companions_of_one_result_keep_other_results_off_their_stem(tmp_path):
    (tmp_path / "20261123_040709.srt").touch()
    assert write_one(tmp_path) == "20261123_040709_2.wav"


def test_threads_get_distinct_names(tmp_path):
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(write_one(tmp_path))) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 24
    assert everything_in(tmp_path) == sorted(names)


def test_processes_get_distinct_names(tmp_path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        names = pool.map(write_one, [tmp_path] * 30, chunksize=1)
    assert len(set(names)) == 30
    assert everything_in(tmp_path) == sorted(names)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("loudness", [None, -16.0])
def test_nothing_is_left_after_an_error(tmp_path, error, loudness):
    with (
        pytest.raises(error),
        next_output_path(tmp_path) as path,
        AudioWriter(path, RATE, loudness_lufs=loudness) as writer,
    ):
        writer.write(tone())
        raise error
    assert everything_in(tmp_path) == []


def test_an_existing_file_survives_a_failed_rewrite(tmp_path):
    target = tmp_path / "a.wav"
    target.write_bytes(b"precious")
    with pytest.raises(RuntimeError), AudioWriter(target, RATE) as writer:
        writer.write(tone())
        raise RuntimeError
    assert target.read_bytes() == b"precious"
    assert everything_in(tmp_path) == ["a.wav"]


def test_ctrl_c_inside_the_encoder_is_not_lost(tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt), AudioWriter(tmp_path / "a.wav", RATE) as writer:
        monkeypatch.setattr(writer._encoder._file, "_file", Interrupted())
        writer.write(tone(5))
    assert everything_in(tmp_path) == []


class Interrupted:
    def __getattr__(self, name):
        def interrupt(*_):
            raise KeyboardInterrupt

        return interrupt


class Full:
    """A file on a disk without space."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("format", FORMATS)
def test_full_disk_is_said_and_leaves_nothing(tmp_path, format):
    with (
        pytest.raises(OutputError, match=r"磁盘已满.*disk is full") as caught,
        AudioWriter(tmp_path / "a", RATE, format) as writer,
    ):
        kept = writer._encoder._file
        kept._file = Full(kept._file, room=3000)
        for _ in range(20):
            writer.write(tone(1))
    assert caught.value.fields["errno"] == errno.ENOSPC
    assert everything_in(tmp_path) == []


def test_a_real_limit_of_the_system_is_said_and_leaves_nothing(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(OutputError, match="too large"), AudioWriter(tmp_path / "a.wav", RATE) as writer:
            for _ in range(20):
                writer.write(tone(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert everything_in(tmp_path) == []


def test_places_that_cannot_be_written_are_named(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for target, words in [
        (tmp_path / "folder", "it is a folder"),
        (tmp_path / "missing" / "a.wav", "does not exist"),
        (tmp_path / "file" / "a.wav", "not a folder"),
        (tmp_path / ("x" * 300 + ".wav"), "too long"),
        (Path("/dev/null"), "not a regular file"),
    ]:
        with pytest.raises(OutputError, match=words) as caught:
            AudioWriter(target, RATE)
        assert target.name in caught.value.message
    with pytest.raises(OutputError, match="a file stands where a folder"), next_output_path(tmp_path / "file"):
        pass

    def denied(*_args, **_kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(atomic.os, "open", denied)
    with pytest.raises(OutputError, match="没有写入权限"):
        AudioWriter(tmp_path / "a.wav", RATE)
    with pytest.raises(OutputError, match="没有写入权限"), next_output_path(tmp_path):
        pass


def test_a_symbolic_link_is_written_through(tmp_path):
    (tmp_path / "real.wav").touch()
    (tmp_path / "link.wav").symlink_to("real.wav")
    with AudioWriter(tmp_path / "link.wav", RATE) as writer:
        writer.write(tone())
    assert (tmp_path / "link.wav").is_symlink()
    assert soundfile.info(tmp_path / "real.wav").frames == len(tone())


@pytest.mark.parametrize(
    ("format", "container", "subtype"),
    [
        ("wav", "WAV", "PCM_16"),
        ("flac", "FLAC", "PCM_16"),
        ("mp3", "MP3", "MPEG_LAYER_III"),
        ("ogg", "OGG", "VORBIS"),
        ("opus", "OGG", "OPUS"),
    ],
)
def test_each_format_is_what_it_says_and_sounds_the_same(tmp_path, format, container, subtype):
    sent = tone(2)
    with AudioWriter(tmp_path / "a", RATE, format) as writer:
        for begin in range(0, len(sent), 7001):
            writer.write(sent[begin : begin + 7001])
    assert writer.audio_s == pytest.approx(2)
    info = soundfile.info(tmp_path / "a")
    assert (info.format, info.subtype, info.channels, info.samplerate) == (container, subtype, 1, RATE)
    heard, _ = soundfile.read(tmp_path / "a", dtype="float32")
    assert abs(len(heard) - len(sent)) < 0.1 * RATE
    middle = slice(RATE // 2, RATE)
    assert np.sqrt(np.mean(heard[middle] ** 2)) == pytest.approx(np.sqrt(np.mean(sent[middle] ** 2)), rel=0.03)


def test_wav_samples_are_exact_below_the_knee(tmp_path):
    sent = np.round(tone(level=0.9) * 32768) / 32768
    with AudioWriter(tmp_path / "a.wav", RATE) as writer:
        writer.write(sent)
    heard, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert np.array_equal(heard, sent.astype(np.float32))
    assert writer.warnings == ()


def test_too_loud_samples_are_bent_counted_and_never_wrap(tmp_path):
    sent = tone(level=3.0)
    with AudioWriter(tmp_path / "a.wav", RATE) as writer:
        writer.write(sent)
    heard, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert np.all(np.sign(heard[np.abs(sent) > 0.1]) == np.sign(sent[np.abs(sent) > 0.1]))
    assert str(int((np.abs(sent) > 0.95).sum())) in writer.warnings[0]
    assert "+9.5 dBFS" in writer.warnings[0]


def test_loudness_target_is_reached_in_flat_memory(tmp_path):
    from tts_engine.audio.loudness import measure_loudness

    with AudioWriter(tmp_path / "a.wav", RATE, loudness_lufs=-16) as writer:
        for _ in range(5):
            writer.write(tone(1, level=0.01))
    heard, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert measure_loudness(heard, RATE) == pytest.approx(-16, abs=0.1)
    assert writer.gain_db > 20
    assert everything_in(tmp_path) == ["a.wav"]


def test_samples_that_are_no_numbers_are_refused(tmp_path):
    for bad in (np.array([0, np.nan], dtype=np.float32), np.zeros((5, 2), dtype=np.float32)):
        with pytest.raises(AudioError), AudioWriter(tmp_path / "a.wav", RATE) as writer:
            writer.write(bad)
    assert everything_in(tmp_path) == []


def test_unknown_and_missing_formats(tmp_path, monkeypatch):
    with pytest.raises(ControlError, match="wav, flac, mp3, ogg, opus, aac, m4a"):
        AudioWriter(tmp_path / "a", RATE, "midi")
    monkeypatch.setattr(soundfile, "check_format", lambda *_: False)
    with pytest.raises(FeatureMissingError, match="mp3"):
        AudioWriter(tmp_path / "a", RATE, "mp3")
    assert everything_in(tmp_path) == []


def test_wav_stops_at_its_limit_with_advice(tmp_path):
    with pytest.raises(OutputError, match="flac"), AudioWriter(tmp_path / "a.wav", RATE) as writer:
        writer._encoder.samples = 2**31
        writer.write(tone())
    assert everything_in(tmp_path) == []


def test_whole_files_and_leftovers(tmp_path):
    assert write_whole(tmp_path / "a.srt", b"text").read_bytes() == b"text"
    stale = tmp_path / ".20200101_000000.part"
    stale.touch()
    os.utime(stale, (0, 0))
    with next_output_path(tmp_path):
        assert sweep_partials(tmp_path) == 1
        assert len(everything_in(tmp_path)) == 2
    assert everything_in(tmp_path) == ["a.srt"]


def test_open_output_takes_the_callers_path_or_reserves_one(tmp_path):
    with open_output(tmp_path / "mine.wav", directory=tmp_path, format="wav") as path:
        assert path == tmp_path / "mine.wav"
    with open_output(None, directory=tmp_path / "new" / "folder", format="opus") as path:
        assert path.parent == tmp_path / "new" / "folder" and path.suffix == ".opus"
    with pytest.raises(ControlError), open_output(None, directory=tmp_path / "never", format="midi"):
        pass
    assert not (tmp_path / "never").exists()


def test_a_killed_process_leaves_no_visible_file(tmp_path):
    script = (
        "import os, signal, sys, numpy as np; from pathlib import Path\n"
        "from tts_engine.audio.files import AudioWriter, next_output_path\n"
        "with next_output_path(Path(sys.argv[1])) as path, AudioWriter(path, 24000) as writer:\n"
        "    writer.write(np.zeros(100000, dtype=np.float32)); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert [name for name in everything_in(tmp_path) if not name.startswith(".")] == []
