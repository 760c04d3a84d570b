"""Laws of a text that is spoken while it is written: the real text and emotion stages over a fake network."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
from test_pipeline import RATE, FakeEngine, FakeVoices

from tts_engine.emotion.parse import amounts_of, parse_emotion
from tts_engine.emotion.policies import Influence
from tts_engine.emotion.vocabulary import is_emotion
from tts_engine.errors import ControlError
from tts_engine.gliding import GLIDE
from tts_engine.options import SynthesisOptions
from tts_engine.pipeline import Synthesizer
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.symbols import INVENTORY
from tts_engine.types import Emotion

NEUTRAL = SynthesisOptions(voice="zf_xiaoxiao")


@pytest.fixture(scope="module")
def synthesizer():
    return Synthesizer.from_parts(FakeEngine(), FakeVoices(), FrontEnd(INVENTORY, is_emotion=is_emotion))


def speak(synthesizer, pieces, options=NEUTRAL, **more):
    live = synthesizer.live()
    clauses = []
    for piece in pieces:
        for part in live.segmenter.feed(piece):
            clauses += live.speak(part, options, **more)
    for part in live.segmenter.flush():
        clauses += live.speak(part, options, **more)
    return clauses


TEXT = "他推开门，屋里一个人也没有。“谁在那儿？”他压低声音问道。\n第二天，天晴了，[开心]我们去公园玩吧。真好！"


def test_the_sound_does_not_depend_on_how_the_text_was_chopped(synthesizer):
    options = SynthesisOptions(voice="zf_xiaoxiao", emotion="auto", seed=5)
    whole, chopped = speak(synthesizer, [TEXT], options), speak(synthesizer, list(TEXT), options)
    assert [clause.text for clause in whole] == [clause.text for clause in chopped]
    for one, other in zip(whole, chopped, strict=True):
        assert np.array_equal(one.waveform, other.waveform) and one.performance == other.performance


def test_places_and_times_are_those_of_the_whole(synthesizer):
    clauses = speak(synthesizer, list(TEXT))
    samples = 0
    for clause in clauses:
        assert TEXT[clause.span.begin : clause.span.end].replace("[开心]", "").strip() == clause.text.strip()
        for one in clause.timing.characters:
            assert TEXT[one.span.begin : one.span.end] == one.text
        assert samples / RATE <= clause.timing.begin_s <= clause.timing.end_s
        samples += len(clause.waveform)
        assert clause.timing.end_s <= samples / RATE + 1e-6
    assert [clause.index for clause in clauses] == list(range(len(clauses)))


def test_a_tag_holds_to_the_end_of_its_line_across_parts(synthesizer):
    clauses = speak(synthesizer, list("[愤怒]你怎么能这样对我们，太过分了。走吧！\n天气不错。[图1]在这里。好的。"))
    assert [clause.performance.origin for clause in clauses] == ["tag", "tag", "tag", "default", "default", "default"]
    assert "".join(clause.text for clause in clauses).count("图1") == 1


def test_paragraphs_and_pauses_are_those_of_a_text(synthesizer):
    clauses = speak(synthesizer, ["第一段在这里。", "还有一句。\n", "第二段在这里。"])
    gaps = [later.timing.begin_s - former.timing.end_s for former, later in pairwise(clauses)]
    assert gaps[1] > gaps[0] > 0.3


def test_a_lone_mark_says_nothing(synthesizer):
    assert not speak(synthesizer, ["……", "\n", "”", "  "])


def test_the_influence_is_asked_for_each_clause_and_mixed_in(synthesizer):
    asked = []

    def influence():
        asked.append(1)
        weight = 0.0 if len(asked) < 3 else 0.5
        return Influence(weight, -0.1 if weight else 0.0, -1.0 if weight else 0.0, 0.0, parse_emotion("温柔"), "test")

    clauses = speak(synthesizer, ["一句话。两句话。三句话。四句话。"], influence=influence)
    assert len(asked) == len(clauses) == 4
    assert clauses[0].performance.emotion.is_neutral and clauses[0].speed == 1.0
    assert "gentle" in amounts_of(clauses[2].performance.emotion)
    assert [clause.listener_weight for clause in clauses] == pytest.approx([0.0, 0.0, 0.2, 0.4])
    assert clauses[3].speed == pytest.approx(0.9) and clauses[3].pitch_shift_st == -1.0


def test_knobs_glide_from_clause_to_clause_and_arrive(synthesizer):
    live = synthesizer.live()
    parts = live.segmenter.feed("一句话。" * 9) + live.segmenter.flush()
    loud = SynthesisOptions(voice="zf_xiaoxiao", volume_db=-12.0, speed=1.5, pitch_shift_st=4.0)
    clauses = [*live.speak(parts[0], NEUTRAL)]
    for part in parts[1:]:
        clauses += live.speak(part, loud)
    for former, later in pairwise(clauses):
        assert abs(later.volume_db - former.volume_db) <= GLIDE["volume_db"] + 1e-9
        assert abs(later.pitch_shift_st - former.pitch_shift_st) <= GLIDE["pitch_shift_st"] + 1e-9
        assert later.speed / former.speed <= GLIDE["speed"] + 1e-9
    assert clauses[-1].volume_db == -12.0 and clauses[-1].speed == pytest.approx(1.5)


def test_the_listeners_share_comes_and_goes_over_several_clauses(synthesizer):
    weights = iter([0.7] * 5 + [0.0] * 5)
    gentle = parse_emotion("温柔")

    def influence():
        weight = next(weights)
        return Influence(weight, emotion=gentle) if weight else Influence()

    clauses = speak(synthesizer, ["一句话。" * 10], influence=influence)
    shares = [clause.listener_weight for clause in clauses]
    assert max(shares) == pytest.approx(0.7) and shares[-1] == 0.0
    assert all(abs(later - former) <= GLIDE["weight"] + 1e-9 for former, later in pairwise([0.0, *shares]))
    intensities = [clause.performance.emotion.intensity for clause in clauses]
    assert intensities == pytest.approx([gentle.intensity * share for share in shares])
    assert clauses[-1].performance.emotion.is_neutral


def test_a_new_emotion_comes_in_over_one_clause(synthesizer):
    live = synthesizer.live()
    parts = live.segmenter.feed("一句话。两句话。三句话。") + live.segmenter.flush()
    sad, happy = (SynthesisOptions(voice="zf_xiaoxiao", emotion=name) for name in ("sad", "happy"))
    emotions = [
        next(iter(live.speak(part, o))).performance.emotion for part, o in zip(parts, (sad, happy, happy), strict=True)
    ]
    assert set(amounts_of(emotions[1])) == {"sad", "happy"} and set(amounts_of(emotions[2])) == {"happy"}


def test_a_turn_is_held_around_each_rendering(synthesizer):
    turns = []

    @contextmanager
    def turn(size):
        turns.append(size)
        yield

    clauses = speak(synthesizer, ["一句话。两句话。"], turn=turn)
    assert len(turns) == len(clauses) and all(size > 3 for size in turns)


def test_warnings_are_given_once(synthesizer):
    clauses = speak(synthesizer, ["好☃的。好☃的。"])
    assert sum("☃" in warning for clause in clauses for warning in clause.warnings) == 1


def test_what_cannot_be_spoken_is_refused_before_it_is(synthesizer):
    with pytest.raises(ControlError):
        synthesizer.live().check(SynthesisOptions(voice="nobody"))
    with pytest.raises(ControlError):
        synthesizer.live().check(SynthesisOptions(emotion="grumpyish"))


def test_a_single_sentence_sounds_like_the_whole_text(synthesizer):
    (clause,) = speak(synthesizer, ["今天天气很好。"], SynthesisOptions(voice="zf_xiaoxiao", context="off"))
    whole = synthesizer.synthesize("今天天气很好。", SynthesisOptions(voice="zf_xiaoxiao", context="off"))
    assert np.array_equal(clause.waveform, whole.waveform)
    assert Emotion(intensity=0.0) == clause.performance.emotion
