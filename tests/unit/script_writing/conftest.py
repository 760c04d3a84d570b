"""The server of the language model's tests, in a process of its own, and models on it."""

from __future__ import annotations

import itertools
import json
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "language_model" / "model_server.py"
KEY = "sk-secret-key"
_number = itertools.count()


@dataclass
class Server:
    base_url: str
    log: Path

    def model(self, behaviour: str, *, store=None, ceiling=None, name=None, **endpoint: Any):
        """A model of its own that behaves so; ``write-`` and a number are added to its name."""
        from tts_engine.language_model.client import Endpoint, LanguageModel

        where = Endpoint(
            self.base_url, name or f"write-{behaviour}#{next(_number)}", api_key=KEY, **{"timeout_s": 5.0, **endpoint}
        )
        return LanguageModel(where, store=store, ceiling=ceiling)

    def requests(self, model) -> list[dict[str, Any]]:
        """What the server was asked by a model."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [one for one in map(json.loads, lines) if one["model"] == model.endpoint.model]

    def data(self, model) -> list[dict[str, Any]]:
        """The data of each of these requests."""
        return [json.loads(one["messages"][1]["content"]) for one in self.requests(model)]


@pytest.fixture(scope="session", autouse=True)
def no_certificates():
    """The server of the tests speaks plain HTTP; reading the certificates costs each client 0.1 s."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_args, **_more: None)
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    pytest.importorskip("openai", reason="the [llm] extra is not installed")
    log = tmp_path_factory.mktemp("model") / "requests.jsonl"
    process = subprocess.Popen([sys.executable, str(SCRIPT), str(log)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}/v1", log)
    process.kill()
    process.wait()
    process.stdout.close()
