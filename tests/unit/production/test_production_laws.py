"""Laws of a programme: what is there is not rendered again, and a change stays where it was made."""

import dataclasses
import json

import numpy as np
import pytest
import soundfile

from tts_engine.audio.loudness import LoudnessMeter, measure_loudness
from tts_engine.audio.verifying import verify_file
from tts_engine.errors import BusyError, ControlError, TextError
from tts_engine.options import SynthesisOptions
from tts_engine.production import ProductionOptions, Selection, produce
from tts_engine.production.limiter import REACH
from tts_engine.script import NARRATOR, Chapter, Line, Role, Script

LINES = (
    Line("雨下了一整夜。"),
    Line("谁在那里？", role="老周"),
    Line("是我——", role="小满"),
    Line("快进来，别淋着。", role="老周"),
    Line("门开了。风停了。"),
    Line("我找到它了！", role="小满"),
)
ROLES = {
    NARRATOR: Role(NARRATOR),
    "老周": Role("老周", description="年迈的渔夫，声音低沉"),
    "小满": Role("小满", description="八岁的女孩，活泼"),
}


def script(*lines, **changes):
    return Script("雨夜", (Chapter("", lines or LINES),), ROLES, **changes)


def samples(path):
    return soundfile.read(path, dtype="int16")[0]


def test_what_is_there_is_not_rendered_again(perform, stage):
    first = perform(script())
    spoken = len(stage[1].spoken)
    second = perform(script())
    assert first.rendered == (1, 2, 3, 4, 5, 6) and second.rendered == () and second.reused == 6
    assert len(stage[1].spoken) == spoken
    np.testing.assert_array_equal(samples(first.programme), samples(second.programme))


@pytest.mark.parametrize("text", ["快点进来吧，千万别在外面淋着。", "来。", "快进来，别等着。"])
def test_changing_a_line_renders_it_alone_and_changes_nothing_else(perform, text):
    before = perform(script())
    old, began = samples(before.programme), before.timeline
    changed = [*LINES]
    changed[3] = dataclasses.replace(changed[3], text=text)
    after = perform(script(*changed))
    new, now = samples(after.programme), after.timeline
    assert after.rendered == (4,) and after.reused == 5
    begin = now[3].begin
    assert begin == began[3].begin
    edge = begin - REACH
    np.testing.assert_array_equal(new[:edge], old[:edge])
    np.testing.assert_array_equal(new[now[3].end + REACH :], old[began[3].end + REACH :])
    assert not np.array_equal(new[begin : now[3].end], old[began[3].begin : began[3].end])


@pytest.mark.parametrize("text", ["轻轻轻轻轻轻轻。", "一二三四五六七八九十。"])
def test_a_change_of_level_in_a_line_moves_nobody_else_and_is_told(perform, text):
    before = perform(script())
    old = samples(before.programme)
    changed = [*LINES]
    changed[3] = dataclasses.replace(changed[3], text=text)
    after = perform(script(*changed))
    new = samples(after.programme)
    for number in (0, 1, 2, 4, 5):
        was, now = before.timeline[number], after.timeline[number]
        quiet = REACH + round(0.2 * 24000) if number == 2 else REACH  # the third is cut off by the changed one
        np.testing.assert_array_equal(old[was.begin : was.end - quiet], new[now.begin : now.end - quiet])
    assert before.files.levels.roles == after.files.levels.roles
    again = perform(script(*changed), relevel=True)
    assert again.rendered == () and not again.files.levels.drifted


def test_louder_lines_and_pauses_render_nothing(perform):
    perform(script())
    changed = [*LINES]
    changed[1] = dataclasses.replace(changed[1], volume_db=-3.0, pause_s=1.0)
    again = perform(script(*changed))
    assert again.rendered == ()
    assert again.timeline[1].begin - again.timeline[0].end == 24000


def test_a_stopped_run_goes_on_where_it_was(perform, stage):
    stage[1].stop_at = 3
    with pytest.raises(KeyboardInterrupt):
        perform(script())
    stage[1].stop_at = None
    assert perform(script()).rendered == (4, 5, 6)


def test_a_damaged_line_is_rendered_again(perform):
    done = perform(script())
    identity = done.timeline[2].line.identity
    file = done.folder / "lines" / identity[:2] / f"{identity}.flac"
    file.write_bytes(file.read_bytes()[:200])
    assert perform(script()).rendered == (3,)


@pytest.mark.parametrize(
    ("again", "rendered"),
    [
        (Selection(lines=frozenset({5})), (5,)),
        (Selection(roles=frozenset({"小满"})), (3, 6)),
        (Selection(chapters=frozenset({1})), (1, 2, 3, 4, 5, 6)),
    ],
)
def test_new_takes_are_rendered_and_stay(perform, again, rendered):
    first = perform(script())
    assert perform(script(), again=again, only_changed=True).rendered == ()
    taken = perform(script(), again=again)
    assert taken.rendered == rendered
    kept = perform(script())
    assert kept.rendered == ()
    assert [one.line.identity for one in kept.timeline] == [one.line.identity for one in taken.timeline]
    assert {one.line.number for one, other in zip(first.timeline, kept.timeline, strict=True)
            if one.line.identity != other.line.identity} == set(rendered)  # fmt: skip


@pytest.mark.parametrize(
    ("again", "code"),
    [
        (Selection(lines=frozenset({7})), "line_unknown"),
        (Selection(roles=frozenset({"老王"})), "role_unknown"),
        (Selection(chapters=frozenset({2})), "chapter_unknown"),
    ],
)
def test_a_selection_of_nothing_is_one_clear_error(perform, again, code):
    with pytest.raises(ControlError) as caught:
        perform(script(), again=again)
    assert caught.value.code == code


def test_stems_are_the_programme(perform):
    done = perform(script(), stems=True, loudness_lufs=-30.0)
    total = sum(samples(path).astype(int) for path in done.files.stems.values())
    assert set(done.files.stems) == {NARRATOR, "老周", "小满"}
    assert np.abs(total - samples(done.programme)).max() <= len(done.files.stems)  # each is rounded once


@pytest.mark.parametrize("target", [-16.0, -23.0])
def test_the_programme_meets_its_target_and_its_ceiling(perform, target):
    done = perform(script(), loudness_lufs=target, ceiling_dbtp=-6.0 if target > -20 else -1.0)
    waveform, rate = soundfile.read(done.programme, dtype="float32")
    meter = LoudnessMeter(rate)
    meter.add(waveform)
    assert meter.integrated_lufs() == pytest.approx(done.files.loudness_lufs, abs=0.1)
    if target == -23.0:
        assert meter.integrated_lufs() == pytest.approx(target, abs=0.3)
    assert 20 * np.log10(meter.peak) <= (-6.0 if target > -20 else -1.0)


def test_roles_are_level_and_the_differences_inside_a_role_survive(perform, stage):
    lines = [
        Line(text, role=role)
        for role in ("老周", "小满")
        for text in ("一二三四五六七。", "轻一二三四五。", "七八九十百千。")
    ]
    done = perform(script(*lines), loudness_lufs=None)
    waveform, rate = soundfile.read(done.programme, dtype="float32")
    heard = [measure_loudness(waveform[one.begin : one.end], rate) for one in done.timeline]
    assert heard[0] == pytest.approx(heard[3], abs=0.3) and heard[2] == pytest.approx(heard[5], abs=0.3)
    assert heard[0] - heard[1] == pytest.approx(20 * np.log10(1 / 0.3), abs=0.5)


def test_subtitles_say_who_speaks_exactly_when(perform):
    done = perform(script(), loudness_lufs=-30.0)
    data = json.loads((done.folder / "雨夜.json").read_text("utf-8"))["lines"]
    waveform, rate = soundfile.read(done.programme, dtype="float32")
    heard = np.abs(waveform) > 1e-4
    for row, placed in zip(data, done.timeline, strict=True):
        assert (row["role"], row["text"]) == (placed.line.role, placed.line.text)
        begin, end = round(row["begin_s"] * rate), round(row["end_s"] * rate)
        assert (begin, end) == (placed.begin, placed.end)
        assert heard[begin : begin + 400].any() and heard[end - 400 : end].any()
    gaps = [heard[a.end + 1 : b.begin] for a, b in zip(done.timeline, done.timeline[1:], strict=False)]
    assert not any(gap.any() for gap in gaps)
    assert "老周：谁在那里？" in (done.folder / "雨夜.srt").read_text("utf-8")
    assert "<v 小满>我找到它了！</v>" in (done.folder / "雨夜.vtt").read_text("utf-8")


def test_the_cut_off_are_interrupted(perform):
    done = perform(script())
    assert done.timeline[3].begin < done.timeline[2].end  # 是我——


def test_every_file_says_what_it_is(perform):
    done = perform(script(), stems=True, chapters=True)
    files = [done.programme, *done.files.stems.values(), *done.files.chapter_files, *done.folder.rglob("*.flac")]
    assert len(files) > 6
    assert {verify_file(file).state for file in files} == {"ours"}


def test_a_line_without_words_is_a_silence(perform):
    done = perform(script(Line("你听。", role="老周"), Line("……", role="小满"), Line("没有了。", role="老周")))
    assert done.rendered == (1, 3)
    assert done.timeline[1].end - done.timeline[1].begin == round(0.9 * 24000)


def test_chapters_are_cut_out_of_the_programme(perform):
    book = Script("书", (Chapter("一", LINES[:3]), Chapter("二", LINES[3:])), ROLES)
    done = perform(book, chapters=True)
    joined = np.concatenate([samples(path) for path in done.files.chapter_files])
    np.testing.assert_array_equal(joined, samples(done.programme))


def test_an_empty_script_is_refused(perform):
    with pytest.raises(TextError) as caught:
        perform(script(Line("  ")))
    assert caught.value.code == "script_empty"


def test_a_wrong_line_says_which(perform):
    with pytest.raises(ControlError, match="第 2 条") as caught:
        perform(script(LINES[0], dataclasses.replace(LINES[1], emotion="没有的情感")))
    assert caught.value.fields["line"] == 2


def test_two_runs_do_not_share_a_folder(stage, tmp_path):
    from filelock import FileLock

    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / ".lock"), pytest.raises(BusyError):
        produce(script(), tmp_path / "out", synthesizer=stage[0])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("format", "wma"),
        ("loudness_lufs", 3.0),
        ("ceiling_dbtp", 2.0),
        ("subtitles", ("ass",)),
        ("retakes", 9),
        ("cover_data", b"GIF89a"),
    ],
)
def test_options_have_ranges(option, value):
    with pytest.raises(ControlError):
        ProductionOptions(**{option: value})


def test_the_notice_is_spoken_once(stage, tmp_path):
    from tts_engine.audio.labelling import NOTICE, Labelling

    synthesizer, _ = stage
    synthesizer.labelling = Labelling(audible="spoken", place="both")
    options = ProductionOptions(base=SynthesisOptions(emotion="neutral", context="off"))
    done = produce(script(), tmp_path / "out", options, synthesizer=synthesizer)
    assert [one.line.text for one in done.timeline] == [NOTICE, *(line.text for line in LINES), NOTICE]
    assert [one.line.number for one in done.timeline] == [0, 1, 2, 3, 4, 5, 6, 7]


def test_tones_stand_before_everything(stage, tmp_path):
    from tts_engine.audio.labelling import Labelling, tones

    synthesizer, _ = stage
    synthesizer.labelling = Labelling(audible="tones", place="both")
    done = produce(script(), tmp_path / "out", synthesizer=synthesizer)
    assert done.timeline[0].begin > len(tones(24000))
    assert done.files.samples - done.timeline[-1].end > len(tones(24000))
