"""The folder of the fake network, and one real front end for every test here."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture(scope="session")
def front_end():
    from tts_engine.emotion.vocabulary import is_emotion
    from tts_engine.text.frontend import FrontEnd
    from tts_engine.text.symbols import INVENTORY

    front_end = FrontEnd(INVENTORY, is_emotion=is_emotion)
    front_end.analyse("先把词典读进来。")
    return front_end
