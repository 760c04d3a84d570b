"""The text lists: full coverage, the same for a seed, nothing of one split in another."""

from __future__ import annotations

import pytest

from distill.texts import KINDS, inventory, load_list, measure, save_list, write_list
from tts_engine.acoustic.config import ModelConfig
from tts_engine.text.frontend import FrontEnd
from tts_engine.text.phonemes import syllable_phonemes


@pytest.fixture(scope="module")
def listed():
    return write_list(600, 3)


@pytest.fixture(scope="module")
def front_end():
    return FrontEnd(ModelConfig().symbols)


def test_the_inventory_has_every_initial_final_and_tone():
    from tts_engine.text.phonemes import FINALS, INITIALS, TONES

    said = [syllable_phonemes(reading) for reading in inventory()]
    assert len(said) > 1100
    for initial in INITIALS.values():
        assert any(phonemes.startswith(initial) for phonemes in said), initial
    for vowel, coda in FINALS.values():
        assert any(vowel in phonemes and phonemes.endswith(coda) for phonemes in said), (vowel, coda)
    for tone in TONES:
        assert sum(reading.endswith(tone) for reading in inventory()) >= 10


def test_every_mandarin_sound_and_nearly_every_pair_is_said(listed, front_end):
    covered = measure(listed, front_end)
    mandarin = {symbol for reading in inventory() for symbol in syllable_phonemes(reading)}
    assert not mandarin & set(covered.missing_phonemes)
    assert len(covered.missing_pairs) < 0.1 * covered.wanted_pairs
    assert min(covered.tones.values()) > 500
    assert set(covered.texts) == set(KINDS)


def test_what_is_not_said_is_told(listed, front_end):
    few = [text for text in listed if text.kind == "english"][:3]
    covered = measure(few, front_end)
    assert "ꭧ" in covered.missing_phonemes and "ꭧ" in covered.report()
    assert len(covered.missing_pairs) > 0.9 * covered.wanted_pairs


def test_drills_are_read_as_they_are_marked(front_end):
    drill = next(text.text for text in write_list(50, 1) if text.kind == "drill" and "儿" not in text.text)
    readings = [part.partition("}")[0] for part in drill.split("{")[1:]]
    analysed = front_end.analyse(drill)
    assert not analysed.warnings
    spoken = [syllable.reading for word in analysed.sentences[0].words for syllable in word.syllables]
    assert spoken == readings


def test_the_same_seed_gives_the_same_list_and_each_text_once(listed, tmp_path):
    assert write_list(60, 3) == write_list(60, 3) != write_list(60, 4)
    assert len({text.text for text in listed}) == len(listed)
    save_list(listed, tmp_path / "list.jsonl")
    assert load_list(tmp_path / "list.jsonl") == listed


def test_every_split_has_texts_of_every_kind(listed):
    for split in ("train", "valid", "test"):
        assert {text.kind for text in listed if text.split == split} == set(KINDS)
    assert sum(text.split == "train" for text in listed) > 0.85 * len(listed)


def test_each_text_is_one_sentence(listed, front_end):
    assert all(len(front_end.analyse(text.text).sentences) == 1 for text in listed[:150])
