"""Laws of rendering one task: whole or not at all, once, and the same whenever it is made."""

import json

import numpy as np
import pytest
import soundfile

import tiny_engine
from jobs import make_task
from tts_engine.audio.verifying import verify_file
from tts_engine.batch.rendering import find_result, read_times, render_task
from tts_engine.errors import ControlError, DrainingError, JobError, OutputError, SynthesisError

TEXT = "春眠不觉晓。处处闻啼鸟。夜来风雨声。"


def test_the_finished_file_is_whole_and_told(synthesizer, tmp_path):
    task = make_task(7, TEXT)
    result = render_task(task, synthesizer, tmp_path)
    samples, rate = soundfile.read(tmp_path / result.file)
    assert len(samples) / rate == pytest.approx(result.audio_s, abs=1e-3)
    assert result.is_rendered and result.file.startswith("audio/000007-")
    assert verify_file(tmp_path / result.file).fields["ProduceID"] == task.identity[:32]
    assert sorted(p.suffix for p in (tmp_path / "audio").iterdir()) == [".json", ".wav"]


def test_a_task_that_comes_again_finds_its_file(tmp_path):
    task = make_task(1, TEXT)
    first = render_task(task, tiny_engine.make(), tmp_path)
    again = tiny_engine.make()
    second = render_task(task, again, tmp_path)
    assert again._engine.rendered == 0 and not second.is_rendered
    assert (second.sha256, second.file, second.warnings) == (first.sha256, first.file, first.warnings)
    assert second.audio_s == pytest.approx(first.audio_s)


@pytest.mark.parametrize("format", ["wav", "flac", "mp3"])
def test_made_again_it_is_the_same_byte_for_byte(tmp_path, format):
    task = make_task(1, TEXT, format=format)
    one, other = (render_task(task, tiny_engine.make(), tmp_path / name) for name in ("one", "other"))
    assert one.sha256 == other.sha256


def test_a_file_that_is_not_what_its_account_says_is_made_again(synthesizer, tmp_path):
    task = make_task(1, TEXT)
    first = render_task(task, synthesizer, tmp_path)
    file = tmp_path / first.file
    file.write_bytes(file.read_bytes()[:-100])
    assert find_result(task, tmp_path) is None
    second = render_task(task, synthesizer, tmp_path)
    assert second.is_rendered and second.sha256 == first.sha256
    file.with_suffix(".json").unlink()
    assert find_result(task, tmp_path) is None


def test_what_stops_it_leaves_nothing(synthesizer, tmp_path):
    def stop(chunk):
        raise DrainingError("going down")

    with pytest.raises(DrainingError):
        render_task(make_task(1, TEXT), synthesizer, tmp_path, on_chunk=stop)
    assert list((tmp_path / "audio").iterdir()) == []


def test_errors_are_those_of_the_engine_and_defects_become_one(synthesizer, tmp_path):
    for text, options, kind in (
        ("坏。", {}, SynthesisError),
        ("爆。", {}, SynthesisError),
        ("好。", {"voice": "nobody"}, ControlError),
    ):
        with pytest.raises(kind):
            render_task(make_task(1, text, **options), synthesizer, tmp_path)
    assert list((tmp_path / "audio").iterdir()) == []


def test_another_engine_does_not_pass_for_the_planned_one(synthesizer, tmp_path):
    import dataclasses

    with pytest.raises(JobError) as caught:
        render_task(dataclasses.replace(make_task(), engine="tts-engine 9; other"), synthesizer, tmp_path)
    assert caught.value.code == "engine_changed"


def test_a_folder_in_the_way_is_one_clear_error(synthesizer, tmp_path):
    (tmp_path / "audio").write_text("a file")
    with pytest.raises(OutputError, match="audio"):
        render_task(make_task(), synthesizer, tmp_path)


def test_times_come_back(synthesizer, tmp_path):
    result = render_task(make_task(1, TEXT), synthesizer, tmp_path)
    times = read_times(tmp_path / result.file)
    assert "".join(one.text for one in times) == TEXT
    edges = [edge for one in times for word in one.words for edge in (word.begin_s, word.end_s)]
    assert edges == sorted(edges) and np.isclose(times[-1].end_s, result.audio_s, atol=0.01)
    (tmp_path / result.file).with_suffix(".json").write_text(json.dumps({}))
    with pytest.raises(JobError):
        read_times(tmp_path / result.file)
