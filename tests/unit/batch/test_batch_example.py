"""The worked example: articles become scripts, episodes a feed; only what is new is spoken."""

import functools
import importlib.util
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import tiny_engine
from tts_engine.batch import Job
from tts_engine.batch import submit as really_submit

FILE = Path(__file__).resolve().parents[3] / "examples" / "podcast_pipeline.py"


@pytest.fixture
def pipeline(monkeypatch):
    spec = importlib.util.spec_from_file_location("podcast_pipeline", FILE)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "podcast_pipeline", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "submit", functools.partial(really_submit, engine=tiny_engine.make()))
    monkeypatch.setattr(Job, "run", functools.partialmethod(Job.run, execute=tiny_engine.in_process))
    return module


def test_articles_become_a_feed_and_what_is_there_is_not_made_again(pipeline, tmp_path, monkeypatch, capsys):
    articles, show = tmp_path / "articles", tmp_path / "show"
    articles.mkdir()
    (articles / "春晓.txt").write_text("春眠不觉晓。处处闻啼鸟。")
    monkeypatch.setattr(sys, "argv", ["podcast_pipeline.py", str(articles), str(show), "--address", "https://x.org/s"])
    pipeline.main()
    (episode,) = show.glob("*.mp3")
    made_at = episode.stat().st_mtime_ns
    pipeline.main()
    assert episode.stat().st_mtime_ns == made_at
    item = ElementTree.parse(show / "feed.xml").find("channel/item")
    place = item.find("enclosure").attrib
    assert item.findtext("title") == "春晓" and place["url"] == f"https://x.org/s/{episode.name}"
    assert int(place["length"]) == episode.stat().st_size
    (articles / "春晓.txt").write_text("夜来风雨声。花落知多少。")
    pipeline.main()
    assert len(list(show.glob("*.mp3"))) == 2


def test_a_feed_is_fetched_as_articles(pipeline, tmp_path, monkeypatch):
    feed = tmp_path / "feed.xml"
    feed.write_text(
        "<rss><channel><item><title>甲</title><description>&lt;p&gt;你好&lt;/p&gt;</description></item></channel></rss>"
    )
    monkeypatch.setattr(pipeline.urllib.request, "urlopen", lambda *_, **__: feed.open("rb"))
    (article,) = pipeline.fetch("https://example.org/feed.xml")
    assert (article.title, article.text) == ("甲", "你好")
    assert "甲" in pipeline.script_of(article, "节目") and "你好" in pipeline.script_of(article, "节目")
