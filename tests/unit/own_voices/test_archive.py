"""A voice as a file: what goes out comes in, and nothing else does."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from tts_engine.errors import ControlError
from tts_engine.own_voices.library import VoiceLibrary
from tts_engine.own_voices.shelf import style_name


@pytest.fixture
def exported(create, library) -> bytes:
    create(), create(update=True)
    return library.export_bytes("小王")


def test_what_goes_out_comes_in(exported, library, tmp_path):
    other = VoiceLibrary(tmp_path / "other")
    record = other.import_file(exported)
    assert record == library.show("小王")
    for version in record.versions:
        np.testing.assert_array_equal(
            other.shelf.style(record, version.version), library.shelf.style(record, version.version)
        )
    assert other.export_bytes("小王") == exported


def test_to_a_file_and_under_another_name(exported, library, tmp_path):
    path = library.export("小王", tmp_path / "a.ttsvoice")
    with pytest.raises(ControlError) as caught:
        library.import_file(path)
    assert caught.value.code == "voice_name_taken"
    assert library.import_file(path, name="小李").id == "xiaoli"


def _changed(exported: bytes, **members: bytes | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(exported)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = members.pop(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, data in members.items():
            new.writestr(name, data or b"")
    return out.getvalue()


def _edited(exported: bytes, **values) -> bytes:
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        record = json.loads(archive.read("voice.json"))
    for name, value in values.items():
        (record if name in record else record["versions"][0])[name] = value
    return _changed(exported, **{"voice.json": json.dumps(record).encode()})


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: b"not a zip",
        lambda data: data[:-40],
        lambda data: data[:200] + b"\0" * 50 + data[250:],
        lambda data: _changed(data, **{"voice.json": None}),
        lambda data: _changed(data, **{"voice.json": b"[1, 2"}),
        lambda data: _changed(data, **{"voice.json": b"[" * 100_000}),
        lambda data: _changed(data, **{"voice.json": b" " * 5_000_000}),
        lambda data: _edited(data, format=2),
        lambda data: _edited(data, id="../../etc"),
        lambda data: _edited(data, name="a+b"),
        lambda data: _edited(data, name="习近平"),
        lambda data: _edited(data, versions=[]),
        lambda data: _edited(data, version="../../../etc"),
        lambda data: _edited(data, version="000000000000"),
        lambda data: _edited(data, consent=None),
        lambda data: _edited(data, lufs=float("nan")),
        lambda data: _edited(data, pitch_hz=[0, 0, 0]),
        lambda data: _edited(data, figures={"a": "b"}),
        lambda data: _edited(data, sources=[{"name": "a", "sha256": "zz", "seconds": 1}]),
    ],
)
def test_what_is_not_a_voice_is_refused_in_one_sentence(exported, tmp_path, change):
    other = VoiceLibrary(tmp_path / "other")
    with pytest.raises(ControlError):
        other.import_file(change(exported))
    assert not list(other.directory.glob("*/*"))


def test_a_style_with_other_numbers_or_pickles_is_refused(exported, library, tmp_path):
    name = style_name(library.show("小王").versions[0].version)
    pickled, wrong = io.BytesIO(), io.BytesIO()
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save(wrong, np.zeros((510, 256), np.float32))
    for data in (pickled.getvalue(), wrong.getvalue(), b"x" * 700_000):
        with pytest.raises(ControlError):
            VoiceLibrary(tmp_path / "other").import_file(_changed(exported, **{name: data}))


def test_members_that_nobody_asked_for_are_never_written(exported, tmp_path):
    other = VoiceLibrary(tmp_path / "deep" / "other")
    other.import_file(_changed(exported, **{"../../evil.txt": b"x", "/tmp/evil": b"x", "xiaowang/evil": b"x"}))
    assert not [file for file in tmp_path.rglob("*") if "evil" in file.name]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ControlError, match=r"missing\.ttsvoice"):
        VoiceLibrary(tmp_path).import_file(tmp_path / "missing.ttsvoice")
