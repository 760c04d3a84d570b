"""What the words of one sentence say."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.emotion.infer import infer
from tts_engine.emotion.lexicon import load_lexicon
from tts_engine.emotion.vocabulary import names

GOLDEN = Path(__file__).parents[2] / "golden" / "emotion"

#: Labels of the test set are coarser than the vocabulary.
COARSE = {
    "excited": "happy",
    "cheerful": "happy",
    "calm": "neutral",
    "suspense": "afraid",
    "affectionate": "gentle",
    "curious": "surprised",
    "embarrassed": "neutral",
}


def read_labelled(name: str) -> list[tuple[str, str, str]]:
    rows = (line.split("\t") for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    return [(label, kind, text) for label, kind, text in rows]


def macro_f1(name: str) -> float:
    rows = read_labelled(name)
    hits: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for label, _, text in rows:
        guess = COARSE.get(inferred := infer(text).label, inferred)
        gold[label] += 1
        found[guess] += 1
        hits[label] += guess == label
    return sum(2 * hits[label] / (gold[label] + found[label]) for label in gold) / len(gold)


def test_the_labelled_set_is_large_balanced_and_tricky():
    rows = read_labelled("sentences.tsv")
    assert len(rows) == 200
    assert len({text for _, _, text in rows}) == 200
    assert min(Counter(label for label, _, _ in rows).values()) >= 20
    tricky = {"negation", "irony", "quotation", "report", "contrast", "mixed"}
    assert sum(kind in tricky for _, kind, _ in rows) >= 40


def test_the_labelled_set_is_read_well():
    assert macro_f1("sentences.tsv") >= 0.93


@pytest.mark.parametrize("name", ["fresh.tsv", "fresh_2.tsv"])
def test_sentences_written_after_tuning_are_read_well(name):
    assert macro_f1(name) >= 0.80


def test_what_the_lexicon_was_extended_by_is_still_read():
    assert macro_f1("developed.tsv") >= 0.93


def test_small_talk_is_left_alone():
    lines = (GOLDEN / "small_talk.txt").read_text(encoding="utf-8").splitlines()
    spoken = [line for line in lines if line[:1] != "#"]
    coloured = [line for line in spoken if COARSE.get(label := infer(line).label, label) != "neutral"]
    assert len(spoken) > 100
    assert len(coloured) <= 0.05 * len(spoken), coloured


SINCERE = ["谢谢你，帮我找回了弄丢的钱包。", "你真细心，连小错都找出来了。", "他可真厉害，三天就学会了游泳。"]
MOCKING = ["你可真准时，让我们二十个人等了你一个半小时。", "多谢你，害得我被全公司笑话。", "你可真行啊，又弄丢了。"]


@pytest.mark.parametrize("text", SINCERE)
def test_thanks_and_praise_are_taken_at_their_word(text):
    assert "sarcastic" not in dict(infer(text).emotion.styles)


@pytest.mark.parametrize("text", MOCKING)
def test_praise_and_thanks_beside_a_mishap_mock(text):
    assert "sarcastic" in dict(infer(text).emotion.styles)


PAIRS = [
    ("他很高兴。", "happy", "他很不高兴。", "melancholic"),
    ("他生气了。", "angry", "他没有生气。", "neutral"),
    ("她很害怕。", "afraid", "她并不害怕。", "neutral"),
    ("我很难过。", "sad", "别难过。", "gentle"),
    ("他不难过。", "neutral", "他怎么能不难过？", "sad"),
    ("他愤怒地看着我。", "angry", "心理学家研究愤怒。", "neutral"),
    ("他悲伤地走了。", "sad", "他看了《悲伤逆流成河》。", "neutral"),
    ("太好了，我们可以去公园了！", "happy", "真是太好了，你又把钥匙弄丢了。", "angry"),
    ("她哭了。", "sad", "她高兴得哭了。", "happy"),
    ("他把“愤怒”两个字写在纸上。", "neutral", "他愤怒地写在纸上。", "angry"),
    ("这是一部恐怖片。", "neutral", "这太恐怖了。", "afraid"),
    ("门开了。", "neutral", "门突然开了，里面一片漆黑，他吓得不敢出声。", "afraid"),
]


@pytest.mark.parametrize(("one", "label", "other", "other_label"), PAIRS)
def test_small_differences_change_the_meaning(one, label, other, other_label):
    assert COARSE.get(infer(one).label, infer(one).label) == label
    assert COARSE.get(infer(other).label, infer(other).label) == other_label


def test_the_sentence_of_the_article_is_fear_that_holds_its_breath():
    inference = infer("他颤抖着打开门，发现里面空无一人")
    assert inference.label == "afraid"
    assert dict(inference.emotion.styles)["suspense"] >= 0.3


@pytest.mark.parametrize("word", ["高兴", "难过", "生气", "害怕"])
def test_degree_words_move_the_intensity(word):
    weak, plain, strong = (infer(f"他{degree}{word}。").emotion.intensity for degree in ("有点", "", "极其"))
    assert weak < plain < strong


def test_exclamation_marks_never_weaken():
    intensities = [infer("我太高兴了" + marks).emotion.intensity for marks in ("。", "！", "！！")]
    assert intensities == sorted(intensities)
    assert intensities[0] < intensities[-1]


def test_a_contrast_gives_the_word_to_what_follows():
    assert infer("他很难过，但是大家都很高兴。").label == "happy"
    assert infer("大家都很高兴，但是他很难过。").label == "sad"


def test_manners_of_speech_join_the_emotion():
    assert dict(infer("他低声说：“别出声。”").emotion.styles)["whispering"] > 0
    assert dict(infer("他愤怒地大喊道：“住手！”").emotion.styles)["shouting"] > 0


def test_evidence_names_words_that_stand_in_the_sentence():
    text = "他气得浑身发抖，一拳砸在桌子上！"
    inference = infer(text)
    assert inference.evidence
    for item in inference.evidence:
        assert text[item.begin : item.end] == item.word
        assert item.word in str(item)
        assert item.emotion in names()


def test_lexicon_words_are_of_the_vocabulary_and_in_range():
    lexicon = load_lexicon()
    assert len(lexicon.words) > 4000
    for entries in lexicon.words.values():
        for entry in entries:
            assert entry.emotion in names()
            assert entry.kind in ("state", "act", "scene", "call", "lead", "lone", "hint", "speech")
            assert 0.0 < entry.strength <= 1.0


def test_english_words_are_whole_words():
    assert infer("She was so happy that she laughed.").label == "happy"
    assert infer("He is fearful and trembling.").label == "afraid"
    assert infer("He was not angry at all.").label in ("neutral", "calm")
    assert infer("What time is it?").label == "neutral"
    assert infer("According to the survey, 30 percent felt anger.").label == "neutral"
    assert infer("Don't be afraid, I'm here.").label == "gentle"
    assert infer("The madrigal was gladiatorial.").label == "neutral"


def test_nothing_is_read_at_import():
    code = (
        "import sys, tts_engine.emotion.direct, tts_engine.emotion.lexicon as lexicon;"
        "print(lexicon.load_lexicon.cache_info().misses, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='他很不高兴没有生气别哭“”‘’《》（）()，。！？…"\n İß滚啊aZ9', max_size=60), st.booleans())
def test_any_text_gives_a_sound_answer(text, is_open):
    inference = infer(text, is_open)
    assert inference == infer(text, is_open)
    assert inference.label in names()
    assert 0.0 <= inference.emotion.intensity <= 1.0
    assert all(0.0 <= weight <= 1.0 + 1e-9 for weight in inference.emotion.vector)
    for item in inference.evidence:
        assert 0 <= item.begin <= item.end <= max(1, len(text))
