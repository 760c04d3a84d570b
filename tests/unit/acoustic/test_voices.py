"""Laws of voices: rows, halves, mixes, names, levels, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tts_engine.acoustic import voices
from tts_engine.acoustic.voices import VoiceStore, describe, measured_lufs, parse_mix
from tts_engine.errors import AssetDamagedError, AssetMissingError, ControlError

PACKS = {
    name: np.random.default_rng(i).standard_normal((510, 256)).astype(np.float32)
    for i, name in enumerate(("af_sky", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunxi"))
}


@pytest.fixture
def store(tmp_path) -> VoiceStore:
    for name, pack in PACKS.items():
        pack.tofile(tmp_path / f"{name}.bin")
    return VoiceStore(tmp_path)


def test_mandarin_first(store):
    assert store.names() == ("zf_xiaoxiao", "zf_xiaoyi", "zm_yunxi", "af_sky")


@pytest.mark.parametrize("n", [1, 2, 57, 510])
def test_row_belongs_to_the_number_of_phonemes(store, n):
    style = store.style("zf_xiaoxiao", n)
    np.testing.assert_array_equal(style.timbre, PACKS["zf_xiaoxiao"][n - 1, :128])
    np.testing.assert_array_equal(style.prosody, PACKS["zf_xiaoxiao"][n - 1, 128:])
    assert style.timbre.dtype == np.float32


@pytest.mark.parametrize(
    "spec", ["zf_xiaoxiao:0.7+zf_xiaoyi:0.3", "zf_xiaoxiao:7 + zf_xiaoyi:3", " zf_xiaoxiao:1.4+zf_xiaoyi:.6"]
)
def test_mix_is_the_weighted_mean_whatever_the_sum(store, spec):
    expected = 0.7 * PACKS["zf_xiaoxiao"][9] + 0.3 * PACKS["zf_xiaoyi"][9]
    style = store.style(spec, 10)
    np.testing.assert_allclose(np.concatenate([style.timbre, style.prosody]), expected, atol=1e-6)


def test_mix_with_itself_is_itself(store):
    one, twice = store.style("zm_yunxi", 4), store.style("zm_yunxi:0.2+zm_yunxi:0.5", 4)
    np.testing.assert_allclose(one.timbre, twice.timbre, atol=1e-7)


def test_weights_add_up_to_one():
    assert parse_mix("a+b") == {"a": 0.5, "b": 0.5}
    assert math.isclose(sum(parse_mix("a:3+b:0.01+c").values()), 1.0)


@pytest.mark.parametrize("spec", ["", "+", "a:", "a:0", "a:-1", "a:nan", "a:inf", "a:b", "a++b", "a:1:2", ":0.5"])
def test_grammar_errors(store, spec):
    with pytest.raises(ControlError, match="voice") as caught:
        store.style(spec, 3)
    assert caught.value.code == "voice_invalid"


def test_unknown_voice_lists_near_ones(store):
    for use in (lambda name: store.style(name, 3), store.info, store.level_db):
        with pytest.raises(ControlError, match="zf_xiaoxiao") as caught:
            use("xiaoxiao")
        assert caught.value.code == "voice_unknown"
    with pytest.raises(ControlError, match="known voices"):
        store.style("qqqqq", 3)


@pytest.mark.parametrize("n", [0, -1, 511])
def test_length_outside_the_table(store, n):
    with pytest.raises(ControlError, match="510"):
        store.style("zf_xiaoxiao", n)


def test_names_for_people():
    xiaoxiao, george = describe("zf_xiaoxiao"), describe("bm_george")
    assert (xiaoxiao.zh, xiaoxiao.language, xiaoxiao.gender) == ("晓晓（普通话，女）", "zh", "female")
    assert (george.zh, george.language, george.gender) == ("George（英式英语，男）", "en-GB", "male")
    assert [describe(name).zh[:2] for name in voices.MANDARIN] == [
        "晓贝",
        "晓妮",
        "晓晓",
        "晓伊",
        "云健",
        "云希",
        "云夏",
        "云扬",
    ]


def test_level_brings_to_the_reference(store):
    for name in ("zf_xiaoxiao", "af_sky"):
        assert store.level_db(name) + measured_lufs()[name] == pytest.approx(-20.0)
    one, other = store.level_db("zf_xiaoxiao"), store.level_db("zm_yunxi")
    assert store.level_db("zf_xiaoxiao+zm_yunxi") == pytest.approx((one + other) / 2)


def test_table_covers_all_54_voices():
    levels = measured_lufs()
    assert len(levels) == 54
    assert voices.MANDARIN.keys() <= levels.keys()
    assert all(-40 < level < -10 for level in levels.values())


def test_empty_folder(tmp_path):
    with pytest.raises(AssetMissingError, match="fetch"):
        VoiceStore(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"1234", PACKS["af_sky"].tobytes()[:-4], np.full((510, 256), np.nan, np.float32).tobytes()]
)
def test_damaged_pack(tmp_path, content):
    (tmp_path / "zf_bad.bin").write_bytes(content)
    with pytest.raises(AssetDamagedError, match="zf_bad"):
        VoiceStore(tmp_path).style("zf_bad", 5)
