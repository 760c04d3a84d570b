"""Programmes of the page: prepared, produced, produced again, stopped, taken away."""

import threading
from pathlib import Path

import pytest

import tiny_stage
from tts_engine.errors import ControlError, OutputError, TextError
from tts_engine.service.engine import EngineHolder
from tts_engine.service.page.script_tab import EXAMPLE, programme_html
from tts_engine.service.programmes import Programmes
from tts_engine.service.scheduler import Cancelled
from tts_engine.service.studio import Studio
from tts_engine.settings import Settings


@pytest.fixture
def studio(tmp_path):
    synthesizer, engine = tiny_stage.make()
    made = Studio(Settings(outputs=tmp_path / "outputs"), EngineHolder(lambda _: synthesizer), tmp_path / "shelf")
    made.spoken = engine.spoken
    return made


def make(studio, text, cast=None, **options):
    return studio.programmes.produce(text, cast or {}, lambda *_: None, format="wav", **options)


def test_prose_becomes_a_script_with_a_cast(studio):
    prepared = studio.programmes.prepare("雨停了。“走吧。”老王笑着说。", "雨")
    assert prepared.form.startswith("prose") and "老王" in prepared.text
    voices = {role: voice for role, voice, _ in prepared.cast}
    assert voices["旁白"] != voices["老王"]


def test_what_was_changed_is_rendered_again_and_nothing_else(studio):
    first = make(studio, "甲：你好。\n乙：再见。", title="戏")
    again = make(studio, "甲：你好。\n乙：明天见。", title="戏")
    assert (len(first.rendered), len(again.rendered), again.reused) == (2, 1, 1)
    assert again.folder == first.folder == studio.settings.outputs / "programmes" / "戏"


def test_the_cast_is_who_the_person_chose(studio):
    done = make(studio, EXAMPLE, {"小雨": "zf_xiaoyi", "老周": "zm_yunyang"}, title="雨")
    assert (done.cast.entries["小雨"].voice, done.cast.entries["老周"].voice) == ("zf_xiaoyi", "zm_yunyang")
    with pytest.raises(ControlError, match="nobody"):
        make(studio, EXAMPLE, {"小雨": "nobody"}, title="雨")


@pytest.mark.parametrize("is_relative", [False, True])
def test_the_page_shows_a_player_and_everything_that_can_be_had(studio, tmp_path, monkeypatch, is_relative):
    if is_relative:  # as the settings have it by default
        monkeypatch.chdir(tmp_path)
        studio.programmes = Programmes(Settings(outputs=Path("outputs")), studio.engine, studio.desk)
    done = make(studio, "甲：你好。\n乙：再见。", title="戏", stems=True)
    shown = programme_html(studio, done)
    assert '<audio controls preload="metadata" src="studio/programmes/戏/戏.wav"' in shown
    for path in studio.programmes.files(done):
        assert f'href="studio/programmes/戏/{path}"' in shown
        assert studio.programmes.file("戏", path).is_file()
    assert studio.programmes.file("戏", "timeline.svg").is_file()


@pytest.mark.parametrize(
    "path", ["../../history.sqlite3", "/etc/passwd", "lines/anything.wav", "production.json", "nothing.wav", "."]
)
def test_nothing_else_is_handed_out(studio, path):
    make(studio, "甲：你好。", title="戏")
    with pytest.raises(OutputError):
        studio.programmes.file("戏", path)


@pytest.mark.parametrize(
    "text",
    ["甲：你好。 {音效=/etc/passwd}", "## 一 {音乐=a.mp3}\n甲：你好。", "@甲：人 {参考=a.wav}\n甲：你好。"],
)
def test_a_browser_names_no_files_of_the_server(studio, text):
    with pytest.raises(ControlError) as caught:
        make(studio, text)
    assert caught.value.code == "path_forbidden"


def test_bad_scripts_are_told_with_their_place(studio):
    with pytest.raises(TextError, match="line 2"):
        make(studio, "@甲\n乙：你好。")


def test_stopped_in_the_middle_it_goes_on_later(studio):
    text = "".join(f"甲：第{n}句。\n" for n in range(20))
    begun = threading.Event()

    def on_progress(share, _words):
        if share > 0.1 and not begun.is_set():
            begun.set()
            studio.programmes.stop("me")

    with pytest.raises(Cancelled):
        studio.programmes.produce(text, {}, on_progress, title="戏", format="wav", client="me")
    before = len(studio.spoken)
    assert 0 < before < 20
    done = make(studio, text, title="戏")
    assert len(done.rendered) == 20 - before and done.reused == before


def test_a_server_that_goes_down_ends_it(studio):
    studio.desk.scheduler.drain()
    with pytest.raises(Cancelled):
        make(studio, "甲：你好。", title="戏")
