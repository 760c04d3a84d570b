"""Public figures are refused however they are written; people who only share a syllable with them are not."""

from __future__ import annotations

import pytest

from tts_engine.errors import ConfigError, ControlError
from tts_engine.own_voices.consent import checked_statement, refuse_public_figures

OK = "本人同意用我的录音制作声音"


@pytest.mark.parametrize(
    "name",
    [
        "习近平", "習近平", "习·近平", "习 近 平", "小习近平", "Xi Jinping", "xijinping", "XI JIN-PING", "戏晋平",
        "马云", "马云的声音", "Jack Ma", "jackma", "Ｊａｃｋ　Ｍａ", "Donald Trump", "donald_trump", "TRUMP",
        "特朗普老师", "Taylor Swift", "Beyoncé", "劉德華", "Liu Dehua", "Andy-Lau", "周杰伦2", "郭德纲（相声）",
        "ma1 yun2", "elonmusk2", "像雷军一样",
    ],
)  # fmt: skip
def test_refused_names(name):
    with pytest.raises(ControlError) as caught:
        refuse_public_figures(name, OK)
    assert caught.value.code == "voice_name_refused"


@pytest.mark.parametrize(
    "statement",
    ["马云同意制作他的声音", "本人是周深，同意", "I am Elon Musk and I agree", "由习近平同意", "我同意制作马云的声音"],
)
def test_refused_statements(statement):
    with pytest.raises(ControlError):
        refuse_public_figures("旁白", statement)


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("马云飞", "马云飞同意用录音制作他的声音"),
        ("小王", "本人同意，本周深夜录制的录音可以使用"),
        ("王小明", OK),
        ("Li Ming", "I, Li Ming, agree to a voice made from my recordings"),
        ("旁白", "周深圳同意"),
        ("Jackson", "Jackson Marsh agrees"),
    ],
)
def test_others_pass(name, statement):
    refuse_public_figures(name, statement)


def test_an_operator_adds_and_takes_off(tmp_path):
    own = tmp_path / "refused.txt"
    own.write_text("\ufeff# ours\n张三丰 | Zhang Sanfeng\n-马云\n", "utf-8")
    for name in ("张三丰", "zhang sanfeng", "習近平"):
        with pytest.raises(ControlError):
            refuse_public_figures(name, own_list=own)
    refuse_public_figures("马云", own_list=own)
    with pytest.raises(ConfigError, match="TTS_REFUSED_NAMES"):
        refuse_public_figures("小王", own_list=tmp_path / "missing.txt")


def test_a_statement_is_kept_in_one_line():
    assert checked_statement("  本人王小明\n 同意 制作 ") == "本人王小明 同意 制作"
