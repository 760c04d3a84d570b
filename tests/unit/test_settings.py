from pathlib import Path

import pytest

from tts_engine.errors import ConfigError
from tts_engine.settings import Settings, load_settings


def test_nothing_set_means_defaults():
    assert load_settings({}) == (Settings(), ())


def test_values_are_parsed():
    settings, warnings = load_settings(
        {"TTS_CACHE_HUB": "/models", "TTS_PORT": "8000", "TTS_OFFLINE": "yes", "HF_ENDPOINT": "http://mirror/"}
    )
    assert settings == Settings(cache_hub=Path("/models"), port=8000, offline=True, hub_endpoint="http://mirror")
    assert warnings == ()


def test_further_fields_for_the_language_model_are_a_json_object():
    assert load_settings({"TTS_LLM_EXTRA": '{"enable_thinking": false}'})[0].llm_fields == {"enable_thinking": False}
    for wrong in ("[]", "yes", "{"):
        with pytest.raises(ConfigError, match="TTS_LLM_EXTRA"):
            load_settings({"TTS_LLM_EXTRA": wrong})


def test_lists_and_flags_of_the_server():
    settings, warnings = load_settings(
        {"TTS_CORS_ORIGINS": "https://Example.org/, http://localhost:3000", "TTS_REQUIRE_KEYS": "1", "TTS_DATA": "d"}
    )
    assert settings.cors_origins == ("https://example.org", "http://localhost:3000")
    assert settings.require_keys and settings.data == Path("d") and settings.allowed_hosts == ()
    assert warnings == ()


def test_a_misspelt_setting_is_told():
    _, warnings = load_settings({"TTS_CACHEHUB": "x", "TTS_TEST_TORCH": "0"})
    assert warnings == ("unknown setting TTS_CACHEHUB; did you mean TTS_CACHE_HUB?",)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("TTS_PORT", "0"),
        ("TTS_PORT", "http"),
        ("TTS_THREADS", "-1"),
        ("TTS_OFFLINE", "perhaps"),
        ("TTS_DEVICE", "gpu"),
    ],
)
def test_a_bad_value_names_the_setting(key, value):
    with pytest.raises(ConfigError, match=key):
        load_settings({key: value})


def test_labels_come_from_the_environment():
    settings, _ = load_settings({"TTS_LABEL": "0", "TTS_LABEL_PRODUCER": "Studio 7", "TTS_LABEL_AUDIBLE": "tones:both"})
    labelling = settings.labelling
    assert (labelling.metadata, labelling.producer, labelling.at_end) == (False, "Studio 7", "tones")
    assert load_settings({})[0].labelling.metadata


@pytest.mark.parametrize(("key", "value"), [("TTS_LABEL_PRODUCER", "工作室"), ("TTS_LABEL_AUDIBLE", "beep")])
def test_labels_that_cannot_be_are_refused_at_start(key, value):
    with pytest.raises(ConfigError, match=key):
        load_settings({key: value})


def test_the_precision_is_named_as_the_core_names_it():
    assert load_settings({"TTS_PRECISION": "int8"})[0].precision == "int8" and load_settings({})[0].precision == "auto"
    with pytest.raises(ConfigError, match=r"TTS_PRECISION.*auto, float32, int8"):
        load_settings({"TTS_PRECISION": "int4"})


def test_the_device_is_named_as_the_core_names_it():
    assert load_settings({"TTS_DEVICE": "cuda:1"})[0].device == "cuda:1" and load_settings({})[0].device == "auto"
