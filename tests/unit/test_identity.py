"""Laws of the identifier: equal where the sound is equal, another where anything of it changes."""

import dataclasses
from types import SimpleNamespace

import pytest

from tts_engine.errors import AudioError, ControlError
from tts_engine.identity import engine_identity, identify, identity_of
from tts_engine.options import KNOBS, SynthesisOptions
from tts_engine.text.lexicon import UserLexicon

ENGINE = "tts-engine 0.1.0; model@1 abc"
BASE = SynthesisOptions()


def test_it_is_64_hexadecimal_digits_and_stays():
    one = identity_of("你好。", BASE, ENGINE)
    assert len(one) == 64 and int(one, 16) >= 0
    assert one == identity_of("你好。", SynthesisOptions(), ENGINE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"speed": 1}, {"speed": 1.0}),
        ({"emotion": [0, 0, 1, 0, 0, 0, 0, 0]}, {"emotion": (0.0, 0.0, 1.0, 0, 0, 0, 0, 0)}),
        ({"emotion": {"sad": 0.5, "angry": 0.2}}, {"emotion": {"angry": 0.2, "sad": 0.5}}),
    ],
)
def test_what_means_the_same_is_the_same(one, other):
    assert identity_of("好", SynthesisOptions(**one), ENGINE) == identity_of("好", SynthesisOptions(**other), ENGINE)


def test_every_option_counts(tmp_path):
    recording = tmp_path / "a.wav"
    recording.write_bytes(b"sound")
    other = {
        "voice": "zm_yunxi",
        "emotion": "sad",
        "emotion_intensity": 0.3,
        "emotion_reader": "model",
        "context": "off",
        "ref_audio": str(recording),
        "ref_neutral": str(recording),
        "ref_strength": 0.5,
        "ref_aspects": "melody",
        "ref_consent": "me",
        "references": {"host": str(recording)},
        "speed": 1.1,
        "pitch_shift_st": 1.0,
        "volume_db": 1.0,
        "pause_scale": 2.0,
        "loudness_lufs": -16.0,
        "seed": 1,
        "format": "flac",
    }
    assert set(other) == set(KNOBS)  # a new knob must be tried here
    found = {identity_of("好", dataclasses.replace(BASE, **{name: value}), ENGINE) for name, value in other.items()}
    assert len(found | {identity_of("好", BASE, ENGINE)}) == len(other) + 1


def test_text_engine_and_lexicon_count():
    lexicon = UserLexicon.from_mapping({"重庆": "chong2 qing4"})
    found = {
        identity_of("好", BASE, ENGINE),
        identity_of("好。", BASE, ENGINE),
        identity_of("好", BASE, ENGINE + "2"),
        identity_of("好", BASE, ENGINE, lexicon=lexicon),
    }
    assert len(found) == 4


def test_recordings_count_by_content(tmp_path):
    one, same, other = (tmp_path / name for name in ("one.wav", "same.wav", "other.wav"))
    one.write_bytes(b"sound")
    same.write_bytes(b"sound")
    other.write_bytes(b"another")
    first, second, third = (identity_of("好", SynthesisOptions(ref_audio=p), ENGINE) for p in (one, str(same), other))
    assert first == second == identity_of("好", SynthesisOptions(ref_audio=b"sound"), ENGINE)
    assert first != third
    with pytest.raises(AudioError, match="gone"):
        identity_of("好", SynthesisOptions(ref_audio=str(tmp_path / "gone.wav")), ENGINE)


def test_a_lexicon_is_the_same_in_every_form(tmp_path):
    readings = {"重庆": "chong2 qing4", "长": "chang2"}
    one = UserLexicon.from_mapping(readings)
    other = UserLexicon.from_mapping(dict(reversed(readings.items())))
    assert identity_of("好", BASE, ENGINE, lexicon=one) == identity_of("好", BASE, ENGINE, lexicon=other)


class Voices:
    """Knows one pack by two names, and one own voice whose version changes."""

    version = "v1"

    def canonical(self, spec):
        names = {"zf_xiaoxiao": "zf_xiaoxiao", "晓晓": "zf_xiaoxiao", "小王": f"own:wang@{self.version}"}
        if spec not in names:
            raise ControlError("unknown voice", option="voice")
        return names[spec]


def test_voices_count_by_full_name_and_version():
    voices = Voices()

    def of(text, voice="zf_xiaoxiao"):
        return identify(text, SynthesisOptions(voice=voice), ENGINE, voices)

    assert of("好") == of("好", "晓晓")
    own, tagged, plain = of("好", "小王"), of("[voice:小王]好"), of("[voice:nobody]好")
    voices.version = "v2"
    assert of("好", "小王") != own and of("[voice:小王]好") != tagged and of("[voice:nobody]好") == plain
    with pytest.raises(ControlError):
        of("好", "nobody")


def test_the_engine_is_told_by_what_decides_its_sound(tmp_path):
    decoder = tmp_path / "decoder.npz"
    decoder.write_bytes(b"weights")
    given = {"model": "kokoro-82m@1.0", "digest": "ab" * 32}
    found = {
        engine_identity(**given),
        engine_identity(**given, decoder=decoder),
        engine_identity(**given, lexicon=UserLexicon.from_mapping({"长": "chang2"})),
        engine_identity(**given, audible="tones:start"),
        engine_identity(model="kokoro-82m@1.0", digest="cd" * 32),
        engine_identity(**given, precision="int8"),
    }
    assert len(found) == 6
    assert engine_identity(**given, precision="float32") == engine_identity(**given)
    before = engine_identity(**given, decoder=decoder)
    decoder.write_bytes(b"others")
    assert engine_identity(**given, decoder=decoder) != before


def test_a_synthesizer_of_parts_has_one_too():
    from tts_engine import Synthesizer

    engine = SimpleNamespace(threads=1, together=1, arithmetic="float32")
    front_end = SimpleNamespace(lexicon=UserLexicon())
    synthesizer = Synthesizer.from_parts(engine, Voices(), front_end)
    assert "parts" in synthesizer.identity
    assert synthesizer.identify("好", SynthesisOptions(voice="晓晓")) == synthesizer.identify("好")
