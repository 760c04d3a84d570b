"""Laws of the library: what is stored is what is spoken, nothing without consent, nothing half-written."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest

from tts_engine.errors import AssetDamagedError, ControlError, FeatureMissingError
from tts_engine.own_voices.library import VoiceLibrary
from tts_engine.own_voices.report import report, verdict
from tts_engine.own_voices.shelf import Shelf, style_name

from .conftest import STATEMENT, pack_of


def test_a_created_voice_is_an_ordinary_voice(create, store):
    record = create()
    assert record.id == "xiaowang"
    for spec in ("own:小王", "own:xiaowang", "小王", "xiaowang", store.canonical("小王")):
        style = store.style(spec, 20)
        np.testing.assert_array_equal(np.concatenate([style.timbre, style.prosody]), pack_of(100)[19])
        assert store.level_db(spec) == pytest.approx(1.5)
        assert list(store.own_pitch_hz(spec).values()) == [(210.0, 150.0, 290.0)]
    assert store.names() == ("zf_xiaoxiao", "zm_yunxi", "af_sky", "own:xiaowang")
    assert store.info("own:小王").is_own and store.info("own:小王").gender == "female"


@pytest.mark.parametrize(
    "spec", ["小王:0.6+zf_xiaoxiao:0.4", "own:小王:3+xiaoxiao:2", "zf_xiaoxiao:0.4+own:xiaowang:0.6"]
)
def test_it_mixes_with_packs(create, store, spec):
    create()
    style = store.style(store.canonical(spec), 9)
    expected = 0.6 * pack_of(100)[8] + 0.4 * pack_of(1)[8]
    np.testing.assert_allclose(np.concatenate([style.timbre, style.prosody]), expected, atol=1e-6)


def test_a_new_version_is_used_and_the_old_one_stays_reachable(create, store):
    create()
    pinned = store.canonical("小王")
    record = create(update=True)
    assert len(record.versions) == 2
    assert store.canonical("小王") != pinned
    np.testing.assert_array_equal(store.pack("小王"), pack_of(101))
    np.testing.assert_array_equal(store.pack(pinned), pack_of(100))


def test_the_same_style_is_the_same_version(library, store):
    first = library.mix("旁白", "zf_xiaoxiao:0.7+zm_yunxi:0.3").current.version
    second = library.mix("旁白二", "zf_xiaoxiao:7+zm_yunxi:3").current.version
    assert first == second
    np.testing.assert_array_equal(store.pack("旁白"), store.pack("zf_xiaoxiao:0.7+zm_yunxi:0.3"))
    assert library.show("旁白").current.consent is None


def test_a_mix_with_an_own_voice_keeps_its_consent(create, library):
    sources = create().current.consent.sources
    consent = library.mix("小王二", "own:小王:0.5+zf_xiaoxiao:0.5").current.consent
    assert consent.statement == STATEMENT and consent.sources == sources


def test_consent_is_stored_and_told(create):
    record = create()
    assert record.current.consent.statement == STATEMENT
    assert record.current.consent.sources == (record.current.sources[0].sha256,)
    told = "\n".join(report(record))
    assert STATEMENT in told and "0.50" in told and "0.70" in told and "0.90" in told
    assert "相似" in told and "similar" in told and "clone" not in told.lower() and "克隆" not in told


@pytest.mark.parametrize("consent", [None, "", "   ", "yes", "同意", "!!!!!!!!!!", "x" * 3000])
def test_no_voice_without_a_statement(create, library, consent):
    with pytest.raises(ControlError) as caught:
        create(consent=consent)
    assert caught.value.code == "consent_missing"
    assert library.list() == ()


@pytest.mark.parametrize("name", ["", "  ", "a+b", "a:b", "a@b", "../x", "a\nb", "x" * 61, "。", "own:小王"])
def test_names_that_cannot_be(create, name):
    with pytest.raises(ControlError) as caught:
        create(name)
    assert caught.value.code == "voice_name_invalid"


@pytest.mark.parametrize("name", ["小王", "ｘｉａｏｗａｎｇ", "XiaoWang", "zf_xiaoxiao", "zf_new", "晓晓"])
def test_names_that_are_taken(create, name):
    create()
    with pytest.raises(ControlError) as caught:
        create(name)
    assert caught.value.code == "voice_name_taken"


def test_different_names_with_one_pinyin_get_different_identifiers(create):
    assert [create(name).id for name in ("小王", "晓望", "小忘")] == ["xiaowang", "xiaowang-2", "xiaowang-3"]


def test_unknown_voice_lists_near_ones(create, library, store):
    create()
    for ask in (library.show, library.delete, library.export_bytes, lambda name: store.style("own:" + name, 5)):
        with pytest.raises(ControlError, match="xiaowang") as caught:
            ask("xiaowan")
        assert caught.value.code == "voice_unknown"
    with pytest.raises(ControlError) as caught:
        store.style("zf_xiaoxia", 5)
    assert caught.value.code == "voice_unknown"


def test_rename_keeps_the_identifier(create, library, store):
    create()
    library.rename("小王", "王老师")
    assert store.canonical("王老师") == store.canonical("own:xiaowang")
    with pytest.raises(ControlError):
        store.canonical("小王")
    library.rename("王老师", "王老师")


def test_delete_leaves_nothing(create, library, store):
    create()
    library.delete("小王")
    assert library.list() == () and "own:xiaowang" not in store.names()
    assert [entry.name for entry in library.directory.iterdir()] == [".lock"]


def test_processes_see_each_other(create, library):
    other = VoiceLibrary(library.directory)
    assert other.list() == ()
    create()
    assert [record.name for record in other.list()] == ["小王"]
    other.rename("小王", "老王")
    assert [record.name for record in library.list()] == ["老王"]


def test_many_at_once_lose_nothing(library):
    names = [f"声音{number}" for number in range(8)]
    threads = [threading.Thread(target=library.mix, args=(name, "zf_xiaoxiao")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(record.name for record in library.list()) == sorted(names)


def test_without_an_engine_nothing_is_made(tmp_path):
    with pytest.raises(FeatureMissingError):
        VoiceLibrary(tmp_path).mix("旁白", "zf_xiaoxiao")


def test_damaged_files_are_named_and_do_not_hide_the_others(create, library, store, caplog):
    create("小王"), create("小李")
    version = library.show("小王").current.version
    (library.directory / "xiaowang" / style_name(version)).write_bytes(b"\x93NUMPY" + b"x" * 100)
    (library.directory / "xiaoli" / "voice.json").write_text("{}", "utf-8")
    with pytest.raises(AssetDamagedError, match="xiaowang"):
        store.style("own:小王", 4)
    with pytest.raises(AssetDamagedError, match="xiaoli"):
        library.show("xiaoli")
    assert [record.id for record in library.list()] == ["xiaowang"]


def test_a_style_that_was_changed_is_refused(create, library):
    record = create()
    file = library.directory / record.id / style_name(record.current.version)
    np.save(file, pack_of(7))
    with pytest.raises(AssetDamagedError, match="content"):
        Shelf(library.directory).find("小王")


def test_the_record_on_disk_is_plain_json(create, library):
    record = create()
    data = json.loads((library.directory / record.id / "voice.json").read_text("utf-8"))
    assert data["name"] == "小王" and data["versions"][0]["consent"]["statement"] == STATEMENT


@pytest.mark.parametrize(
    ("before", "after", "ceiling", "word"),
    [(0.7, 0.8, 0.9, "50%"), (0.7, 0.7, 0.9, "no closer"), (0.7, 0.8, None, "similar voice"), (0.7, 0.95, 0.9, "100%")],
)
def test_the_verdict_promises_what_was_measured(before, after, ceiling, word):
    assert word in verdict(before, after, ceiling)
