"""Known voices are heard for what they are, and what is no reference is refused in one sentence."""

import json

import numpy as np
import pytest
from made_voices import RATE, VOWEL, speak, syllables, wav

from tts_engine.errors import AudioError
from tts_engine.hearing.decode import decode
from tts_engine.hearing.hear import hear, listen
from tts_engine.hearing.register import neutral_pitch
from tts_engine.hearing.store import StyleCache, from_dict, to_dict
from tts_engine.types import ReferenceStyle


@pytest.fixture(scope="module")
def speech():
    """Twelve syllables in three groups of four, falling by 4 semitones, 0.5 s apart."""
    return syllables(12, every=4, gap_s=0.5, slope_st=-4.0, noise_db=45.0)


@pytest.fixture(scope="module")
def style(speech):
    return hear(wav(speech))


def test_pitch_rate_and_pauses_are_those_of_the_signal(style):
    assert style.f0_median_hz == pytest.approx(200, rel=0.03)
    assert style.f0_low_hz < 200 * 2 ** (-2 / 12) and style.f0_high_hz > 200 * 2 ** (2 / 12)
    assert len(style.phrases) == 3 and sum(p.syllables for p in style.phrases) == pytest.approx(12, abs=1)
    assert style.syllable_rate == pytest.approx(5.0, rel=0.15)
    assert style.pauses_s == pytest.approx((0.5, 0.5), abs=0.08)
    assert style.pause_share == pytest.approx(1.0 / 3.4, abs=0.05)


def test_formants_and_tract_are_those_of_the_signal(style):
    assert style.formants_hz == pytest.approx(VOWEL, rel=0.08)
    assert 12.0 < style.vocal_tract_cm < 19.0


def test_phrases_fall_as_the_signal_does_and_tones_are_out(style):
    levels = [np.mean(phrase.melody_st) for phrase in style.phrases]
    assert levels[0] > levels[1] > levels[2]
    assert levels[0] - levels[2] == pytest.approx(4 * 8 / 11, abs=1.0)
    for phrase in style.phrases:  # tones wobble by 4 semitones inside each syllable
        assert np.abs(np.diff(phrase.melody_st)).max() < 0.4


@pytest.mark.parametrize("fall_st", [-6.0, 0.0, 6.0])
def test_the_slope_of_a_short_phrase_is_heard_whole(fall_st):
    melody = hear(wav(syllables(7, slope_st=fall_st, noise_db=40.0))).phrases[0].melody_st
    heard = np.mean(melody[-8:]) - np.mean(melody[:8])
    assert heard == pytest.approx(0.75 * fall_st, abs=1.0)  # from the middle of the first quarter to that of the last


@pytest.mark.parametrize("syllable_s", [0.14, 0.2, 0.34])
def test_syllables_are_counted_in_slow_and_noisy_speech(syllable_s):
    heard = hear(wav(syllables(14, syllable_s=syllable_s, every=7, gap_s=0.4, noise_db=25.0)))
    assert sum(phrase.syllables for phrase in heard.phrases) == pytest.approx(14, abs=2)


def test_a_neutral_speaker_is_taken_for_nearly_neutral(style):
    speakers = ((110.0, 16.8), (160.0, 15.6), (210.0, 14.4))  # pitch and vocal tract of ordinary people
    for hz, tract_cm in speakers:
        assert abs(12 * np.log2(neutral_pitch(hz, 3.3, tract_cm) / hz)) < 0.6
    raised = 12 * np.log2(neutral_pitch(200.0, 5.0, 15.0) / 200.0)
    assert -3.0 < raised < -0.8  # wider than neutral: the voice was raised, as far as one phrase can tell


def test_every_curve_has_its_length_and_every_figure_is_finite(style):
    for phrase in style.phrases:
        assert len(phrase.melody_st) == len(phrase.level_db) == len(phrase.tempo) == 32
        assert 0 <= phrase.begin_s < phrase.end_s <= style.duration_s
    assert len(style.spectrum_db) == 40 and abs(np.mean(style.spectrum_db)) < 0.1
    assert len(style.formants_hz) == 4
    json.dumps(to_dict(style), allow_nan=False)


def test_what_is_heard_does_not_depend_on_level(speech, style):
    quiet = hear(wav(0.05 * speech, subtype="FLOAT"))
    assert quiet.f0_median_hz == pytest.approx(style.f0_median_hz, rel=0.002)
    assert quiet.tilt_db == pytest.approx(style.tilt_db, abs=0.1)
    assert quiet.level_spread_db == pytest.approx(style.level_spread_db, abs=0.3)
    assert quiet.syllable_rate == pytest.approx(style.syllable_rate, rel=0.01)


def test_higher_faster_and_brighter_are_heard_as_such(style):
    higher = hear(wav(syllables(12, every=4, gap_s=0.5, slope_st=-4.0, f0_hz=300.0, noise_db=45.0)))
    assert higher.f0_median_hz == pytest.approx(1.5 * style.f0_median_hz, rel=0.03)
    faster = hear(wav(syllables(16, syllable_s=0.14, every=8, gap_s=0.3, noise_db=45.0)))
    assert faster.syllable_rate == pytest.approx(7.1, rel=0.2) and faster.syllable_rate > 1.2 * style.syllable_rate
    brighter = hear(wav(syllables(12, every=4, gap_s=0.5, glottal=False, noise_db=45.0)))
    assert brighter.tilt_db > style.tilt_db + 6


def test_noise_in_the_voice_lowers_hnr_and_unrest_is_measured():
    steady = 140.0 * 2 ** (np.sin(2 * np.pi * np.arange(RATE * 2) / RATE) / 8)  # speech never stands still
    clean = hear(wav(speak(steady)))
    noisy = hear(wav(speak(steady, noise_db=12.0)))
    assert clean.hnr_db > 17 and noisy.hnr_db == pytest.approx(12.0, abs=4.0)
    shaken = hear(wav(speak(steady, jitter=0.012, shimmer=0.08, seed=3)))
    assert clean.jitter < 0.004 and clean.shimmer < 0.02
    # neighbours of independent periods with deviation s differ by 2 s / sqrt(pi) on average
    assert shaken.jitter == pytest.approx(0.012 * 2 / np.sqrt(np.pi), rel=0.4)
    assert shaken.shimmer > 0.03


def test_a_neutral_recording_says_where_the_speaker_is_at_rest(speech):
    calm = wav(syllables(12, every=4, gap_s=0.5, f0_hz=150.0, noise_db=45.0))
    heard = hear(wav(speech), neutral=calm)
    assert heard.neutral_hz == pytest.approx(150, rel=0.03)
    assert heard.f0_median_hz == pytest.approx(200, rel=0.03)


def test_round_trip_as_data(style):
    again = from_dict(json.loads(json.dumps(to_dict(style))))
    assert again == style and isinstance(again, ReferenceStyle) and hash(again) == hash(style)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("tilt_db"),
        lambda data: data.update(tilt_db="dark"),
        lambda data: data.update(tilt_db=float("nan")),
        lambda data: data.update(colour=1),
        lambda data: data.update(phrases=[]),
        lambda data: data.update(formants_hz=[1, 2]),
        lambda data: data["phrases"][0].pop("tempo"),
        lambda data: data["phrases"][0].update(tempo=[1.0]),
        lambda data: data.update(phrases=[3]),
    ],
)
def test_damaged_data_is_refused_by_name(style, change):
    data = to_dict(style)
    change(data)
    with pytest.raises(AudioError) as caught:
        from_dict(data)
    assert caught.value.code == "reference_invalid" and caught.value.fields["field"]


def test_the_cache_is_by_content_and_survives(tmp_path, speech, monkeypatch):
    first = hear(wav(speech), cache=StyleCache(tmp_path / "heard"))
    monkeypatch.setattr("tts_engine.hearing.hear.listen", lambda *_, **__: pytest.fail("listened again"))
    file = tmp_path / "renamed.bin"
    file.write_bytes(wav(speech))
    assert hear(file, cache=StyleCache(tmp_path / "heard")) == first
    kept = StyleCache()
    kept.put("key", first)
    assert kept.get("key") == first and kept.get("other") is None


def test_a_damaged_cache_file_is_heard_again(tmp_path, speech, style):
    cache = StyleCache(tmp_path)
    hear(wav(speech), cache=cache)
    (file,) = tmp_path.glob("*.json")
    file.write_text("{", "utf-8")
    assert hear(wav(speech), cache=StyleCache(tmp_path)) == style


def refused(samples, rate=RATE):
    with pytest.raises(AudioError) as caught:
        hear(wav(samples, rate))
    message = caught.value.message
    assert "\n" not in message and message.isascii() is False
    return caught.value.code


def test_what_is_no_reference_is_refused_with_its_reason(speech):
    chance = np.random.default_rng(0)
    assert refused(np.zeros(RATE * 3)) == "reference_silent"
    notes = np.repeat(110 * 2 ** (np.array([0, 4, 7, 12, 9, 5, 2, 7]) / 12), RATE // 2)
    assert refused(speak(notes)) == "reference_music"
    assert refused(speak(np.full(RATE * 3, 220.0))) == "reference_music"
    assert refused(speech[5000:8200]) == "reference_too_short"
    assert refused(np.concatenate([np.zeros(RATE * 2), speech[5000:8200], np.zeros(RATE)])) == "reference_too_short"
    assert refused(0.1 * chance.standard_normal(RATE * 3)) == "reference_no_speech"
    assert refused(speech * 0.02 + 0.1 * chance.standard_normal(len(speech))) in (
        "reference_noisy",
        "reference_no_speech",
    )


def warned(samples, rate=RATE, **options):
    return " ".join(hear(wav(samples, rate, **options)).warnings)


def test_doubts_are_told_and_a_clean_recording_has_none(speech, style):
    assert len(style.warnings) == 1 and "秒" in style.warnings[0]  # 2.4 s of speech is little
    assert "削波" in warned(np.clip(speech * 8, -0.9, 0.9))
    assert "噪声" in warned(speech + 0.03 * np.random.default_rng(0).standard_normal(len(speech)))
    assert "窄带" in warned(speech[::2], 8000)
    assert "秒" in warned(speech[: int(1.6 * RATE)])


def test_a_monotone_and_a_second_voice_are_told():
    assert "单音" in warned(syllables(16, wobble_st=0.0, hiss=0.05, noise_db=40.0))
    man = syllables(20, f0_hz=110.0, formants_hz=(600, 1000, 2200, 3000), noise_db=40.0)
    woman = syllables(20, f0_hz=220.0, formants_hz=(750, 1300, 2850, 3900), noise_db=40.0)
    assert "几个人" in warned(np.concatenate([man, woman]))
    assert "几个人" not in warned(np.concatenate([woman, woman]))


def test_everything_heard_lies_on_one_time_axis(speech):
    heard = listen(decode(wav(speech)))
    frames = len(heard.pitch.f0_hz)
    assert frames == len(speech) // 160
    assert {len(x) for x in (heard.melody_st, heard.rate, heard.speech.active, heard.speech.level_db)} == {frames}
    assert np.all(np.diff(heard.nuclei) > 0)
