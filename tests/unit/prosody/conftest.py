import numpy as np
import pytest
from prosody_material import make_durations, make_prosody, make_sentence


@pytest.fixture
def sentence():
    return make_sentence()


@pytest.fixture
def predicted(sentence):
    return make_durations(sentence)


@pytest.fixture
def prosody(sentence):
    return make_prosody(sentence, np.maximum(np.rint(make_durations(sentence)), 1).astype(np.int64))
