from tts_engine import errors
from tts_engine.errors import OUTCOMES, ControlError, TTSError, near_matches, outcome_of


def every_class(base=TTSError):
    yield base
    for sub in base.__subclasses__():
        yield from every_class(sub)


def test_the_table_covers_every_error():
    assert set(OUTCOMES) == set(every_class())


def test_the_tree_in_the_docstring_is_the_tree():
    for cls in every_class():
        assert cls.__name__ in errors.__doc__


def test_codes_are_distinct():
    codes = [cls.code for cls in every_class()]
    assert len(codes) == len(set(codes))


def test_exit_codes_are_failures_and_states_are_known():
    for outcome in OUTCOMES.values():
        assert 0 < outcome.exit_code < 128
        assert 400 <= outcome.http_status < 600
        assert outcome.task_state in {"rejected", "failed", "retry"}


def test_fields_travel_as_data():
    error = ControlError("speed must be ...", option="speed", value="0")
    assert error.to_dict() == {
        "type": "ControlError",
        "code": "option_invalid",
        "message": "speed must be ...",
        "option": "speed",
        "value": "0",
    }
    assert outcome_of(error).http_status == 400


def test_near_matches_find_typos_and_parts():
    names = ["zf_xiaoxiao", "zf_xiaoyi", "zm_yunxi"]
    assert near_matches("zf_xiaoxia", names)[0] == "zf_xiaoxiao"
    assert near_matches("yunxi", names) == ["zm_yunxi"]
    assert near_matches("", names) == []
