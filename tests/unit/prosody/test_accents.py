from prosody_material import make_sentence

from tts_engine.prosody.accents import find_accents


def test_every_phrase_has_a_stressed_word_and_particles_have_none():
    sentence = make_sentence()
    accents = find_accents(sentence)
    words = [sentence.words[accent.word].text for accent in accents]
    assert any(accent.syllables[0] < 5 for accent in accents)
    assert any(accent.syllables[0] >= 5 for accent in accents)
    assert not {"的", "是", "吗", "他", "你"} & set(words)


def test_negation_is_leant_on():
    sentence = make_sentence()
    assert any(sentence.words[accent.word].text == "不" for accent in find_accents(sentence))


def test_the_same_seed_chooses_the_same_words():
    sentence = make_sentence()
    assert find_accents(sentence, 7) == find_accents(sentence, 7)


def test_syllables_and_words_belong_together():
    sentence = make_sentence()
    for accent in find_accents(sentence):
        begin, end = accent.syllables
        assert end - begin == len(sentence.words[accent.word].syllables)
        assert 0.0 < accent.strength <= 1.0
