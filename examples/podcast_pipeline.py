"""A content pipeline: fetch articles -> make scripts of them -> speak them -> a podcast feed; run it again and again.

    python examples/podcast_pipeline.py articles/ show/
    python examples/podcast_pipeline.py https://example.org/feed.xml show/ --address https://example.org/show

Articles are text files of a folder, or the entries of an RSS feed. Each becomes an episode: an opening, the article, a
closing. Only what is new is rendered: episodes are found again by their content, and a run that was interrupted goes on
where it stopped. What comes out lies in ``show/``: one MP3 per episode and ``feed.xml``, ready for any web server.
"""

from __future__ import annotations

import argparse
import email.utils
import hashlib
import re
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from tts_engine.batch import submit
from tts_engine.batch.export import export

VOICE, LOUDNESS_LUFS = "zf_xiaoxiao", -16.0
MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Article:
    """What was fetched."""

    title: str
    text: str

    @property
    def name(self) -> str:
        """A file name that is the same whenever the article is, and another when it changes."""
        return hashlib.sha256((self.title + self.text).encode()).hexdigest()[:16]


def fetch(source: str) -> Iterator[Article]:
    """The articles of a folder of text files, or of an RSS feed."""
    if not source.startswith(("http://", "https://")):
        for file in sorted(Path(source).glob("*.txt")):
            yield Article(file.stem, file.read_text(encoding="utf-8"))
        return
    with urllib.request.urlopen(source, timeout=30) as answer:
        data = answer.read(MOST_BYTES)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SystemExit("this feed has a DTD, which is not read")
    for item in ElementTree.fromstring(data).iter("item"):
        text = unescape(re.sub(r"<[^>]+>", "\n", unescape(item.findtext("description", ""))))
        if text.strip():
            yield Article(item.findtext("title", "").strip(), text.strip())


def script_of(article: Article, show: str) -> str:
    """The words of an episode; tags say how they are meant."""
    return (
        f"[愉快]欢迎收听{show}。\n"
        f"今天的内容是：{article.title}。[pause:800ms]\n"
        f"{article.text}\n"
        "[温柔]今天就到这里，我们下次再见。\n"
    )


def speak(article: Article, folder: Path, show: str) -> Path:
    """The episode as an MP3, made if it is not there; interrupted, it goes on the next time."""
    episode = folder / f"{article.name}.mp3"
    if not episode.exists():
        text = {"text": script_of(article, show), "id": article.name}
        job = submit([text], name=article.name, output=folder / "jobs", voice=VOICE, emotion="auto")
        job.run(on_progress=lambda progress: print("\r" + progress.line(), end="", file=sys.stderr))
        print(file=sys.stderr)
        for entry in job.entries("failed"):
            raise SystemExit(f"{article.title}: {(entry.error or {}).get('message')}")
        export(job, episode, loudness_lufs=LOUDNESS_LUFS)
    return episode


def write_feed(episodes: list[tuple[Article, Path]], show: str, address: str, file: Path) -> None:
    """An RSS 2.0 feed with one enclosure per episode, the newest first."""
    feed = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(feed, "channel")
    for name, value in (("title", show), ("link", address), ("description", f"{show}（人工智能合成语音）")):
        ElementTree.SubElement(channel, name).text = value
    for article, episode in sorted(episodes, key=lambda one: one[1].stat().st_mtime, reverse=True):
        item = ElementTree.SubElement(channel, "item")
        ElementTree.SubElement(item, "title").text = article.title
        ElementTree.SubElement(item, "guid", isPermaLink="false").text = article.name
        ElementTree.SubElement(item, "pubDate").text = email.utils.formatdate(episode.stat().st_mtime)
        place = {"url": f"{address}/{episode.name}", "length": str(episode.stat().st_size), "type": "audio/mpeg"}
        ElementTree.SubElement(item, "enclosure", place)
    ElementTree.indent(feed)
    file.write_bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def main() -> None:
    """Fetch, script, speech, feed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="folder of text files, or address of an RSS feed")
    parser.add_argument("folder", type=Path, help="where episodes and feed are written")
    parser.add_argument("--show", default="每日一读")
    parser.add_argument("--address", default="http://localhost:8000", help="where the folder will be served")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    episodes = [(article, speak(article, arguments.folder, arguments.show)) for article in fetch(arguments.source)]
    write_feed(episodes, arguments.show, arguments.address.rstrip("/"), arguments.folder / "feed.xml")
    print(arguments.folder / "feed.xml")


if __name__ == "__main__":
    main()
