"""The encoder and its features: what a recording tells about a speaker, and what it must not depend on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from tts_engine.acoustic.config import ModelConfig
from tts_engine.errors import AudioError, ControlError
from tts_engine.own_voices.encoder import likeness, load_encoder
from tts_engine.own_voices.making import _spread, read_recordings
from tts_engine.own_voices.people import stretches
from tts_engine.own_voices.timbre import COUNTED_AS, describe, find_frames, joined
from tts_engine.own_voices.workshop import PHRASES
from tts_engine.text.frontend import FrontEnd


def speaker(seconds=4.0, f0_hz=150.0, tract=1.0, seed=0):
    """A buzz through four resonances that wander as in speech, with pauses, at 16 kHz."""
    generator = np.random.default_rng(seed)
    out = []
    while sum(map(len, out)) < seconds * 16_000:
        count = int(16_000 * generator.uniform(0.15, 0.3))
        phase = np.cumsum(f0_hz * (1 + 0.05 * np.sin(np.linspace(0, 3, count))) / 16_000)
        sound = np.diff(np.floor(phase), prepend=0.0) + 0.003 * generator.standard_normal(count)
        for low, high, width in ((300, 800, 80), (900, 2200, 100), (2400, 2900, 150), (3300, 3700, 200)):
            centre = tract * generator.uniform(low, high)
            radius = np.exp(-np.pi * width / 16_000)
            sound = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * centre / 16_000), radius**2], sound)
        out += [sound / np.abs(sound).max() * np.hanning(count) ** 0.3, np.zeros(int(16_000 * 0.06))]
    waveform = np.concatenate(out)[: int(seconds * 16_000)]
    return 0.3 * waveform + 1e-4 * generator.standard_normal(len(waveform))


def test_level_does_not_matter():
    encoder, waveform = load_encoder(), speaker()
    one, louder = (encoder.timbre(find_frames(gain * waveform)) for gain in (0.3, 1.0))
    assert encoder.similarity(one, louder) > 0.999


def test_length_does_not_matter_but_the_speaker_does():
    encoder = load_encoder()
    short, long = (encoder.timbre(find_frames(speaker(seconds, seed=1))) for seconds in (6.0, 12.0))
    other = encoder.timbre(find_frames(speaker(12.0, f0_hz=240.0, tract=1.2, seed=1)))
    assert encoder.similarity(short, long) > encoder.similarity(short, other) + 0.1
    features = describe(find_frames(speaker()), encoder.classes)
    assert features.shape == encoder.centre.shape and np.isfinite(features).all()
    assert COUNTED_AS > 0


def test_parts_joined_are_the_whole():
    parts = [find_frames(speaker(3.0, seed=seed)) for seed in (1, 2)]
    whole = joined(parts)
    assert whole.seconds == pytest.approx(sum(part.seconds for part in parts))
    assert len(whole.mel_db) == sum(len(part.mel_db) for part in parts)


def test_the_encoder_is_whole_and_small():
    encoder = load_encoder()
    assert encoder.weights.shape == (len(encoder.centre), 128) and encoder.mean.shape == (128,)
    assert encoder.radius > 0 and len(encoder.held_out) == 10
    assert len(encoder.corrections) == len(encoder.landmarks)
    maps = (encoder.weights, encoder.corrections, encoder.axes, encoder.landmarks, encoder.centre, encoder.scale)
    for array in (*maps, *vars_of(encoder.classes)):
        assert np.isfinite(array).all()


def test_far_from_every_clip_the_linear_map_is_left():
    encoder = load_encoder()
    far = 1e3 * np.ones(encoder.landmarks.shape[1])
    assert np.allclose(likeness(far, encoder.landmarks) @ encoder.corrections, 0.0)
    assert np.allclose(np.diag(likeness(encoder.landmarks, encoder.landmarks)), 1.0)


def test_features_do_not_depend_on_how_often_something_is_said():
    once, classes = find_frames(speaker(seed=3)), load_encoder().classes
    twice = describe(joined([once, once]), classes)
    assert np.allclose(describe(once, classes), twice, atol=0.05 * np.abs(twice).max())


def vars_of(classes):
    return classes.weights, classes.means, classes.variances


def test_the_phrases_are_what_the_front_end_reads():
    front_end = FrontEnd(ModelConfig().symbols)
    for text, phonemes in PHRASES.items():
        assert front_end.analyse(text).sentences[0].phonemes == phonemes


def _wav(waveform):
    import io

    import soundfile

    file = io.BytesIO()
    soundfile.write(file, waveform, 16_000, format="WAV")
    return file.getvalue()


def test_recordings_are_named_hashed_and_measured():
    import hashlib

    data = _wav(speaker(5.0))
    recorded = read_recordings([("dir/a.wav", data)])
    (source,) = recorded.sources
    assert (source.name, source.seconds) == ("a.wav", 5.0)
    assert source.sha256 == hashlib.sha256(data).hexdigest()
    assert recorded.whole.seconds > 2.0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (_wav(np.zeros(80_000)), "reference_silent"),
        (_wav(speaker(1.0)), "voice_speech_too_short"),
        (_wav(0.3 * np.random.default_rng(0).standard_normal(80_000)), "voice_speech_too_short"),
        (_wav(speaker(5.0))[:60], None),
        (b"", None),
        ("你好，这不是音频。".encode() * 50, None),
    ],
)
def test_a_recording_that_cannot_be_used_is_named(data, code):
    with pytest.raises(AudioError) as caught:
        read_recordings([("bad.wav", data)])
    if code:
        assert caught.value.code == code
    assert "bad.wav" in caught.value.message or caught.value.code == "voice_speech_too_short"


def test_one_silent_file_among_good_ones_is_named_too():
    with pytest.raises(AudioError, match=r"second\.wav"):
        read_recordings([("first.wav", _wav(speaker(4.0))), ("second.wav", _wav(np.zeros(80_000)))])


def chords():
    """Ten seconds of an organ, at 16 kHz."""
    time = np.arange(8_000) / 16_000
    notes = (1.0, 1.12, 1.26, 1.5, 1.33) * 4
    return np.concatenate([sum(np.sin(2 * np.pi * 220 * note * n * time) / n for n in range(1, 8)) for note in notes])


def test_no_voice_is_made_of_music():
    with pytest.raises(AudioError, match=r"song\.wav") as caught:
        read_recordings([("a.wav", _wav(speaker(5.0))), ("song.wav", _wav(0.1 * chords()))])
    assert caught.value.code == "reference_music"


class ByPitch:
    """Stands for the encoder, which hears no people in a buzz."""

    def timbre(self, speech):
        return np.median(speech.f0_hz)

    def similarity(self, one, other):
        return float(0.8 < one / other < 1.25)


def test_recordings_of_several_people_are_told(monkeypatch):
    monkeypatch.setattr("tts_engine.own_voices.people.load_encoder", ByPitch)
    woman, man = speaker(12.0, 230.0), speaker(12.0, 130.0, seed=1)

    def doubts(*recordings):
        recorded = read_recordings([(f"{n}.wav", _wav(one)) for n, one in enumerate(recordings)])
        assert abs(sum(part.seconds for part in stretches(recorded.speech)) - recorded.whole.seconds) < 5.0
        return [note for note in recorded.notes if "不是同一个人" in note]

    assert doubts(woman, man) and doubts(np.concatenate([woman, man])) and doubts(*np.split(woman, 4), man)
    assert not doubts(woman, speaker(9.0, 230.0, seed=2)) and not doubts(np.concatenate([man, man]))
    assert not doubts(speaker(4.0))


def test_what_is_poor_about_recordings_is_noted_with_their_names():
    loud = np.clip(8.0 * speaker(12.0), -1.0, 1.0)
    quiet = 0.3 * np.random.default_rng(0).standard_normal(80_000)
    notes = read_recordings([("loud.wav", _wav(loud)), ("noise.wav", _wav(quiet))]).notes
    assert any(note.startswith("loud.wav: 录音削波") for note in notes)
    assert any(note.startswith("noise.wav: 没有人声") for note in notes)
    assert any("秒人声" in note for note in read_recordings([("a.wav", _wav(speaker(4.0)))]).notes)


def test_no_recordings_and_too_many():
    for recordings in ([], [("a.wav", b"")] * 201):
        with pytest.raises(ControlError):
            read_recordings(recordings)


def test_of_an_hour_pieces_from_everywhere_are_heard():
    waveform = np.arange(3600.0 * 100)
    used = _spread(waveform, 100, 180.0)
    assert len(used) == 180 * 100
    assert used[0] == 0.0 and used[-1] == waveform[-1]
    np.testing.assert_array_equal(_spread(waveform[:500], 100, 180.0), waveform[:500])
