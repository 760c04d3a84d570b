"""Bytes of a text: the encoding guessed and told, damage costs only itself, what is no text is refused."""

import pytest

from tts_engine.errors import TextError
from tts_engine.text.encodings import decode

SIMPLE = "那天晚上，他没有回来。我们都说，他一定是走得太远了，看不见家里的灯。\n"
TRADITIONAL = "那天晚上，他沒有回來。我們都說，他一定是走得太遠了，看不見家裡的燈。\n"


@pytest.mark.parametrize(
    ("text", "codec", "told"),
    [
        (SIMPLE, "utf-8", "utf-8"),
        (SIMPLE, "utf-8-sig", "utf-8"),
        (SIMPLE, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (SIMPLE, "utf-16", "utf-16"),
        (SIMPLE, "utf-16-le", "utf-16-le"),
        (SIMPLE, "utf-16-be", "utf-16-be"),
        (TRADITIONAL, "gb18030", "gb18030"),
    ],
)
def test_encodings_are_guessed_and_told(text, codec, told):
    read, decoded = decode((text * 5).encode(codec))
    assert read == text * 5
    assert decoded.encoding == told
    assert bool(decoded.warnings) == (told in ("gb18030", "big5", "utf-16-le", "utf-16-be"))


def test_a_few_damaged_bytes_cost_only_themselves():
    data = bytearray((SIMPLE * 200).encode())
    data[9000] = 0xFF
    read, decoded = decode(bytes(data))
    assert decoded.encoding == "utf-8" and decoded.warnings
    assert len(read) >= len(SIMPLE * 200) - 3


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n" + bytes(300), b"PK\x03\x04" + bytes(100), bytes(range(256)) * 20]
)
def test_what_is_no_text_is_refused(data):
    with pytest.raises(TextError) as caught:
        decode(data)
    assert caught.value.code == "text_encoding"


def test_a_name_is_enough():
    assert decode("雾灯".encode("gb18030"))[0] == "雾灯"
