"""Books in: encodings guessed and told, chapters found, broken files read as far as they go, others refused."""

import io
import zipfile

import pytest

from tts_engine.errors import TextError
from tts_engine.production.books.epub import Limits, read_epub
from tts_engine.production.books.headings import is_chapter, is_volume
from tts_engine.production.books.markup import extract
from tts_engine.production.books.plain import book_of_text
from tts_engine.production.books.reading import read_book
from tts_engine.production.books.scripting import LONGEST, narrated, performed, pieces, text_of
from tts_engine.production.books.tree import parse

SIMPLE = "那天晚上，他没有回来。我们都说，他一定是走得太远了，看不见家里的灯。\n"


@pytest.mark.parametrize(
    ("line", "chapter", "volume"),
    [
        ("第一章 雾灯", True, False),
        ("第十二回　风雪山神庙", True, False),
        ("正文 第3章：夜", True, False),
        ("楔子", True, False),
        ("Chapter 5", True, False),
        ("【第一百零二章】", True, False),
        ("第一卷 少年", False, True),
        ("卷三", False, True),
        ("上卷", False, True),
        ("第一章还没有看完，他就睡着了。", False, False),
        ("第二天早上，雨停了。", False, False),
        ("序列号是多少", False, False),
        ("他说第三章很好看", False, False),
        ("", False, False),
    ],
)
def test_titles(line, chapter, volume):
    assert (is_chapter(line), is_volume(line)) == (chapter, volume)


NOVEL = """《雾灯》 作者：某人

目录
第一章 雾
第二章 灯
第三章 船
第四章 人

第一卷 夜

第一章 雾

　　雾是从午后开始涨的。
　　船没有回来。

***

　　夜深了。

第二章 灯

　　灯亮了。
"""


def test_a_novel_has_its_chapters():
    book = book_of_text(NOVEL, "x")
    assert (book.title, book.author) == ("雾灯", "某人")
    assert [chapter.title for chapter in book.chapters][-2:] == ["第一卷 夜 第一章 雾", "第二章 灯"]
    assert book.chapters[-2].paragraphs == ("雾是从午后开始涨的。", "船没有回来。", "", "夜深了。")
    assert any("没有正文的标题" in warning for warning in book.warnings)


def test_hard_wrapped_lines_are_joined():
    whole = "雾是从午后开始涨的，起初只是海面上薄薄的一层，像谁在水上铺了一条旧棉絮，到了傍晚它漫过了防波堤。" * 6
    wrapped = "\n".join(
        "　　" + whole[:38] if not at else whole[at : at + 40] for at in [0, *range(38, len(whole), 40)]
    )
    book = book_of_text(f"第一章\n{wrapped}\n第二章\n{wrapped}", "x")
    assert [chapter.paragraphs for chapter in book.chapters] == [(whole,), (whole,)]


def test_a_text_without_titles_is_one_chapter_and_says_so():
    book = book_of_text(SIMPLE * 200, "x")
    assert len(book.chapters) == 1 and book.warnings


def test_an_empty_text_is_refused():
    with pytest.raises(TextError):
        book_of_text("\n \n", "x")


def test_long_paragraphs_are_rendered_in_pieces_that_are_the_paragraph():
    paragraph = "他走了很远的路，终于看见了灯。" * 80
    cut = list(pieces(paragraph))
    assert "".join(paragraph[begin:end] for begin, end in cut) == paragraph
    assert len(cut) > 1 and max(end - begin for begin, end in cut) <= LONGEST + 20


@pytest.mark.parametrize("make", [narrated, performed])
def test_every_word_of_a_book_is_in_its_script(make):
    text = "第一章 门\n“谁？”老王问道。\n“我。”小红说。\n门开了。\n第二章 窗\n老王笑着说：“来吧。”"
    book = book_of_text(text, "x")
    script = make(book)
    assert [chapter.title for chapter in script.chapters] == ["第一章 门", "第二章 窗"]
    for chapter, read in zip(script.chapters, book.chapters, strict=True):
        text, words = text_of(read), ""
        assert chapter.lines[0].text == read.title
        for line in chapter.lines[1:]:
            begin, end = line.span
            assert line.text in text[begin:end]
            words += line.text
        assert [c for c in words if c.isalnum()] == [c for c in text if c.isalnum()]


# --- EPUB ------------------------------------------------------------------------------------------------------------

CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/p.opf"/></rootfiles></container>'
PACKAGE = """<package><metadata><dc:title>书 &amp; 灯</dc:title><dc:creator>某人</dc:creator>
<dc:language>zh</dc:language>
<meta name="cover" content="pic"/></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"""


def epub(tmp_path, files, *, items="", spine=None, name="b.epub"):
    documents = [one for one in files if one.endswith("xhtml") and "nav" not in one]
    manifest = "".join(
        f'<item id="i{number}" href="{one}" media-type="application/xhtml+xml"/>'
        for number, one in enumerate(documents)
    )
    order = "".join(f'<itemref idref="i{number}"/>' for number in range(len(documents))) if spine is None else spine
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OEBPS/p.opf", PACKAGE.format(items=manifest + items, spine=order))
        for one, content in files.items():
            archive.writestr(one if one.startswith("META-INF") else f"OEBPS/{one}", content)
    return path


def page(body, title=""):
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


AES = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
NAV = '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'


def test_an_epub_is_read_in_its_order_with_its_titles(tmp_path):
    files = {
        "a.xhtml": page(
            "<h1>一</h1><p>雾来了<sup><a href='#n1'>1</a></sup>。</p><aside epub:type='footnote'>注</aside>"
        ),
        "b.xhtml": page("<p id='x'>灯<ruby>亮<rt>liàng</rt></ruby>了。</p><p id='y'>船来了。</p>"),
        "nav.xhtml": page(
            "<nav epub:type='toc'><ol><li><a href='a.xhtml'>第一章 雾</a></li>"
            "<li><a href='b.xhtml#x'>第二章 灯</a></li><li><a href='b.xhtml#y'>第三章 船</a></li></ol></nav>"
        ),
    }
    book = read_book(epub(tmp_path, files, items=NAV))
    assert (book.title, book.author, book.language) == ("书 & 灯", "某人", "zh")
    assert [(one.title, one.paragraphs) for one in book.chapters] == [
        ("第一章 雾", ("一", "雾来了。")),
        ("第二章 灯", ("灯亮了。",)),
        ("第三章 船", ("船来了。",)),
    ]
    assert any("注释" in warning for warning in book.warnings)


def test_a_document_without_a_title_goes_on_with_the_chapter(tmp_path):
    ncx = '<item id="ncx" href="t.ncx" media-type="application/x-dtbncx+xml"/>'
    point = "<navPoint><navLabel><text>第一章</text></navLabel><content src='a.xhtml'/></navPoint>"
    toc = f"<ncx><navMap>{point}</navMap></ncx>"
    files = {"a.xhtml": page("<p>一。</p>"), "b.xhtml": page("<p>二。</p>"), "t.ncx": toc}
    book = read_book(epub(tmp_path, files, items=ncx))
    assert [(one.title, one.paragraphs) for one in book.chapters] == [("第一章", ("一。", "二。"))]


def test_front_matter_is_not_read_unless_asked(tmp_path):
    files = {
        "c.xhtml": page("<p>版权所有，翻印必究。</p>", "版权页"),
        "a.xhtml": page("<h1>第一章</h1><p>雾来了。</p>"),
    }
    path = epub(tmp_path, files)
    assert "版权" not in str(read_epub(path).chapters) and any("版权页" in one for one in read_epub(path).warnings)
    assert "翻印" in str(read_epub(path, keep_front=True).chapters)


def test_broken_markup_loses_no_words(tmp_path):
    broken = "<html><body><h1>第一章<p>雾<b>来了。<p>灯<i>亮</b>了。</div><table><tr><td>甲<td>乙<tr><td>丙</table>"
    broken += "<p>船&nbsp;来&bogus;了"
    book = read_book(epub(tmp_path, {"a.xhtml": broken}))
    words = "".join(c for paragraph in book.chapters[0].paragraphs for c in paragraph if "\u4e00" <= c <= "\u9fff")
    assert words == "雾来了灯亮了甲乙丙船来了" and book.chapters[0].title == "第一章"
    assert any("不合规" in warning for warning in book.warnings)


def test_nested_tables_are_read_and_told(tmp_path):
    inner = "<table><tr><td>二</td><td>三</td></tr></table>"
    body = f"<h1>表</h1><table><tr><td>一</td><td>{inner}</td></tr></table><p>四。</p>"
    book = read_book(epub(tmp_path, {"a.xhtml": page(body)}))
    words = "".join(c for paragraph in book.chapters[0].paragraphs for c in paragraph if "\u4e00" <= c <= "\u9fff")
    assert words == "一二三四" and any("嵌套表格" in warning for warning in book.warnings)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a.xhtml": page("<p>密</p>"), "META-INF/rights.xml": "<rights/>"}, "book_encrypted"),
        (
            {
                "a.xhtml": page("<p>密</p>"),
                "META-INF/encryption.xml": f'<enc:EncryptionMethod Algorithm="{AES}"/>',
            },
            "book_encrypted",
        ),
        ({"a.xhtml": page("<img src='1.jpg'/><img src='2.jpg'/>")}, "book_without_text"),
        ({"a.xhtml": page("")}, "book_empty"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, files, code):
    with pytest.raises(TextError) as caught:
        read_book(epub(tmp_path, files))
    assert caught.value.code == code


def test_obfuscated_fonts_are_no_protection(tmp_path):
    method = '<EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/>'
    files = {
        "a.xhtml": page("<p>雾来了，灯亮了。</p>"),
        "META-INF/encryption.xml": f"<encryption>{method}</encryption>",
    }
    assert read_book(epub(tmp_path, files)).characters == 8


def test_a_missing_file_and_a_way_out_are_told(tmp_path):
    items = '<item id="m" href="gone.xhtml" media-type="application/xhtml+xml"/>'
    items += '<item id="o" href="../../../etc/passwd" media-type="application/xhtml+xml"/>'
    spine = '<itemref idref="m"/><itemref idref="o"/><itemref idref="i0"/><itemref idref="nobody"/>'
    book = read_book(epub(tmp_path, {"a.xhtml": page("<p>雾来了。</p>")}, items=items, spine=spine))
    assert book.characters == 4 and sum("缺少文件" in warning for warning in book.warnings) == 2


def test_a_bomb_is_refused_before_it_bursts(tmp_path):
    path = epub(tmp_path, {"a.xhtml": page("<p>" + "灯" * 400_000 + "</p>")})
    assert path.stat().st_size < 20_000
    with pytest.raises(TextError) as caught:
        read_epub(path, limits=Limits(one_bytes=1 << 20))
    assert caught.value.code == "epub_too_large"
    with pytest.raises(TextError) as caught:
        read_epub(path, limits=Limits(entries=3))
    assert caught.value.code == "epub_too_large"


def test_half_an_epub_is_refused(tmp_path):
    path = epub(tmp_path, {"a.xhtml": page("<p>雾来了。</p>")})
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(TextError) as caught:
        read_book(path)
    assert caught.value.code == "epub_invalid"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    path.write_bytes(buffer.getvalue())
    with pytest.raises(TextError) as caught:
        read_book(path)
    assert caught.value.code == "epub_invalid"


@pytest.mark.parametrize("head", [b"%PDF-1.7 ", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(60) + b"BOOKMOBI"])
def test_other_formats_are_named(tmp_path, head):
    path = tmp_path / "x.pdf"
    path.write_bytes(head + bytes(200))
    with pytest.raises(TextError) as caught:
        read_book(path)
    assert caught.value.code == "book_format"


def test_a_tree_survives_anything():
    parsed = parse("<p>" * 5000 + "深" + "<!DOCTYPE x [<!ENTITY a 'b'>]>&a;</q>")
    assert "深" in parsed.root.text()
    assert extract("<p>a<script>x</script><style>y</style>b</p>").blocks == [(0, "ab")]


MARKDOWN = """---
title: 雾灯
author: 某人
---

# 第一章 **雾**

雾是从*午后*开始涨的，
[船](http://example.org)没有回来[^1]。

![图](a.png)

> 灯呢？

- 一盏
- 两盏

```python
print("不读")
```

---

夜深了。

[^1]: 注释

第二章
======

| 名 | 灯 |
|---|---|
| 甲 | 一 |
"""


def test_markdown(tmp_path):
    path = tmp_path / "x.md"
    path.write_text(MARKDOWN, "utf-8")
    book = read_book(path)
    assert (book.title, book.author) == ("雾灯", "某人")
    assert [(one.title, one.paragraphs) for one in book.chapters] == [
        ("第一章 雾", ("雾是从午后开始涨的，船没有回来。", "灯呢？", "一盏", "两盏", "", "夜深了。")),
        ("第二章", ("名，灯", "甲，一")),
    ]
    assert len(book.warnings) == 3  # a picture, a note, code


def test_html(tmp_path):
    path = tmp_path / "x.html"
    path.write_bytes(
        "<html><head><meta charset='gbk'><title>雾灯</title></head><body>"
        "<h2>一</h2><p>雾来了。<br>灯亮了。</p><h2>二</h2><p>船来了。</p></body></html>".encode("gbk")
    )
    book = read_book(path)
    assert book.title == "雾灯" and not book.warnings
    assert [(one.title, one.paragraphs) for one in book.chapters] == [
        ("一", ("雾来了。", "灯亮了。")),
        ("二", ("船来了。",)),
    ]
