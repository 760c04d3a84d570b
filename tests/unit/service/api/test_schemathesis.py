"""The interface against its own OpenAPI document: whatever is sent, answers are as documented, and never a 500."""

import os
from pathlib import Path

import pytest
from fake_synthesizer import FakeSynthesizer
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

from tts_engine.service.api import faults
from tts_engine.service.api.router import build_router
from tts_engine.service.api.work import Deployment
from tts_engine.service.desk import Desk
from tts_engine.service.engine import EngineHolder
from tts_engine.service.guard import protect
from tts_engine.settings import Settings

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is in the test group; not installed here")

checks = pytest.importorskip("schemathesis.checks")
openapi_checks = pytest.importorskip("schemathesis.specs.openapi.checks")

# Left out: 501 and 503 are answers that the document names; and that a text holds something to speak, or that a voice
# exists, is more than a schema can say. TTS_TEST_EXAMPLES=300 looks longer.
LEFT_OUT = [checks.not_a_server_error, openapi_checks.positive_data_acceptance]
EXAMPLES = int(os.environ.get("TTS_TEST_EXAMPLES", "4"))
DEPLOYMENT = Settings(max_characters=100, data=Path("no", "data"), allowed_hosts=("testserver",))
DESK = Desk(DEPLOYMENT)
BOUNDED = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def build():
    app = FastAPI(title="tts-engine", version="0")
    faults.install(app)
    app.state.desk = DESK
    app.include_router(build_router(Deployment(DEPLOYMENT, EngineHolder(lambda _progress: FakeSynthesizer()), DESK)))
    protect(app, DEPLOYMENT, DESK.metrics)
    return app


SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", build())
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
CASES = [(label, POSITIVE) for label in OPERATIONS]
CASES += [(label, NEGATIVE) for label, one in OPERATIONS.items() if [*one.body, *one.query]]  # something can be wrong


@pytest.mark.parametrize(("label", "mode"), CASES, ids=lambda value: getattr(value, "value", value))
def test_answers_are_as_documented(label, mode):
    @BOUNDED
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def ask(case):
        answer = case.call()
        assert answer.status_code != 500, answer.text
        case.validate_response(answer, excluded_checks=LEFT_OUT)

    ask()
    load = DESK.scheduler.load
    assert DESK.scheduler.wait_idle(5) and (load.waiting, load.rendering) == (0, 0)


def test_the_interface_is_what_is_asked():
    assert {"POST /v1/audio/speech", "POST /v1/audio/speech/batch", "GET /tts", "POST /v1/explain"} <= set(OPERATIONS)
