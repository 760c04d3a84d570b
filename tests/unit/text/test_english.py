"""English: what is said as a word, what is spelled, endings, and that every word can be read without a lexicon."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_engine.text.english.letter_sounds import sound_out
from tts_engine.text.english.letters import LETTERS
from tts_engine.text.english.morphology import build, past, plural
from tts_engine.text.english.reader import EnglishReader
from tts_engine.text.symbols import ENGLISH

LISTED = {
    "cat": "kˈæt", "make": "mˈAk", "box": "bˈɑks", "run": "ɹˈʌn", "happy": "hˈæpi", "open": "ˈOpᵊn", "phone": "fˈOn",
    "hello": "həlˈO", "want": "wˈɑnt", "play": "plˈA", "fire": "fˈIəɹ", "wall": "wˈɔl",
}  # fmt: skip


@pytest.fixture
def reader(tmp_path):
    (tmp_path / "us_gold.json").write_text(json.dumps(LISTED), "utf-8")
    return EnglishReader(tmp_path)


@pytest.mark.parametrize(
    ("token", "parts"),
    [
        ("GPU", ["G", "P", "U"]),
        ("GPUs", ["G", "P", "Us"]),
        ("NASA", ["NASA"]),
        ("xyz", ["x", "y", "z"]),
        ("OpenPhone", ["Open", "Phone"]),
        ("HELLO", ["HELLO"]),
        ("Hello", ["Hello"]),
        ("MyGPU", ["My", "G", "P", "U"]),
        ("iPhone", ["iPhone"]),
    ],
)
def test_words_and_letters(reader, token, parts):
    assert [text for text, _ in reader.read(token)] == parts


@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("cats", "kˈæts"),
        ("boxes", "bˈɑksᵻz"),
        ("played", "plˈAd"),
        ("wanted", "wˈɑntᵻd"),
        ("running", "ɹˈʌnɪŋ"),
        ("making", "mˈAkɪŋ"),
        ("happily", None),
        ("firewall", "fˈIəɹwˌɔl"),
        ("reopen", "ɹˌiˈOpᵊn"),
    ],
)
def test_built_words(word, phonemes):
    built = build(word, LISTED.get)
    assert built == phonemes if phonemes else built


def test_endings_follow_the_last_sound():
    assert [plural(stem)[-1] for stem in ("kˈæt", "dˈɔɡ")] == ["s", "z"]
    assert [past(stem)[-1] for stem in ("stˈɑp", "plˈA")] == ["t", "d"]
    assert past("wˈAt") == "wˈAɾᵻd"


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'éßø", min_size=1, max_size=40))
def test_every_token_is_read_completely(token):
    read = EnglishReader(None).read(token)
    assert "".join(text for text, _ in read) == token
    assert all(set(phonemes) <= ENGLISH for _, phonemes in read)


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20))
def test_sounded_words_bear_at_most_one_primary_stress(word):
    assert sound_out(word).count("ˈ") <= 1
    assert set(sound_out(word)) <= ENGLISH


def test_all_letters_have_names():
    assert sorted(LETTERS) == list("abcdefghijklmnopqrstuvwxyz")


def test_the_article_is_reduced_among_english_words(reader):
    assert reader.read("a", in_english=True) == [("a", "ɐ")]
    assert reader.read("a") == [("a", LETTERS["a"])]
