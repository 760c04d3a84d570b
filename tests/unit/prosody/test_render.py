import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prosody_material import make_durations, make_prosody, make_sentence

from tts_engine.prosody.durations import to_frames
from tts_engine.prosody.palette import AXES, STYLES
from tts_engine.prosody.register import MOST_JITTER_HZ, Register
from tts_engine.prosody.render import HELPFUL_SMILE_ST, plan
from tts_engine.types import EMOTION_AXES, ContextProsody, Emotion, EmotionSpan, Performance

REGISTER = Register(median_hz=220.0, low_hz=140.0, high_hz=300.0)
NAMES = [*AXES, *STYLES]


def emotion(name, intensity=1.0):
    if name in AXES:
        return Emotion(tuple(float(axis == name) for axis in EMOTION_AXES), intensity=intensity)
    return Emotion(styles=((name, 1.0),), intensity=intensity)


def perform(name, intensity=1.0, seed=0, register=REGISTER):
    return plan(make_sentence(), Performance(emotion(name, intensity)), register, seed=seed)


def curves(made):
    frames = to_frames(made.durations(make_durations(made.sentence)))
    return made.curves(make_prosody(made.sentence, frames))


def test_neutral_has_no_plan(sentence):
    assert plan(sentence, Performance(), REGISTER) is None
    assert plan(sentence, Performance(emotion("angry", 0.0)), REGISTER) is None


@pytest.mark.parametrize("name", NAMES)
def test_the_limit_of_no_intensity_is_neutral(sentence, predicted, prosody, name):
    faint = perform(name, 1e-6)
    np.testing.assert_allclose(faint.durations(predicted), predicted, atol=1e-3)
    changed = ~np.isclose(faint.curves(prosody).f0, prosody.f0, rtol=1e-5)
    assert changed.sum() <= 1  # a whisper begins at the weakest value
    np.testing.assert_allclose(faint.level_db(prosody), 0.0, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_strength_grows_with_intensity_without_jumps(predicted, prosody, name):
    levels = np.linspace(0.05, 1.0, 20)
    lengths = [perform(name, level).durations(predicted).sum() for level in levels]
    made = [perform(name, level).curves(prosody).f0 for level in levels]
    kept = np.all([f0 > 50 for f0 in made], axis=0)  # the strongest values stay voiced at every intensity
    pitch = [np.log2(f0[kept]).mean() for f0 in made] if kept.any() else [0.0, 0.0]
    gain = [perform(name, level).level_db(prosody).mean() for level in levels]
    for values, step in ((lengths, 0.04 * predicted.sum()), (pitch, 0.05), (gain, 1.5)):
        change = np.diff(values)
        assert np.abs(change).max() < step
        # monotone up to rounding: never back by more than a tenth of the whole way
        back = min(abs(change[change > 0].sum()), abs(change[change < 0].sum()))
        assert back <= 0.1 * abs(change).sum() + 1e-3 * abs(values[0]) + 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_performance_and_another_seed_another(prosody, name):
    one, again, other = (perform(name, seed=seed).curves(prosody).f0 for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.1


def mean_st(name, prosody):
    voiced = prosody.f0 > 50
    made = perform(name).curves(prosody).f0
    voiced &= made > 50  # breathy performances take the voice from some values
    return float(12 * np.log2(made[voiced] / prosody.f0[voiced]).mean())


def test_directions_of_pitch(prosody):
    assert mean_st("angry", prosody) >= 2
    assert mean_st("happy", prosody) >= 2
    assert mean_st("surprised", prosody) >= 3  # limited on this voice by its register
    assert mean_st("afraid", prosody) >= 1
    assert mean_st("sad", prosody) < 0
    assert mean_st("melancholic", prosody) < mean_st("sad", prosody)


def test_directions_of_length_and_level(predicted, prosody):
    neutral = predicted.sum()
    length = {name: perform(name).durations(predicted).sum() / neutral for name in NAMES}
    level = {name: perform(name).level_db(prosody).mean() for name in NAMES}
    assert length["angry"] < 1.0 < length["sad"]
    assert length["excited"] < length["happy"]
    assert length["gentle"] > 1.05
    assert level["angry"] >= 3
    assert level["gentle"] <= -2
    assert level["sad"] < -1
    assert level["whispering"] < level["gentle"]
    assert level["shouting"] > level["angry"]


def test_surprise_rises_and_anger_falls_at_the_end(prosody):
    voiced = np.flatnonzero(prosody.f0 > 50)
    end, before = voiced[-4:], voiced[len(voiced) // 2 : -20]
    for name, sign in (("surprised", 1), ("curious", 1), ("angry", -1)):
        edit = 12 * np.log2(perform(name).curves(prosody).f0 / prosody.f0)
        assert sign * (edit[end].mean() - edit[before].mean()) > 0.5, name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hz", [110.0, 220.0, 285.0])
def test_no_voice_is_pushed_out_of_its_range(name, hz):
    register = Register(median_hz=hz, low_hz=hz * 0.65, high_hz=hz * 1.35)
    sentence = make_sentence()
    neutral = make_prosody(sentence, np.rint(make_durations(sentence)).astype(np.int64), hz=hz)
    made = perform(name, register=register).curves(neutral)
    voiced = neutral.f0 > 50
    highest = max(hz * 2 ** (register.ceiling_st / 12), neutral.f0.max())
    lowest = min(hz * 2 ** (register.floor_st / 12), neutral.f0[voiced].min())
    assert made.f0.max() <= highest * 1.001
    assert made.f0[voiced & (made.f0 > 0)].min(initial=np.inf) >= lowest * 0.999


def test_a_limited_request_says_so():
    high = Register(median_hz=285.0, low_hz=170.0, high_hz=350.0)
    assert any("limited" in warning for warning in perform("surprised", register=high).warnings)
    assert not perform("gentle", register=high).warnings


@pytest.mark.parametrize("name", NAMES)
def test_pads_are_never_scaled(predicted, name):
    made = perform(name).durations(predicted)
    assert made[0] == predicted[0]
    assert made[-1] == predicted[-1]
    assert made.min() > 0


def test_pauses_have_their_own_control():
    assert perform("suspense").silence(0, 0.1) > 0.1 + 0.08
    assert perform("excited").silence(0, 0.1) < 0.1
    assert perform("angry", 1e-6).silence(0, 0.1) == pytest.approx(0.1, abs=1e-4)
    assert perform("excited").silence(0, 0.0) == 0.0


def test_fear_breathes_in_its_pauses_and_calm_does_not():
    sentence, silent = make_sentence(), {}
    frames = np.maximum(np.rint(make_durations(sentence)), 1).astype(np.int64)
    frames[sentence.breaks[0].phoneme + 1] = 20
    prosody = make_prosody(sentence, frames)
    quiet = np.zeros(300 * len(prosody.f0), np.float32)
    quiet[:4000] = 0.3
    begin = int(frames[: sentence.breaks[0].phoneme + 1].sum()) * 600
    for name in ("afraid", "calm"):
        made = perform(name).colour(quiet, prosody, 24_000)
        silent[name] = float(np.abs(made[begin : begin + 20 * 600]).max())
    assert silent["afraid"] > 1e-3
    assert silent["calm"] < 1e-6


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=8, max_size=8), st.integers(0, 2**31))
def test_any_vector_gives_sound_curves(vector, seed):
    made = plan(make_sentence(), Performance(Emotion(tuple(vector))), REGISTER, seed=seed)
    if made is None:
        assert not any(vector)
        return
    prosody = curves(made)
    assert np.isfinite(prosody.f0).all()
    assert np.isfinite(made.level_db(prosody)).all()
    assert (prosody.durations >= 1).all()
    assert len(prosody.f0) == 2 * prosody.durations.sum()


def test_a_span_changes_its_own_words_and_glides(sentence, prosody):
    begin = sentence.words[5].syllables[0].phonemes[0]
    span = EmotionSpan((begin, len(sentence.phonemes)), emotion("angry"))
    made = plan(sentence, Performance(spans=(span,)), REGISTER)
    level = made.level_db(prosody)
    edge = int(2 * prosody.durations[: begin + 1].sum())
    assert abs(level[: edge - 30]).max() < 0.5
    assert level[edge + 20 :].mean() > 3
    assert np.abs(np.diff(level)).max() < 1.5


def test_one_emotion_over_all_is_the_same_as_a_span_over_all(sentence, predicted, prosody):
    whole = plan(sentence, Performance(emotion("happy")), REGISTER)
    span = EmotionSpan((0, len(sentence.phonemes)), emotion("happy"))
    spanned = plan(sentence, Performance(emotion("happy"), spans=(span,)), REGISTER)
    np.testing.assert_allclose(spanned.durations(predicted), whole.durations(predicted), rtol=1e-6)
    np.testing.assert_allclose(spanned.curves(prosody).f0, whole.curves(prosody).f0, rtol=1e-5)


def test_context_alone_moves_what_it_says(sentence, predicted, prosody):
    quiet = plan(sentence, Performance(context=ContextProsody(level_db=-3.0, rate=0.9, pitch_st=-1.0)), REGISTER)
    assert quiet.level_db(prosody).mean() == pytest.approx(-3.0, abs=0.01)
    assert quiet.durations(predicted).sum() > predicted.sum()
    voiced = prosody.f0 > 50
    moved = 12 * np.log2(quiet.curves(prosody).f0[voiced] / prosody.f0[voiced])
    assert moved.mean() == pytest.approx(-1.0, abs=0.05)


def test_context_can_stress_a_word(sentence, prosody):
    begin, end = sentence.words[6].syllables[0].phonemes
    plain = plan(sentence, Performance(context=ContextProsody(level_db=0.1)), REGISTER)
    stressed = plan(
        sentence, Performance(context=ContextProsody(level_db=0.1, emphasis=((begin, end, 1.0),))), REGISTER
    )
    at = slice(int(2 * prosody.durations[: begin + 1].sum()) + 6, int(2 * prosody.durations[: end + 1].sum()))
    assert stressed.curves(prosody).f0[at].mean() > plain.curves(prosody).f0[at].mean() * 1.03
    assert stressed.level_db(prosody)[at].mean() > plain.level_db(prosody)[at].mean() + 0.5


def test_colour_keeps_the_length_and_is_repeatable(prosody):
    noise = np.random.default_rng(0).standard_normal(300 * len(prosody.f0)).astype(np.float32) * 0.05
    for name in ("whispering", "angry", "afraid", "disgusted"):
        one, again = (perform(name).colour(noise, prosody, 24_000) for _ in range(2))
        assert one.shape == noise.shape
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, again)


def test_a_plan_is_a_frozen_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        perform("happy").seed = 1


def test_a_smile_renders_lower_and_slower_and_neither_lengthens_nor_lowers_what_is_heard(prosody):
    made = perform("surprised")
    smile = made.moves[0].smile_st
    assert smile > 0
    sung, heard = made.stretched(prosody), prosody
    ratio = 2 ** (smile / 12)
    assert sung.durations.sum() == pytest.approx(ratio * heard.durations.sum(), abs=1.0)
    assert len(sung.f0) == len(sung.energy) == 2 * sung.durations.sum()
    assert np.median(sung.f0[sung.f0 > 50]) == pytest.approx(np.median(heard.f0[heard.f0 > 50]) / ratio, rel=0.01)
    edges, neutral = np.cumsum(sung.durations) / ratio, np.cumsum(heard.durations)
    assert np.abs(edges - neutral).max() <= 1.5
    rendered = np.zeros(300 * len(sung.f0), np.float32)
    assert len(made.colour(rendered, heard, 24_000)) == 300 * len(heard.f0)


def test_a_voice_that_cannot_sing_as_high_smiles_more_instead():
    usual, high = (perform("surprised", register=Register(hz, hz * 0.65, hz * 1.35)).moves[0] for hz in (150.0, 286.0))
    assert high.smile_st > usual.smile_st
    assert high.smile_st <= HELPFUL_SMILE_ST
    assert usual.pitch_st > high.pitch_st > 2.9
    calm = perform("sad", register=Register(286.0, 186.0, 386.0)).moves[0]
    assert calm.smile_st == 0.0


def test_high_voices_tremble_less_from_cycle_to_cycle():
    low, high = (perform("afraid", register=Register(hz, hz * 0.65, hz * 1.35)).moves[0] for hz in (110.0, 286.0))
    assert high.jitter * 286.0 <= 100.0 * MOST_JITTER_HZ + 1e-9
    assert low.jitter > 1.5 * high.jitter > 0.0


def test_what_does_not_smile_is_rendered_as_it_is(prosody):
    assert perform("sad").stretched(prosody) is prosody


def test_fear_and_anger_have_uneven_cycles_and_calm_has_not(prosody):
    wave = np.sin(np.arange(300 * len(prosody.f0)) / 20).astype(np.float32)
    for name, is_uneven in (("afraid", True), ("angry", True), ("calm", False)):
        made = perform(name)
        assert bool(made.moves[0].jitter or made.moves[0].rough) is is_uneven
        assert np.array_equal(made._with_cycles(wave, prosody, 24_000, 0), wave) is not is_uneven


def test_whispered_tones_live_on_in_length_and_level(sentence, predicted, prosody):
    made = perform("whispering")
    lengths = made.durations(predicted) / predicted
    by_tone = {}
    syllables = [syllable for word in sentence.words for syllable in word.syllables]
    for syllable in syllables[1:-2]:
        by_tone.setdefault(syllable.reading[-1], []).append(float(lengths[syllable.phonemes[0] + 2]))
    assert np.mean(by_tone["3"]) > 1.1 * np.mean(by_tone["4"])
    level = made.level_db(prosody)
    edges = 2 * np.concatenate([[0], np.cumsum(prosody.durations)])
    falling = next(s for s in syllables if s.reading[-1] == "4")
    begin, end = edges[falling.phonemes[0] + 1], edges[falling.phonemes[1] + 1]
    assert level[begin + 2] - level[end - 2] > 1.5


def test_a_smile_is_heard_as_high_as_the_curves_say(prosody):
    made = perform("surprised")
    curves = made.curves(prosody)
    sung = made.stretched(curves)
    sine = np.sin(2 * np.pi * np.cumsum(np.repeat(sung.f0.astype(np.float64), 300)) / 24_000).astype(np.float32)
    heard = made._with_cycles(sine, curves, 24_000, 0)
    crossings = np.flatnonzero(np.diff(np.signbit(heard)))
    for begin, end in ((20, 60), (0, len(curves.f0))):
        turns = curves.f0[begin:end].astype(np.float64).sum() * 0.0125
        inside = (crossings >= 300 * begin) & (crossings < 300 * end)
        assert inside.sum() / 2 == pytest.approx(turns, rel=0.03)
