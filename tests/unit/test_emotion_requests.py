"""A wrong request for an emotion is one clear error, the same through Python, the command line and the page."""

import pytest

from tiny_engine import make
from tts_engine.cli import main
from tts_engine.errors import ControlError
from tts_engine.options import make_options
from tts_engine.service.engine import EngineHolder
from tts_engine.service.studio import Studio
from tts_engine.settings import Settings

# what is asked for (as text, so that every entrance can ask it), intensity, code of the error
WRONG = [
    ("愤努", None, "emotion_unknown"),
    ("angri", None, "emotion_unknown"),
    ("0 0 0 0 0 0 0 0 1", None, "emotion_invalid"),
    ("0 0 0 0 0 0 0 0", None, "emotion_invalid"),
    ("nan 0 0 0 0 0 0 0", None, "emotion_invalid"),
    ("0 0 -0.5 0 0 0 0 0", None, "emotion_invalid"),
    ("悲伤 7", None, "emotion_invalid"),
    ("中性 + 悲伤", None, "emotion_contradictory"),
    ("低语 0.5 + 喊叫 0.5", None, "emotion_contradictory"),
    ("sad", "7", None),
    ("sad", "nan", None),
    ("sad", "-0.1", None),
]


@pytest.fixture
def synthesizer():
    return make()


def told_by_python(synthesizer, knobs):
    with pytest.raises(ControlError) as caught:
        synthesizer.synthesize("你好。", make_options(**knobs))
    return caught.value


@pytest.mark.parametrize(("emotion", "intensity", "code"), WRONG)
def test_every_entrance_tells_the_same(emotion, intensity, code, synthesizer, tmp_path, monkeypatch, capsys):
    number = int if (intensity or "").isdigit() else float
    knobs = {"emotion": emotion} | ({"emotion_intensity": number(intensity)} if intensity else {})
    expected = told_by_python(synthesizer, knobs)
    assert code is None or expected.code == code
    assert expected.message.isascii() is False  # Chinese first
    assert any(word in expected.message for word in ("allowed", "must", "near", "known", "exclude", "cannot", "give"))

    monkeypatch.setattr("tts_engine.cli.say.open_synthesizer", lambda *_: synthesizer)
    flags = ["--emotion", emotion, *(["--emotion-intensity", intensity] if intensity else [])]
    with pytest.raises(SystemExit) as left:
        main(["say", "你好。", "-q", "-o", str(tmp_path / "a.wav"), *flags])
    assert left.value.code != 0
    assert capsys.readouterr().err.strip() == f"错误 error [{expected.code}]: {expected.message}"
    assert not (tmp_path / "a.wav").exists()

    studio = Studio(Settings(outputs=tmp_path / "outputs"), EngineHolder(lambda _: synthesizer), tmp_path / "shelf")
    with pytest.raises(ControlError) as caught:
        studio.synthesize("你好。", knobs, lambda *_: None)
    assert (caught.value.code, caught.value.message) == (expected.code, expected.message)


def test_a_vector_of_nine_numbers_is_refused_like_its_text(synthesizer):
    for vector in ([0.0] * 8 + [1.0], [0.0] * 8, [float("nan"), *[0.0] * 7]):
        as_text = " ".join(f"{value:g}" for value in vector)
        assert (
            told_by_python(synthesizer, {"emotion": vector}).code
            == told_by_python(synthesizer, {"emotion": as_text}).code
        )
