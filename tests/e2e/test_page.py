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

import numpy as np
import pytest
import soundfile
from chromium import Chromium, find_chromium
from gradio_client import Client
from gradio_client.exceptions import AppError
from screenshots import TABS, WIDTHS, take_all
from server_process import Server, ask, free_port, wait_until

from tts_engine.errors import AudioError
from tts_engine.hearing.decode import decode
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
    audio, details = client.predict("你好。世界。", api_name="/synthesize")
    (stored,) = (folder / "outputs").glob("*.wav")
    assert stored.name == Path(audio).name == details["name"]
    assert soundfile.info(audio).frames == soundfile.info(stored).frames == 2 * 4800
    assert details["audio_s"] == pytest.approx(0.4)


def test_options_reach_the_file(page):
    client, _, _ = page
    audio, _ = client.predict("你好。", format="opus", speed=1.5, emotion="sad", api_name="/synthesize")
    assert soundfile.info(audio).subtype == "OPUS"


def test_warnings_of_the_engine_are_shown(page):
    client, _, _ = page
    _, details = client.predict("雪☃。", api_name="/synthesize")
    assert "没有读音" in details["warnings"][0]


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
    audio, _ = client.predict("你好。", api_name="/synthesize")
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
    assert not list((tmp_path / "outputs").glob("*.wav")) + list((tmp_path / "outputs").glob(".*"))  # no half file
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


needs_browser = pytest.mark.skipif(
    find_chromium() is None, reason="no Chromium (run_tests.sh installs it with TTS_TEST_APT=1)"
)
TEXT_BOX = "document.querySelector('#tts-text textarea')"


@pytest.fixture
def browser(page):
    window = Chromium()
    window.home = f"http://127.0.0.1:{page[2].port}/"
    yield window
    hosts = {urllib.parse.urlsplit(address).hostname for address in window.requested}
    assert hosts - {None, ""} == {"127.0.0.1"}
    assert window.errors == []
    window.close()


def visit(window, language="zh"):
    window.open(f"{window.home}?__lang={language}")
    window.wait_for("!!document.querySelector('#tts-status .tts-ready')")
    window.wait_for("document.querySelector('#tts-voice input')?.value.startsWith('晓晓（普通话，女） Xiaoxiao')")


def write(window, text):
    window.evaluate(f"{TEXT_BOX}.focus(); {TEXT_BOX}.select()")
    window.type(text)


def render(window, text):
    """Types a text, presses Ctrl+Enter and returns the words of the result."""
    identifier = "document.querySelector('#tts-details [data-id]')?.dataset.id ?? ''"
    before = window.evaluate(identifier)
    write(window, text)
    window.call(
        "Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, modifiers=2
    )
    window.wait_for(f"![{json.dumps(before)}, ''].includes({identifier})")
    return window.evaluate("document.querySelector('#tts-details .tts-words').innerText")


def open_tab(window, name):
    number = TABS.index(name)
    window.evaluate(f"document.querySelectorAll('#tts-tabs button[role=tab]')[{number}].click()")


@needs_browser
def test_a_person_makes_plays_and_downloads(page, browser):
    _, folder, _ = page
    visit(browser)
    assert browser.evaluate("document.querySelector('#tts-generate').innerText") == "生成语音"
    before = set((folder / "outputs").glob("*.wav"))
    shown = render(browser, "你好。世界。")
    assert "你好。" in shown and "世界。" in shown
    browser.wait_for("document.querySelector('#tts-count').innerText.includes('6 / 500 字')")
    (made,) = set((folder / "outputs").glob("*.wav")) - before
    assert made.name in browser.evaluate("document.querySelector('#tts-details').innerText")

    browser.wait_for("!!document.querySelector('#tts-player [data-heard], #tts-player[data-heard]')")  # it plays
    links = browser.evaluate("[...document.querySelectorAll('.tts-links a')].map(link => link.href)")
    assert [link.rpartition(".")[2] for link in links] == [
        "wav", "mp3", "flac", "opus", "ogg", "srt", "vtt", "lrc", "json",
    ]  # fmt: skip
    size = browser.evaluate(f"fetch({json.dumps(links[0])}).then(r => r.arrayBuffer()).then(b => b.byteLength)")
    assert size == made.stat().st_size
    for link in links[1:]:
        with urllib.request.urlopen(link, timeout=60) as answer:
            assert answer.read()

    browser.evaluate("document.querySelectorAll('#tts-details [data-t]')[1].click()")  # the second word
    browser.wait_for("document.querySelector('#tts-player audio').src.endsWith('.wav')")
    browser.wait_for("document.querySelector('#tts-player audio').currentTime >= 0.2")


@needs_browser
def test_one_sentence_is_made_again_and_the_rest_stays(page, browser):
    _, folder, _ = page
    visit(browser)
    render(browser, "一。二二。三。")
    first = browser.evaluate("document.querySelector('#tts-details [data-id]').dataset.id")
    browser.evaluate("document.querySelectorAll('#tts-details [data-again]')[1].click()")
    browser.wait_for("document.body.innerText.includes('第 2 句：“二二。”')")
    browser.evaluate("document.querySelector('#tts-again').click()")
    browser.wait_for(
        f"(document.querySelector('#tts-details [data-id]')?.dataset.id ?? {json.dumps(first)}) != {json.dumps(first)}"
    )
    newest = max((folder / "outputs").glob("*.wav"), key=lambda file: file.stat().st_mtime_ns)
    assert soundfile.info(newest).frames == 2 * 4800 + 2400


@needs_browser
def test_the_history_outlives_a_reload_and_opens_with_its_settings(browser):
    visit(browser)
    render(browser, "历史里的这一句。")
    visit(browser)
    open_tab(browser, "history")
    browser.wait_for("document.querySelector('#tts-history .tts-card')?.innerText.includes('历史里的这一句')")
    browser.evaluate("document.querySelector('#tts-history [data-do=open]').click()")
    browser.wait_for(f"{TEXT_BOX}.value === '历史里的这一句。'")
    browser.wait_for("!!document.querySelector('#tts-details .tts-words')")
    open_tab(browser, "history")
    browser.evaluate("window.confirm = () => true; document.querySelector('#tts-history [data-do=delete]').click()")
    browser.wait_for("!document.querySelector('#tts-history')?.innerText.includes('历史里的这一句')")
    open_tab(browser, "system")
    browser.wait_for("!!document.querySelector('#tts-device p') && !!document.querySelector('#tts-speeds :is(svg, p)')")


@needs_browser
def test_what_is_wrong_is_said_in_the_words_of_the_library(browser):
    visit(browser)
    write(browser, "字" * 501)
    browser.wait_for("document.querySelector('#tts-count').innerText.includes('超出上限')")
    browser.evaluate("document.querySelector('#tts-generate').click()")
    browser.wait_for("document.body.innerText.includes('一次最多 500 字')")


@needs_browser
def test_an_example_brings_its_text_and_its_emotion(browser):
    visit(browser)
    browser.evaluate("[...document.querySelectorAll('#tts-examples button')].at(-2).click()")
    browser.wait_for(f"{TEXT_BOX}.value.includes('我爱你')")
    browser.wait_for("document.querySelector('#tts-emotion input').value.includes('深情')")


def upload(window, selector, path):
    document = window.call("DOM.getDocument", depth=-1)["root"]["nodeId"]
    node = window.call("DOM.querySelector", nodeId=document, selector=f"{selector} input[type=file]")["nodeId"]
    window.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)


@needs_browser
def test_a_reference_is_heard_shown_and_used_and_no_audio_is_told(page, browser, tmp_path):
    rate = 16000
    time_s = np.arange(3 * rate) / rate
    pitch = 180 + 40 * np.sin(2 * np.pi * 0.7 * time_s)
    voice = sum(np.sin(2 * np.pi * number * np.cumsum(pitch) / rate) / number for number in range(1, 20))
    syllables = 0.5 - 0.5 * np.cos(2 * np.pi * 4 * time_s)
    soundfile.write(tmp_path / "voice.wav", (0.15 * voice * syllables).astype(np.float32), rate)
    (tmp_path / "text.wav").write_text("这不是音频。" * 50)

    visit(browser)
    browser.evaluate("document.querySelector('#tts-reference button').click()")
    browser.wait_for("!!document.querySelector('#tts-ref_audio input[type=file]')")
    upload(browser, "#tts-ref_audio", tmp_path / "voice.wav")
    browser.wait_for("document.querySelector('#tts-heard .tts-table')?.innerText.includes('Hz')")
    assert browser.evaluate("!!document.querySelector('#tts-heard .tts-heard svg')")
    render(browser, "照着说。")
    assert "参考录音" in browser.evaluate("document.querySelector('#tts-details').innerText")

    visit(browser)
    browser.evaluate("document.querySelector('#tts-reference button').click()")
    browser.wait_for("!!document.querySelector('#tts-ref_audio input[type=file]')")
    upload(browser, "#tts-ref_audio", tmp_path / "text.wav")
    with pytest.raises(AudioError) as library:
        decode(tmp_path / "text.wav")
    shown = json.dumps(library.value.message[:12])
    browser.wait_for(f"document.body.innerText.includes({shown})")


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
def test_every_tab_fits_its_width_and_is_photographed(browser, width):
    pictures = take_all(browser, browser.home, width, Path(os.environ.get("TTS_TEST_SCREENSHOTS", ".run/screenshots")))
    assert [picture.stem for picture in pictures] == [f"{name}_{width}" for name in TABS]
    for picture in pictures:
        assert picture.stat().st_size > 10_000


@needs_browser
def test_a_file_of_many_texts_becomes_a_job(page, browser, tmp_path):
    _, folder, _ = page
    file = tmp_path / "lines.jsonl"
    rows = ({"text": "一。", "id": "a"}, {"text": "二。"}, {"text": "三。", "voice": "nobody"})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    visit(browser)
    open_tab(browser, "batch")
    browser.wait_for("!!document.querySelector('#tts-batch-file input[type=file]')")
    upload(browser, "#tts-batch-file", file)
    browser.wait_for("document.querySelector('#tts-batch-file').innerText.includes('.jsonl')")
    browser.evaluate("document.querySelector('#tts-batch-begin').click()")
    browser.wait_for("document.querySelector('#tts-batches .tts-card')?.innerText.includes('完成 2 / 3')")
    browser.wait_for(
        "document.querySelector('#tts-batches [data-do=retry]') && document.body.innerText.includes('nobody')"
    )
    link = browser.evaluate("document.querySelector('#tts-batches a').href")
    with urllib.request.urlopen(link, timeout=60) as answer:
        assert answer.read(2) == b"PK"
    assert len(list((folder / "outputs" / "batches").glob("lines-*/audio/*.wav"))) == 2


@needs_browser
def test_english_readers_get_english(browser):
    visit(browser, "en")
    browser.wait_for("document.querySelector('#tts-generate')?.innerText === 'Generate'")
    assert browser.evaluate("document.querySelector('.tts-title').innerText").startswith("Chinese text-to-speech")


@needs_browser
def test_two_people_keep_their_texts_apart(page, browser):
    visit(browser)
    other = Chromium()
    other.home = browser.home
    try:
        visit(other)
        for window, text in ((browser, "甲的话。"), (other, "乙的话。")):
            write(window, text)
        for window in (browser, other):
            window.evaluate("document.querySelector('#tts-generate').click()")
        for window, text in ((browser, "甲的话。"), (other, "乙的话。")):
            shown = window.wait_for("document.querySelector('#tts-details .tts-words')?.innerText")
            assert text in shown
    finally:
        other.close()


@needs_browser
def test_a_long_text_can_be_stopped(tmp_path, start_server):
    server = start_server(tmp_path, free_port(), "0", "0.3")
    server.wait_until_up()
    window = Chromium()
    window.home = f"http://127.0.0.1:{server.port}/"
    try:
        visit(window)
        write(window, "好。" * 200)
        window.evaluate("document.querySelector('#tts-generate').click()")
        window.wait_for("!!document.querySelector('#tts-details progress')")
        window.evaluate("document.querySelector('#tts-stop').click()")
        wait_until(lambda: not list((tmp_path / "outputs").glob(".*.part")), 10)
        assert not list((tmp_path / "outputs").glob("*.wav"))
        window.wait_for("document.querySelector('#tts-details').innerText.includes('已停止')")
        time.sleep(1)  # a button that still works is not pressed again
        shown = render(window, "还能用。")  # the page goes on
        assert "还能用" in shown
    finally:
        window.close()
