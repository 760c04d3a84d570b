"""No name that a client sends ever becomes a file that is opened."""

import os
import sys

import pytest

from tts_engine.acoustic.voices import VoiceStore
from tts_engine.errors import ControlError
from tts_engine.service.api.schema import FIELDS

MARK = "secret-of-the-server"


class Watch:
    """Paths with the mark that are opened or listed while it is on, whoever opens them and how."""

    def __init__(self):
        self.is_on, self.opened = False, []
        sys.addaudithook(self)  # stays for the process

    def __call__(self, event, arguments):
        if self.is_on and event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], (str, bytes)):
            path = os.fsdecode(arguments[0])
            if MARK in path:
                self.opened.append(path)


@pytest.fixture(scope="module")
def watch():
    return Watch()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / f"{MARK}.wav"
    path.write_bytes(b"RIFF secret")
    return str(path)


@pytest.fixture
def opened(watch, secret):
    watch.opened.clear()
    watch.is_on = True
    yield watch.opened
    watch.is_on = False


def test_the_watch_sees_what_is_opened(opened, secret):
    with open(secret, "rb"):  # noqa: PTH123
        pass
    assert opened == [secret]


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_path_in_a_field_is_only_a_wrong_value(client, opened, secret, field):
    body = {"model": "tts-1", "input": "好。", field: secret}
    answer = client.post("/v1/audio/speech", json=body)
    assert answer.status_code < 500 or answer.status_code == 501
    client.post("/v1/audio/speech", json={**body, field: {"id": secret, "path": secret, secret: secret}})
    client.post("/v1/audio/speech/batch", json={"items": [body, {"id": f"../{MARK}", "input": "好。"}]})
    assert not opened
    assert "RIFF secret" not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        f"/v1/models/..%2F..%2F{MARK}.wav", f"/v1/audio/voices/..%2F{MARK}", f"/v1/../{MARK}", f"/{MARK}.wav",
        f"/tts?text=x&voice=../{MARK}", f"/tts?text=x&format=/tmp/{MARK}", f"/docs/..%2f{MARK}",
    ],
)  # fmt: skip
def test_a_path_in_an_address_is_only_a_wrong_address(client, opened, address):
    for method in ("GET", "POST", "DELETE"):
        assert client.request(method, address).status_code < 500 or method == "DELETE"
    assert not opened


def test_a_voice_is_a_name_from_the_list_and_nothing_else(tmp_path, opened):
    folder = tmp_path / "voices"
    folder.mkdir()
    for pack in (folder / "zf_xiaoxiao.bin", tmp_path / f"{MARK}.bin"):
        pack.write_bytes(bytes(510 * 256 * 4))
    opened.clear()
    store = VoiceStore(folder)
    for name in (f"../{MARK}", str(tmp_path / MARK), f"..%2f{MARK}", f"..\\{MARK}", f"./../{MARK}.bin", f"\0{MARK}"):
        with pytest.raises(ControlError):
            store.canonical(name)
        with pytest.raises(ControlError):
            store.style(name, 5)
    assert not opened
