import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent.parent))

from fake_synthesizer import FakeSynthesizer

from tts_engine.service.api import faults
from tts_engine.service.api.router import build_router
from tts_engine.service.api.work import Deployment
from tts_engine.service.desk import Desk
from tts_engine.service.engine import EngineHolder
from tts_engine.settings import Settings


@pytest.fixture
def engine():
    return FakeSynthesizer()


@pytest.fixture
def build_app():
    def build(load):
        app = FastAPI(title="tts-engine", version="0", docs_url=None, redoc_url=None)
        faults.install(app)
        settings = Settings(max_characters=100)
        app.state.desk = Desk(settings)
        app.include_router(build_router(Deployment(settings, EngineHolder(load), app.state.desk)))
        return app

    return build


@pytest.fixture
def app(build_app, engine):
    return build_app(lambda _progress: engine)


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
