"""Limiter, music, pacing, checks and the recogniser's comparison: laws on small signals."""

import dataclasses
import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from tts_engine.audio.loudness import LoudnessMeter, measure_loudness
from tts_engine.errors import AudioError, FeatureMissingError
from tts_engine.production.checks import check_line, check_loudness
from tts_engine.production.hearing_back import compare, hear_back, load_recogniser
from tts_engine.production.limiter import REACH, limited
from tts_engine.production.music import LEVEL_LUFS, Ducking, Sound, duck, read_sound
from tts_engine.production.options import TARGETS, ProductionOptions, parse_loudness
from tts_engine.production.pacing import Pacing, lay_out
from tts_engine.script import NARRATOR, Chapter, Line, Role, Script

RATE = 24000


def noise(seconds, level, seed=0):
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def whole(waveform, ceiling, sizes):
    cuts = np.cumsum(sizes)
    return np.concatenate(list(limited(np.split(waveform, cuts[cuts < len(waveform)]), ceiling)))


def true_peak(waveform):
    meter = LoudnessMeter(RATE)
    meter.add(waveform)
    return meter.peak


def test_what_stays_low_passes_untouched():
    waveform = np.clip(noise(2.0, 0.1), -0.5, 0.5)
    np.testing.assert_array_equal(whole(waveform, 0.89, [1000, 7, 30000]), waveform)


@pytest.mark.parametrize("level", [0.3, 0.6, 1.5])
def test_peaks_stay_under_the_ceiling_and_nothing_is_lost(level):
    waveform = noise(2.0, level)
    out = whole(waveform, 0.8, [24000])
    assert len(out) == len(waveform)
    assert true_peak(out) <= 0.8 * 10 ** (0.1 / 20)  # the margin that the mix keeps


def test_the_limiter_does_not_depend_on_how_audio_is_cut():
    waveform = noise(1.0, 0.5)
    np.testing.assert_array_equal(whole(waveform, 0.8, [24000]), whole(waveform, 0.8, [1, 100, 5000, 3, 9000]))


def test_a_change_is_heard_within_its_reach_alone():
    waveform = noise(1.0, 0.3)
    changed = waveform.copy()
    changed[12000:12100] *= 4
    difference = np.flatnonzero(whole(waveform, 0.8, [24000]) != whole(changed, 0.8, [24000]))
    assert difference.min() >= 12000 - REACH and difference.max() < 12100 + REACH


def line(text, role=NARRATOR, pause_s=None, chapter=0):
    spoken = any(character.isalnum() for character in text)
    return SimpleNamespace(text=text, role=role, pause_s=pause_s, chapter=chapter, is_spoken=spoken)


def gaps(*lines, pacing=Pacing(), **more):  # noqa: B008 - frozen
    placed = list(lay_out(((one, RATE) for one in lines), RATE, pacing, **more))
    return [(b.begin - a.end) / RATE for a, b in itertools.pairwise(placed)]


def test_pauses_follow_the_dialogue():
    turn, back, on = gaps(line("好。", "甲"), line("不好。", "乙"), line("他说。"), line("天黑了。"))
    assert turn < back < on
    assert gaps(line("好吗？", "甲"), line("好。", "乙"))[0] < turn
    assert gaps(line("我想……", "甲"), line("想什么？", "乙"))[0] > turn
    assert gaps(line("你听我——”", "甲"), line("不听！", "乙"))[0] < 0
    assert gaps(line("你听我——", "甲"), line("他说不下去了。"))[0] > 0


def test_what_the_script_says_counts_as_it_stands():
    pacing = Pacing(scale=3.0)
    assert gaps(line("好。", "甲"), line("不。", "乙", pause_s=0.5), pacing=pacing) == [0.5]
    assert gaps(line("好。", "甲"), line("不。", "乙", pause_s=-0.4)) == [-0.4]


def test_nobody_overlaps_himself_or_begins_before_the_line_before():
    lines = [
        line("好。", "甲"),
        line("不。", "乙", pause_s=-0.5),
        line("好！", "甲", pause_s=-0.9),
        line("嗯。", "丙", pause_s=-9.0),
    ]
    placed = list(lay_out(((one, RATE) for one in lines), RATE, Pacing()))
    assert placed[2].begin >= placed[0].end
    assert placed[3].begin == placed[2].begin
    assert [one.begin for one in placed] == sorted(one.begin for one in placed)


def test_a_new_chapter_and_a_title_take_their_time():
    assert gaps(line("完。"), line("第二章", chapter=1)) == [2.5]
    assert gaps(line("第一章"), line("雾来了。"), titled=frozenset({0})) == [1.2]


def test_music_makes_room_before_the_first_word_and_comes_back():
    at, level = duck([(5 * RATE, 8 * RATE)], 0, 20 * RATE, Ducking(), RATE)

    def db(seconds):
        return float(np.interp(seconds * RATE, at, level))

    assert db(4.0) == pytest.approx(-8.0) and db(5.0) == pytest.approx(-20.0) and db(8.0) == pytest.approx(-20.0)
    assert db(9.3) == pytest.approx(-8.0) and db(0.0) < -60 and db(20.0) < -60


def test_short_pauses_do_not_let_the_music_come_back():
    at, level = duck([(5 * RATE, 8 * RATE), (9 * RATE, 12 * RATE)], 0, 30 * RATE, Ducking(), RATE)
    assert np.interp(8.5 * RATE, at, level) == pytest.approx(-20.0)


def test_a_loop_glides_into_itself_and_does_not_depend_on_the_cut():
    sound = Sound(np.ones(10 * RATE, np.float32))
    looped = sound.looped(0, 30 * RATE, RATE)
    assert looped.min() >= 0.99 and looped.max() <= 2**0.5 + 1e-3 and np.abs(np.diff(looped)).max() < 0.02
    np.testing.assert_array_equal(looped[777:50_000], sound.looped(777, 50_000, RATE))


def test_sounds_are_levelled_and_silent_ones_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([noise(2, 0.01, 1)] * 2, axis=1), 48000)
    assert measure_loudness(read_sound(tmp_path / "a.wav", RATE, longest_s=9).waveform, RATE) == pytest.approx(
        LEVEL_LUFS, abs=0.2
    )
    soundfile.write(tmp_path / "b.wav", np.zeros(RATE), RATE)
    for name in ("b.wav", "nothing.wav"):
        with pytest.raises(AudioError, match=name):
            read_sound(tmp_path / name, RATE, longest_s=9)
    with pytest.raises(AudioError):
        read_sound(tmp_path / "a.wav", RATE, longest_s=0.5)


def test_music_and_effects_are_mixed_under_the_voices(perform, tmp_path):
    soundfile.write(tmp_path / "music.wav", noise(3, 0.1), RATE)
    soundfile.write(tmp_path / "bang.wav", noise(0.2, 0.3), RATE)
    lines = (Line("雨下了一整夜。"), Line("谁？", role="老周", sound=str(tmp_path / "bang.wav"), pause_s=4.0))
    script = Script(
        "戏", (Chapter("", lines, music=str(tmp_path / "music.wav")),), {NARRATOR: Role(NARRATOR), "老周": Role("老周")}
    )
    done = perform(script, stems=True)
    stems = {name: soundfile.read(path, dtype="float32")[0] for name, path in done.files.stems.items()}
    assert set(stems) == {NARRATOR, "老周", "music", "effects"}
    first, second = done.timeline
    assert (
        measure_loudness(stems["music"][first.begin : first.end], RATE)
        < measure_loudness(stems["music"][first.end + RATE * 2 : second.begin - RATE], RATE) - 6
    )
    heard = np.flatnonzero(stems["effects"])
    assert heard.min() >= second.begin and heard.max() < second.begin + 0.25 * RATE


def take(waveform, syllables=("a",) * 8):
    meter = LoudnessMeter(RATE)
    meter.add(waveform)
    blocks = tuple(float(max(-99.0, value)) for value in meter.momentary_lufs())
    return SimpleNamespace(
        blocks_lufs=blocks, syllables=syllables, sample_rate=RATE, audio_s=len(waveform) / RATE, identity="x"
    )


@pytest.mark.parametrize(
    ("waveform", "flags"),
    [
        (noise(2, 0.1), ()),
        (np.zeros(2 * RATE, np.float32), ("silent",)),
        (np.clip(noise(2, 3.0), -1, 1), ("clipped",)),
        (np.concatenate([noise(1, 0.1), np.zeros(4 * RATE, np.float32), noise(1, 0.1)]), ("gap",)),
        (noise(0.3, 0.1), ("too_fast",)),
        (noise(12, 0.1), ("too_slow",)),
    ],
)
def test_checks_of_a_line(waveform, flags):
    assert check_line(take(waveform), waveform) == flags


def test_lines_far_from_their_role_are_found():
    loudness = [(1, "甲", -20.0), (2, "甲", -21.0), (3, "甲", -40.0), (4, "乙", -40.0), (5, "甲", -5.0)]
    assert [(one.line, one.what) for one in check_loudness(loudness)] == [(3, "too_quiet"), (5, "too_loud")]


@pytest.mark.parametrize(
    ("wanted", "heard", "wrong", "words"),
    [
        ("ni hao", "ni hao", 0, ""),
        ("ni hao ma", "ni hao", 1, "缺 ma"),
        ("ni hao", "ni ni hao", 1, "多 ni"),
        ("yin hang", "yin xing", 1, "hang → xing"),
        ("jin tian", "jing tian", 0, ""),
        ("nv er", "nü er", 0, ""),
        ("", "a", 1, "多 a"),
    ],
)
def test_what_was_heard_is_compared(wanted, heard, wrong, words):
    difference = compare(wanted.split(), heard.split())
    assert (difference.wrong, difference.words) == (wrong, words)


class Stage:
    """Five lines whose first takes are heard as ``heard`` says; a further take is heard right from the second on."""

    def __init__(self):
        self.rendered = []

    def identify(self, text, options, readings):
        return f"{text}#{options.seed}"

    def render(self, line):
        self.rendered.append(line.identity)
        return take(noise(1, 0.1), tuple("abcd"))

    def syllables(self, text):
        return list(text)

    def find(self, identity):
        return dataclasses.replace(Kept(), identity=identity) if identity in self.first else None

    first = frozenset({"好#0", "坏#0"})

    def read(self, identity):
        return noise(1, 0.1)


@dataclasses.dataclass
class Kept:
    identity: str = ""
    syllables: tuple = ("a", "b", "c", "d")
    sample_rate: int = RATE


def test_a_misread_line_gets_new_takes_and_the_best_is_kept():
    from tts_engine.options import SynthesisOptions

    @dataclasses.dataclass
    class PlannedLike:
        number: int
        text: str
        options: SynthesisOptions
        readings: None
        identity: str
        first: str
        take: int
        is_spoken: bool = True

    lines = [PlannedLike(n, t, SynthesisOptions(), None, f"{t}#0", f"{t}#0", 0) for n, t in ((1, "好"), (2, "坏"))]
    answers = iter(["abcd", "xy", "abx", "abcd"])
    stage = Stage()
    options = ProductionOptions(check="x", retakes=3)
    findings, better = hear_back(lines, stage, stage, options, recognise=lambda clip: next(answers))
    assert findings == [] and better == {"坏#0": 2} and len(stage.rendered) == 2
    answers = iter(["abcd", "xy", "xyz"])
    findings, better = hear_back(
        lines, stage, stage, ProductionOptions(check="x", retakes=1), recognise=lambda clip: next(answers)
    )
    assert [(one.line, one.what) for one in findings] == [(2, "misread")] and better == {}


def test_a_recogniser_without_weights_says_what_to_do(tmp_path):
    with pytest.raises(FeatureMissingError) as caught:
        load_recogniser(str(tmp_path))
    assert caught.value.code in ("check_missing", "check_model_missing")


def test_loudness_by_name():
    assert parse_loudness("podcast") == TARGETS["podcast"] == -16.0
    assert parse_loudness("-18.5") == -18.5 and parse_loudness("off") is None
