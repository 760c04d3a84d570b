"""Files that come out: chapters and covers read back by a player's library, and a book that reads along."""

import re
import struct
import zipfile
import zlib
from xml.etree import ElementTree

import pytest

from tts_engine.audio.verifying import verify_file
from tts_engine.errors import ControlError
from tts_engine.options import SynthesisOptions
from tts_engine.production import ProductionOptions, produce_book
from tts_engine.production.books.model import Book, BookChapter
from tts_engine.production.books.overlay import Unit, cut_text
from tts_engine.production.tagged import picture_size

av = pytest.importorskip("av")


def png(width=4, height=6):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x40\x80\xc0" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


BOOK = Book(
    "雾灯 & 船",
    "某人",
    (
        BookChapter("第一章 雾", ("雾来了。船没有回来。", "", "“谁？”他问。")),
        BookChapter("第二章 灯", ("灯亮了。", "船回来了。")),
        BookChapter("第三章 人", ("人都来了。",)),
    ),
    cover=png(),
)


@pytest.fixture
def publish(stage, tmp_path):
    def run(format, **more):
        options = ProductionOptions(format=format, base=SynthesisOptions(emotion="neutral", context="off"))
        return produce_book(BOOK, tmp_path / "out", options, synthesizer=stage[0], **more)

    return run


@pytest.mark.parametrize("format", ["m4b", "m4a", "mp3", "opus"])
def test_chapters_are_read_back(publish, format):
    done = publish(format).production
    with av.open(str(done.programme)) as container:
        chapters = container.chapters()
        metadata = {**container.metadata, **container.streams.audio[0].metadata}
        decoded = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
        has_cover = any(stream.type == "video" for stream in container.streams)
    assert [one["metadata"]["title"] for one in chapters] == ["第一章 雾", "第二章 灯", "第三章 人"]
    begins = [float(one["start"] * one["time_base"]) for one in chapters]
    assert begins == pytest.approx([span.begin / 24000 for span in done.files.chapters], abs=0.002)
    assert (metadata["title"], metadata["artist"]) == ("雾灯 & 船", "某人")
    assert decoded == pytest.approx(done.audio_s, abs=0.15)
    assert has_cover == (format != "opus")
    assert verify_file(done.programme).state == "ours"


def test_each_chapter_has_subtitles_from_its_own_beginning(publish):
    done = publish("mp3").production
    srt = (done.folder / "chapters" / "002 第二章 灯.srt").read_text("utf-8")
    assert "灯亮了" in srt and "雾来了" not in srt and "00:00:00,400 -->" in srt


def test_the_epub_reads_along(publish):
    done = publish("m4b", epub=True)
    assert done.epub is not None
    with zipfile.ZipFile(done.epub) as archive:
        assert archive.infolist()[0].filename == "mimetype" and archive.infolist()[0].compress_type == 0
        names = set(archive.namelist())
        package = ElementTree.fromstring(archive.read("OEBPS/package.opf"))
        for item in package.iter("{http://www.idpf.org/2007/opf}item"):
            assert f"OEBPS/{item.get('href')}" in names
        for number, chapter in enumerate(BOOK.chapters, 1):
            page = archive.read(f"OEBPS/c{number:04d}.xhtml").decode()
            smil = ElementTree.fromstring(archive.read(f"OEBPS/c{number:04d}.smil"))
            ElementTree.fromstring(page)
            shown = re.sub(r"<[^>]+>", "", page.partition("</h1>")[2]).replace("\n", "")
            assert shown == "".join(chapter.paragraphs)
            pars = list(smil.iter("{http://www.w3.org/ns/SMIL}par"))
            times = []
            for par in pars:
                text, audio = par
                identifier = text.get("src").partition("#")[2]
                assert f'id="{identifier}"' in page and f"OEBPS/{audio.get('src')}" in names
                times += [float(audio.get("clipBegin")[:-1]), float(audio.get("clipEnd")[:-1])]
            assert times == sorted(times) and len(pars) == page.count("<span")
            span = done.production.files.chapters[number - 1]
            assert times[-1] <= (span.end - span.begin) / 24000
    first = [one for one in done.production.timeline if one.line.chapter == 0]
    assert times and first


def test_a_book_that_reads_along_needs_a_format_that_readers_play(publish):
    with pytest.raises(ControlError):
        publish("flac", epub=True)


def test_who_reads_is_checked(publish):
    with pytest.raises(ControlError):
        publish("mp3", read_by="nobody")


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("“谁？”他问。“我。”", [(1, 3), (4, 7), (8, 10)]),
        ("没有人说的话", []),
        ("前言，开始。结束", [(3, 6)]),
    ],
)
def test_the_text_is_cut_without_loss(text, units):
    cut = list(cut_text(text, [Unit(begin, end, 0.0, 1.0) for begin, end in units]))
    assert "".join(shown for shown, _ in cut) == text
    assert len(cut) == max(1, len(units))


def test_pictures_are_measured_without_being_decoded():
    assert picture_size(png(7, 9)) == ("png", 7, 9)
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 20, 30) + bytes(8)
    assert picture_size(jpeg) == ("mjpeg", 30, 20)
    assert picture_size(b"GIF89a") is None and picture_size(b"\xff\xd8\xff") is None
