"""Laws of inputs: nothing is lost, every mistake is told with its line, memory does not grow with the file."""

import itertools
import tracemalloc

import pytest

from tts_engine.batch.inputs import read_input
from tts_engine.batch.inputs.prose import GROUP, is_speakable, split_text
from tts_engine.batch.model import Slot
from tts_engine.errors import ControlError, TextError


@pytest.fixture
def lines_of(tmp_path):
    def read(name, content, **arguments):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_input(path, **arguments))

    return read


def squeezed(text):
    return "".join(text.split())


# --- JSON Lines


def test_jsonl_rows_become_lines(lines_of, tmp_path):
    rows = '"只有文字。"\n\n{"text": "你好。", "id": 7, "voice": "zm_yunxi", "speed": null, "ref_audio": "a.wav"}\n'
    first, second = lines_of("a.jsonl", "\ufeff" + rows)
    assert (first.number, first.text, first.options) == (1, "只有文字。", {})
    assert (second.number, second.name) == (3, "7")
    assert second.options == {"voice": "zm_yunxi", "ref_audio": str(tmp_path / "a.wav")}


def test_malformed_json_on_line_4711_is_told_and_the_rest_goes_on(lines_of):
    rows = [f'{{"text": "第{n}行。"}}' for n in range(1, 5001)]
    rows[4710] = '{"text": "坏了'
    lines = lines_of("a.jsonl", "\n".join(rows))
    assert len(lines) == 5000
    bad = [line for line in lines if line.error]
    assert [line.number for line in bad] == [4711]
    assert "4711" in bad[0].error["message"] and bad[0].error["code"] == "line_invalid"


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        ('{"text": "好", "emotoin": "sad"}', "field_unknown", "emotion"),
        ('{"id": "a"}', "text_missing", "text"),
        ('{"text": "  "}', "text_missing", "text"),
        ('{"text": 7}', "text_missing", "7"),
        ('{"text": "好", "id": "../x"}', "option_invalid", "id"),
        ('{"text": "好", "id": ".hidden"}', "option_invalid", "id"),
        ("[1, 2]", "line_invalid", "list"),
        ('{"text": "好", "speed": NaN}', "line_invalid", "NaN"),
        ("[" * 100_000, "line_invalid", ""),
    ],
)
def test_a_row_that_cannot_be_used_is_told_with_its_line(lines_of, row, code, says):
    good, bad, other = lines_of("a.jsonl", f'"一。"\n{row}\n"二。"\n')
    assert good.error is None and other.error is None and other.number == 3
    assert bad.error["code"] == code and bad.error["line"] == 2
    assert "第 2 行 line 2" in bad.error["message"] and says in bad.error["message"]


def test_bytes_that_are_no_utf8_concern_their_line_only(lines_of):
    good, bad, other = lines_of("a.jsonl", '"一。"\n'.encode() + b'"\xff\xfe"\n' + '"二。"\n'.encode())
    assert bad.error["code"] == "line_invalid" and (good.text, other.text) == ("一。", "二。")


# --- CSV


def test_csv_cells_become_options(lines_of):
    text = 'text,id,speed,emotion\n"你好，\n世界。",a,1.2,\n再见。,b,,悲伤\n'
    first, second = lines_of("a.csv", text)
    assert (first.text, first.name, first.options) == ("你好，\n世界。", "a", {"speed": 1.2})
    assert (second.number, second.options) == (4, {"emotion": "悲伤"})


def test_csv_of_a_spreadsheet_in_gb18030_is_read_and_told(lines_of):
    told = []
    (line,) = lines_of("a.csv", "text\n你好。\n".encode("gb18030"), warn=told.append)
    assert line.text == "你好。" and "gb18030" in told[0]


def test_what_is_not_unicode_only_late_in_a_long_file_is_read_and_told(lines_of):
    told = []
    lines = lines_of(
        "a.csv", ("text\n" + "good morning\n" * 40_000 + "你好，大家。\n").encode("big5"), warn=told.append
    )
    assert lines[-1].text == "你好，大家。" and "big5" in told[0]


def test_a_broken_byte_is_told_with_its_place(lines_of):
    with pytest.raises(TextError, match="byte 117005"):
        lines_of("a.csv", b"text\n" + b"good morning\n" * 9000 + b"\xff\xff", warn=None)


@pytest.mark.parametrize("header", ["text,voise", "voice,id", "text,text", ""])
def test_a_header_that_cannot_be_used_ends_the_reading_at_once(lines_of, header):
    with pytest.raises((ControlError, TextError)) as caught:
        lines_of("a.csv", header + "\n你好。,x\n" if header else "")
    assert "1" in caught.value.message
    if "voise" in header:
        assert "voice" in caught.value.message and caught.value.fields["line"] == 1


def test_csv_rows_that_cannot_be_used_are_told_with_their_line(lines_of):
    text = 'text,speed\n好。,1\n好。\n好。,fast\n"好"x,1\n好。,2\n'
    lines = lines_of("a.csv", text)
    assert [(line.number, bool(line.error)) for line in lines] == [
        (2, False),
        (3, True),
        (4, True),
        (5, True),
        (6, False),
    ]


def test_tabs_separate_tsv(lines_of):
    assert lines_of("a.tsv", "text\tid\n一，二。\ta\n")[0].text == "一，二。"


# --- plain text


def test_no_character_of_a_text_is_lost_and_groups_have_their_size(lines_of):
    paragraphs = [f"第{n}段。" + "春眠不觉晓，处处闻啼鸟。" * (n % 40) for n in range(120)]
    text = "\n\n".join(paragraphs)
    lines = lines_of("a.txt", text)
    assert squeezed("".join(line.text for line in lines)) == squeezed(text)
    assert max(len(line.text) for line in lines) <= GROUP + 40 and len(lines) > 60
    assert [line.number for line in lines] == sorted(line.number for line in lines)
    assert all(text.split("\n")[line.number - 1].startswith(line.text[:2]) for line in lines if line.text[0] == "第")


def test_a_text_without_any_line_break_is_cut_after_sentences(lines_of):
    text = "".join(f"这是第{n}句话，它不太长。" for n in range(20_000))
    lines = lines_of("a.txt", text)
    assert "".join(line.text for line in lines) == text
    assert all(line.text.endswith("。") for line in lines) and max(len(line.text) for line in lines) <= GROUP


def test_tags_keep_their_line_together(lines_of):
    tagged = "[悲伤]" + "我很难过。" * 150
    lines = lines_of("a.txt", f"前面。\n{tagged}\n后面。")
    assert any(tagged in line.text for line in lines)


def test_ornaments_alone_make_no_file(lines_of):
    lines = lines_of("a.txt", "* * *\n" * 50 + "正文。\n" + "———\n" * 50)
    assert lines and all(is_speakable(line.text) for line in lines)
    assert lines_of("b.txt", "* * *\n———\n") == []


def test_by_line_every_line_is_its_own(lines_of):
    lines = lines_of("a.txt", "一。\r\n\r\n二。\n***\n三。", by_line=True)
    assert [(line.number, line.text) for line in lines] == [(1, "一。"), (3, "二。"), (5, "三。")]


def test_an_ssml_document_is_one(lines_of):
    document = "<speak>" + "<p>你好。</p>\n" * 500 + "</speak>"
    (line,) = lines_of("a.txt", document)
    assert line.text == document and len(list(split_text(document))) == 1


def test_memory_does_not_grow_with_the_text(tmp_path, monkeypatch):
    monkeypatch.setattr("tts_engine.batch.inputs.prose._BLOCK", 4096)
    monkeypatch.setattr("tts_engine.batch.inputs.decoding._BLOCK", 4096)
    peaks = []
    for size in (20_000, 80_000):
        path = tmp_path / f"{size}.txt"
        path.write_text("".join(itertools.islice(itertools.cycle("春眠不觉晓，处处闻啼鸟。"), size)), "utf-8")
        tracemalloc.start()
        for _ in read_input(path):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


# --- subtitles

CUES = """1
00:00:01,000 --> 00:00:02,500
<i>你好，
世界。</i>

2
00:00:03.000 --> 00:00:02.000
倒着的

3
一点到两点
没有时间

4
00:00:05,000 --> 00:00:07,250
- 你好吗
- 我很好。

5
00:00:08,000 --> 00:00:09,000
♪
"""


def test_cues_become_lines_with_slots(lines_of):
    lines = lines_of("a.srt", CUES.replace("\n", "\r\n"))
    assert [(line.number, bool(line.error)) for line in lines] == [(2, False), (7, True), (11, True), (15, False)]
    assert lines[0].text == "你好，世界。" and lines[0].slot == Slot(1.0, 2.5) and lines[0].name == "1"
    assert lines[3].text == "你好吗。我很好。" and lines[3].slot.length_s == pytest.approx(2.25)


def test_the_marks_of_markdown_are_not_read(lines_of):
    (line,) = lines_of("a.md", "# 标题\n\n这是**重点**。\n")
    assert "标题" in line.text and "重点" in line.text and "#" not in line.text and "*" not in line.text


def test_unknown_kinds_and_missing_files_are_one_clear_error(tmp_path):
    with pytest.raises(ControlError, match="jsonl"):
        read_input(tmp_path / "a.docx")
    with pytest.raises(TextError, match="nowhere"):
        list(read_input(tmp_path / "nowhere.jsonl"))
    (tmp_path / "a.txt").write_bytes(b"\xff\xff\xff\xff\x81")
    with pytest.raises(TextError, match="UTF-8"):
        list(read_input(tmp_path / "a.txt"))


def test_an_epub_is_read_chapter_by_chapter(tmp_path):
    import zipfile

    body = "<html><body><h1>{}</h1><p>{}</p><p>再见。</p></body></html>"
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    container += '<rootfile full-path="b.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    package = '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><manifest>'
    package += "".join(f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in (1, 2))
    package += '</manifest><spine><itemref idref="c1"/><itemref idref="c2"/></spine></package>'
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("b.opf", package)
        for n in (1, 2):
            archive.writestr(f"c{n}.xhtml", body.format(f"第{n}章", "春眠不觉晓。" * 80 * n))
    lines = list(read_input(tmp_path / "a.epub"))
    text = squeezed("".join(line.text for line in lines))
    assert text == "".join(f"第{n}章" + "春眠不觉晓。" * 80 * n + "再见。" for n in (1, 2))
    assert sum(line.text.startswith("第2章") for line in lines) == 1
