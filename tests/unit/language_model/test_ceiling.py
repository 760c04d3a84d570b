"""What a ceiling goes by: estimates on the safe side, prices, and what was used so far."""

import pytest

from tts_engine.errors import LanguageModelError
from tts_engine.language_model.ceiling import Ceiling
from tts_engine.language_model.prices import Price
from tts_engine.language_model.questions import Usage, estimate_tokens


@pytest.mark.parametrize(
    ("text", "counted"),  # the most that the tokenizers of DeepSeek V4 and Qwen 3.6 count
    [
        ("今天下午三点，会议室里只剩下她一个人。", 10),
        ('{"role": "林小雨", "text": "船家，等一等！", "emotion": "calm", "intensity": 0.4}', 35),
        ("The quick brown fox jumps over the lazy dog.", 10),
    ],
)
def test_the_estimate_is_on_the_safe_side_and_not_wild(text, counted):
    assert counted <= estimate_tokens(text) <= 2 * counted


def test_nothing_is_no_token():
    assert estimate_tokens("") == 0


def test_money_counts_cached_tokens_less():
    price = Price(input=2.0, output=8.0, cached_input=0.2)
    assert price.of(1_000_000, 0) == 2.0 and price.of(1_000_000, 0, 500_000) == pytest.approx(1.1)
    assert price.of(10, 0, 99) == price.of(10, 0, 10)  # never more cached than sent


@pytest.mark.parametrize(
    ("ceiling", "passes"),
    [
        (Ceiling(), True),
        (Ceiling(tokens=1000), True),
        (Ceiling(tokens=999), False),
        (Ceiling(cost=1000 * 2 / 1e6, price=Price(2.0, 2.0)), True),
        (Ceiling(cost=999 * 2 / 1e6, price=Price(2.0, 2.0)), False),
    ],
)
def test_a_request_passes_only_if_it_cannot_lead_over_the_ceiling(ceiling, passes):
    used = Usage(requests=1, prompt_tokens=300, completion_tokens=200)
    if passes:
        ceiling.check(used, 100, 400)
    else:
        with pytest.raises(LanguageModelError) as caught:
            ceiling.check(used, 100, 400)
        assert caught.value.code == "language_model_ceiling"
