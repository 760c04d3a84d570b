"""The mark is in every container, at its beginning, readable by others, and false marks are told from ours."""

import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_engine.audio import files
from tts_engine.audio.encoding import encode
from tts_engine.audio.files import AudioWriter
from tts_engine.audio.formats import AUDIO_FORMATS, STREAM_FORMATS
from tts_engine.audio.labelling import AUDIBLE, FIELDS, Labelling, mark_text, parse_audible, parse_mark, tones
from tts_engine.audio.marking import id3_tag, ogg_checksum
from tts_engine.audio.stream import StreamEncoder
from tts_engine.audio.verifying import verify, verify_file
from tts_engine.errors import AudioError, ControlError, OutputError

av = pytest.importorskip("av", reason="AAC and the independent reader need PyAV: pip install av")

RATE = 24000
SOUND = (0.1 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
MARK = mark_text("ACME Studio 91110108", "0123456789abcdef" * 2)
#: The longest producer makes the longest mark, the shortest the shortest.
PRODUCERS = ["A", "x" * 63, "y" * 64]


def state_of(data: bytes) -> str:
    return verify(io.BytesIO(data)).state


def test_the_mark_is_what_the_standard_says():
    value = json.loads(MARK)
    assert list(value) == ["AIGC"] and tuple(value["AIGC"]) == FIELDS
    assert value["AIGC"]["Label"] == "1"
    assert value["AIGC"]["ContentPropagator"] == value["AIGC"]["ContentProducer"] == "ACME Studio 91110108"
    assert value["AIGC"]["PropagateID"] == value["AIGC"]["ProduceID"]
    assert MARK.isascii() and MARK.isprintable()


def test_every_mark_is_another_and_tells_nothing():
    marks = {Labelling().new_mark() for _ in range(50)}
    assert len(marks) == 50
    assert Labelling(metadata=False).new_mark() is None


@pytest.mark.parametrize("producer", ["", "  ", 'a"b', "a\\b", "中文", "a\nb", "z" * 65])
def test_a_producer_that_cannot_stand_there_is_refused(producer):
    with pytest.raises(ControlError) as caught:
        Labelling(producer=producer)
    assert caught.value.fields["option"] == "label_producer"


@pytest.mark.parametrize("producer", PRODUCERS)
@pytest.mark.parametrize("format", AUDIO_FORMATS)
def test_each_file_is_marked_and_says_the_same_to_others(tmp_path, format, producer):
    mark = mark_text(producer, "f" * 32)
    path = tmp_path / f"a.{format}"
    with AudioWriter(path, RATE, format, mark=mark) as writer:
        writer.write(SOUND)
    verdict = verify_file(path)
    assert verdict.state == "ours" and dict(verdict.fields) == dict(parse_mark(mark))
    with av.open(str(path)) as container:
        seen = {**container.metadata, **container.streams[0].metadata}
        assert sum(frame.samples for frame in container.decode(audio=0)) >= RATE
    assert list(seen.values()).count(mark) == 1
    assert seen["comment" if format == "wav" else "AIGC"] == mark


@pytest.mark.parametrize("format", [name for name in STREAM_FORMATS if name != "pcm"])
def test_each_stream_says_it_at_its_beginning(format):
    encoder = StreamEncoder(format, RATE, mark=MARK)
    sent = encoder.push(SOUND)
    while not sent:
        sent = encoder.push(SOUND)
    encoder.abandon()
    assert state_of(sent[:2048]) == "ours"


@pytest.mark.parametrize("format", ["wav", "flac", "ogg", "opus"])
def test_the_mark_does_not_touch_the_sound(format):
    def heard(data):
        with av.open(io.BytesIO(data)) as container:
            return np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])

    assert np.array_equal(heard(encode(SOUND, RATE, format, mark=MARK)), heard(encode(SOUND, RATE, format)))


@pytest.mark.parametrize("format", AUDIO_FORMATS)
def test_a_file_without_a_mark_is_said_to_have_none(format):
    assert state_of(encode(SOUND, RATE, format)) == "none"


def test_ogg_pages_stay_valid():
    data = encode(SOUND, RATE, "opus", mark=MARK)
    begin = 0
    while begin < len(data):
        segments = data[begin + 26]
        end = begin + 27 + segments + sum(data[begin + 27 : begin + 27 + segments])
        page = bytearray(data[begin:end])
        (written,) = struct.unpack_from("<I", page, 22)
        page[22:26] = bytes(4)
        assert ogg_checksum(bytes(page)) == written
        begin = end


def test_a_mark_that_does_not_read_back_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "verify", lambda file: verify(io.BytesIO(b"RIFF")))
    with pytest.raises(OutputError) as caught, AudioWriter(tmp_path / "a.wav", RATE, mark=MARK) as writer:
        writer.write(SOUND)
    assert caught.value.code == "mark_unreadable"
    assert list(tmp_path.iterdir()) == []


def test_the_comment_of_a_converted_file_is_understood():
    file = io.BytesIO()
    with av.open(io.BytesIO(encode(SOUND, RATE, "wav", mark=MARK))) as source, av.open(file, "w", "flac") as target:
        target.metadata.update(source.metadata)
        stream = target.add_stream("flac", rate=RATE)
        for frame in source.decode(audio=0):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    assert state_of(file.getvalue()) == "ours"


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (MARK, "ours"),
        (json.dumps(json.loads(MARK)["AIGC"]), "ours"),
        (json.dumps({"AIGC": {"Label": "1", "ContentProducer": "somebody"}}), "foreign"),
        (MARK.replace('"1"', '"2"', 1), "foreign"),
        ("{broken", "damaged"),
        ("[]", "damaged"),
    ],
)
def test_marks_of_others_are_told_from_ours(value, state):
    assert state_of(id3_tag(value) + encode(SOUND, RATE, "mp3")) == state


def test_contradicting_marks_are_told():
    def chunk(text):
        return struct.pack("<4sI", b"AIGC", len(text)) + text.encode() + b"\0" * (len(text) % 2)

    other = mark_text("another", "0" * 32)
    plain = encode(SOUND, RATE, "wav")
    assert state_of(plain[:36] + chunk(MARK) + chunk(other) + plain[36:]) == "several"
    assert state_of(plain[:36] + chunk(MARK) + chunk(MARK) + plain[36:]) == "ours"


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(AUDIO_FORMATS)), st.data())
def test_no_file_breaks_the_reader(format, data):
    whole = bytearray(_encoded(format))
    for _ in range(data.draw(st.integers(0, 8))):
        whole[data.draw(st.integers(0, min(len(whole), 600) - 1))] = data.draw(st.integers(0, 255))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    assert verify(io.BytesIO(bytes(cut))).state in ("ours", "foreign", "damaged", "several", "none")


_cache: dict[str, bytes] = {}


def _encoded(format: str) -> bytes:
    if format not in _cache:
        _cache[format] = encode(SOUND[:6000], RATE, format, mark=MARK)
    return _cache[format]


def test_what_is_no_audio_has_no_mark_and_what_is_no_file_is_an_error(tmp_path):
    assert state_of(b"") == state_of(b"PK\3\4" + bytes(100)) == "none"
    with pytest.raises(AudioError, match="missing"):
        verify_file(tmp_path / "missing.wav")


def test_the_rhythm_is_short_long_short_short():
    sound = np.convolve(np.abs(tones(RATE)) > 0.001, np.ones(60), "same") > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], sound, [0]])))
    lengths, silences = (edges[1::2] - edges[::2]) / RATE, (edges[2::2] - edges[1:-1:2]) / RATE
    assert lengths == pytest.approx([0.09, 0.27, 0.09, 0.09], abs=0.01)
    assert silences == pytest.approx([0.09, 0.27, 0.09], abs=0.01)
    wave = tones(RATE)
    assert np.abs(wave).max() < 0.06 and np.abs(np.diff(wave)).max() < 0.02  # soft, and no clicks


@pytest.mark.parametrize("value", AUDIBLE)
def test_every_audible_value_is_understood(value):
    audible, place = parse_audible(value)
    labelling = Labelling(audible=audible, place=place)
    assert (labelling.at_start != "none") == value.endswith(("start", "both"))
    assert (labelling.at_end != "none") == value.endswith(("end", "both"))


@pytest.mark.parametrize("value", ["", "beep", "spoken:middle", "none:end", "tones:"])
def test_every_other_audible_value_is_refused(value):
    with pytest.raises(ControlError) as caught:
        parse_audible(value)
    assert caught.value.fields["option"] == "audible_label"
