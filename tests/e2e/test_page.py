"""The server as a process: page, health, takeover, strangers, going down."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import soundfile
from chromium import Chromium, find_chromium
from gradio_client import Client
from gradio_client.exceptions import AppError
from server_process import Server, ask, free_port, wait_until

from tts_engine.service.instance import RECORD

pytestmark = pytest.mark.e2e


@pytest.fixture
def start_server():
    started = []

    def start(*arguments):
        started.append(Server(*arguments))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    server = Server(folder, free_port())
    server.wait_until_up()
    wait_until(lambda: ask(server.port)["ready"])
    client = Client(f"http://127.0.0.1:{server.port}", verbose=False, analytics_enabled=False)
    yield client, folder, server
    client.close()
    assert server.close() == 128 + signal.SIGTERM
    assert not (folder / ".run" / RECORD).exists()


def test_a_text_becomes_a_file_in_outputs_and_a_file_for_the_browser(page):
    client, folder, _ = page
    audio, details, _ = client.predict("你好。世界。", api_name="/synthesize")
    (stored,) = (folder / "outputs").glob("*.wav")
    assert stored.name == Path(audio).name
    assert soundfile.info(audio).frames == soundfile.info(stored).frames == 2 * 4800
    assert stored.name in details and "6 字" in details


def test_options_reach_the_file(page):
    client, _, _ = page
    audio, _, _ = client.predict("你好。", format="opus", speed=1.5, emotion="sad", api_name="/synthesize")
    assert soundfile.info(audio).subtype == "OPUS"


def test_warnings_of_the_engine_are_shown(page):
    client, _, _ = page
    _, details, _ = client.predict("雪☃。", api_name="/synthesize")
    assert "没有读音" in details


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"text": ""}, "请先输入"),
        ({"text": "  \n "}, "请先输入"),
        ({"text": "字" * 501}, "501"),
        ({"text": "好", "speed": 9}, "4"),
        ({"text": "好", "emotion": "愤努"}, "愤怒"),
        ({"text": "好", "format": "midi"}, "wav"),
        ({"text": "好", "voice": ""}, "voice"),
        ({"text": "好", "seed": -1}, "0"),
    ],
)
def test_what_cannot_be_done_is_said(page, arguments, words):
    client, _, _ = page
    with pytest.raises(AppError, match=words):
        client.predict(**arguments, api_name="/synthesize")


def test_the_interface_has_stable_names(page):
    client, _, _ = page
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert list(endpoints) == ["/synthesize"]
    names = [parameter["parameter_name"] for parameter in endpoints["/synthesize"]["parameters"]]
    assert names == [
        "text", "voice", "emotion", "speed", "pitch_shift_st", "pause_scale", "volume_db", "seed", "format",
    ]  # fmt: skip


def test_the_page_names_no_other_host_to_load_from(page):
    _, _, server = page
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=60) as answer:
        html = answer.read().decode()
    assert "中文语音合成" in html
    for service in ("googleapis", "gstatic", "cdn.", "jsdelivr", "unpkg"):
        assert service not in html


def test_files_outside_are_not_handed_out(page):
    _, folder, server = page
    secret = folder / "secret.txt"
    secret.write_text("secret")
    for path in (secret, folder / ".run" / RECORD, Path("/etc/passwd")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/gradio_api/file={path}", timeout=60)
        assert refused.value.code in (403, 404)
        refused.value.close()


def test_page_and_health_are_there_before_the_model_and_a_click_waits(tmp_path, start_server):
    server = start_server(tmp_path, free_port(), "6")
    health = server.wait_until_up()
    assert (health["service"], health["live"], health["ready"], health["state"]) == (
        "tts-engine", True, False, "loading",
    )  # fmt: skip
    with pytest.raises(urllib.error.HTTPError) as early:
        ask(server.port, "/health/ready")
    assert early.value.code == 503
    early.value.close()
    client = Client(f"http://127.0.0.1:{server.port}", verbose=False, analytics_enabled=False)
    audio, _, _ = client.predict("你好。", api_name="/synthesize")
    assert soundfile.info(audio).frames == 4800
    assert ask(server.port, "/health/ready")["ready"]
    client.close()


def test_a_model_that_cannot_be_loaded_leaves_a_page_that_says_so(tmp_path, start_server):
    server = start_server(tmp_path, free_port(), "-1")
    server.wait_until_up()
    wait_until(lambda: ask(server.port)["state"] == "failed")
    assert ask(server.port)["error"]["code"] == "asset_missing"
    client = Client(f"http://127.0.0.1:{server.port}", verbose=False, analytics_enabled=False)
    with pytest.raises(AppError, match="cache_hub/import"):
        client.predict("你好。", api_name="/synthesize")
    client.close()


def test_a_second_start_replaces_the_first_even_in_the_middle_of_a_text(tmp_path, start_server):
    port = free_port()
    first = start_server(tmp_path, port, "0", "0.3")
    before = first.wait_until_up()["instance"]
    client = Client(f"http://127.0.0.1:{port}", verbose=False, analytics_enabled=False)
    job = client.submit("好。" * 200, api_name="/synthesize")
    wait_until(lambda: list((tmp_path / "outputs").glob(".*.part")))
    second = start_server(tmp_path, port)
    assert first.process.wait(15) is not None
    after = second.wait_until_up()
    assert after["instance"] != before
    assert f"进程 {first.process.pid}" in second.said()
    assert json.loads((tmp_path / ".run" / RECORD).read_text())["pid"] == second.process.pid
    assert list((tmp_path / "outputs").iterdir()) == []  # no half file
    job.cancel()
    client.close()


def test_a_stale_record_is_harmless(tmp_path, start_server):
    (tmp_path / ".run").mkdir()
    record = {"pid": 1 + 2**21, "birth": "long ago", "token": "t", "host": "127.0.0.1", "port": 1}
    (tmp_path / ".run" / RECORD).write_text(json.dumps(record))
    left = [tmp_path / ".run" / "gradio" / "results" / "old.wav", tmp_path / "outputs" / ".20200101_000000.part"]
    for path in left:
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (0, 0))
    assert start_server(tmp_path, free_port()).wait_until_up()["live"]
    assert not any(path.exists() for path in left)  # what a killed server left is gone


def test_a_stranger_on_the_port_is_left_alone_and_named(tmp_path, start_server):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        began = time.monotonic()
        server = start_server(tmp_path, port)
        assert server.process.wait(20) == 69
        assert time.monotonic() - began < 15
        said = server.said()
        assert f"端口 {port} 正被其他程序占用" in said and f"PORT={port + 1} bash start_app.sh" in said
        assert not (tmp_path / ".run" / RECORD).exists()


def test_our_server_of_another_folder_is_a_stranger_too(page, tmp_path, start_server):
    _, _, running = page
    server = start_server(tmp_path, running.port)
    assert server.process.wait(20) == 69
    assert "另一个目录" in server.said()
    assert ask(running.port)["live"]


def test_ctrl_c_ends_it_quietly(tmp_path, start_server):
    server = start_server(tmp_path, free_port())
    server.wait_until_up()
    server.process.send_signal(signal.SIGINT)
    server.process.wait(15)
    assert "Traceback" not in server.said() and "已停止" in server.said()


@pytest.mark.skipif(find_chromium() is None, reason="no Chromium (run_tests.sh installs it with TTS_TEST_APT=1)")
def test_a_person_uses_the_page(page, tmp_path):
    _, folder, server = page
    browser = Chromium()
    try:
        browser.open(f"http://127.0.0.1:{server.port}/")
        browser.wait_for("document.querySelector('#tts-status')?.innerText.includes('模型已就绪')")
        browser.wait_for("document.querySelector('#tts-voice input')?.value.startsWith('晓晓（普通话，女） Xiaoxiao')")

        browser.evaluate("document.querySelector('#tts-text textarea').focus()")
        browser.type("你好。世界。")
        browser.wait_for("document.querySelector('#tts-count').innerText.includes('6 / 500')")
        before = set((folder / "outputs").glob("*"))
        browser.evaluate("document.querySelector('#tts-generate').click()")
        shown = browser.wait_for(
            "document.querySelector('#tts-details')?.innerText.includes('.wav') && "
            "document.querySelector('#tts-details').innerText"
        )
        (made,) = set((folder / "outputs").glob("*")) - before
        assert made.name in shown
        link = browser.wait_for("document.querySelector('#tts-player a')?.href")
        browser.wait_for("document.querySelector('#tts-download')?.offsetParent != null")
        size = browser.evaluate(f"fetch({json.dumps(link)}).then(r => r.arrayBuffer()).then(b => b.byteLength)")
        assert size == made.stat().st_size

        browser.evaluate("[...document.querySelectorAll('#tts-examples button')].at(-1).click()")
        browser.wait_for("document.querySelector('#tts-text textarea').value.includes('Python')")
        browser.wait_for("/^3[0-9] |^4[0-9] /.test(document.querySelector('#tts-count b').innerText)")

        browser.evaluate(
            "document.querySelector('#tts-text textarea').focus();document.querySelector('#tts-text textarea').select()"
        )
        browser.type("字" * 501)
        browser.wait_for("document.querySelector('#tts-count').innerText.includes('超出上限')")
        browser.evaluate("document.querySelector('#tts-generate').click()")
        browser.wait_for("document.body.innerText.includes('一次最多 500 字')")
        browser.screenshot(tmp_path / "page.png")

        hosts = {urllib.parse.urlsplit(address).hostname for address in browser.requested}
        assert hosts - {None} == {"127.0.0.1"}
        assert browser.errors == []
    finally:
        browser.close()
