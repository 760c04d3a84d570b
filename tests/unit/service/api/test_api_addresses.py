"""Models, voices, explanations, readers, batches, the reference, and what is not there."""

import base64
import io
import json
import zipfile

import pytest
import soundfile

from tts_engine.service.api import batch, legado
from tts_engine.service.api.names import MODEL

BATCH = "/v1/audio/speech/batch"


def test_models_are_listed_and_found(client):
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list" and listed["data"][0]["id"] == MODEL
    for model in listed["data"]:
        assert client.get(f"/v1/models/{model['id']}").json() == model
    missing = client.get("/v1/models/gpt-9")
    assert missing.status_code == 404 and missing.json()["error"]["code"] == "model_not_found"


def test_voices_are_listed_with_what_clients_need(client):
    listed = client.get("/v1/audio/voices").json()
    assert listed["object"] == "list"
    assert {"id": "zf_xiaoxiao", "name": "Xiaoxiao", "language": "zh"}.items() <= listed["data"][0].items()
    assert "alloy" in listed["data"][0]["aliases"]
    assert set(listed["aliases"].values()) <= {
        f"z{voice}"
        for voice in (
            ["f_xiaobei", "f_xiaoni", "f_xiaoxiao", "f_xiaoyi", "m_yunjian", "m_yunxi", "m_yunxia", "m_yunyang"]
        )
    }


CONSENT = "本人王小明同意用这些录音制作我的声音"


def test_a_voice_of_ones_own_is_made_with_consent_used_and_removed(client, engine):
    files = [("audio_sample", ("a.wav", b"RIFFa")), ("audio_sample", ("../b.wav", b"RIFFb"))]
    made = client.post("/v1/audio/voices", data={"name": "小明", "consent": CONSENT}, files=files)
    assert made.status_code == 200, made.text
    voice = made.json()["id"]
    assert engine.library.made["v0"][1][0] == ("a.wav", b"RIFFa")
    assert voice in [one["id"] for one in client.get("/v1/audio/voices").json()["data"]]
    spoken = client.post("/v1/audio/speech", json={"input": "好。", "voice": {"id": voice}, "response_format": "pcm"})
    assert spoken.status_code == 200
    assert client.delete(f"/v1/audio/voices/{voice}").json() == {"id": voice, "object": "voice", "deleted": True}
    assert client.delete(f"/v1/audio/voices/{voice}").status_code == 404
    assert client.delete("/v1/audio/voices/zf_xiaoxiao").json()["error"]["code"] == "voice_unknown"


def test_how_similar_a_voice_is_and_who_consented_is_told(client):
    form, files = {"name": "小明", "consent": CONSENT}, [("audio_sample", ("a.wav", b"RIFFa"))]
    made = client.post("/v1/audio/voices", data=form, files=files).json()
    assert made["consent"]["statement"] == CONSENT and made["consent"]["date"]
    assert made["figures"]["own_after"] == 0.7 and "4 秒" in made["notes"][0]
    assert any("相似" in line for line in made["report"]) and any(CONSENT in line for line in made["report"])
    assert client.get(f"/v1/audio/voices/{made['id']}").json() == made
    again = client.post("/v1/audio/voices", data={**form, "update": "true"}, files=files).json()
    assert again["id"] == made["id"] and again["versions"] == [made["version"], again["version"]]
    assert client.get("/v1/audio/voices/zf_xiaoxiao").json()["name"] == "Xiaoxiao"
    missing = client.get("/v1/audio/voices/own:nobody")
    assert missing.status_code == 404 and missing.json()["error"]["code"] == "voice_unknown"


@pytest.mark.parametrize(
    ("data", "has_file", "param"),
    [
        ({"name": "小明", "consent": CONSENT, "update": "perhaps"}, True, "update"),
        ({"name": "小明"}, True, "consent"),
        ({"name": "小明", "consent": "ok"}, True, "consent"),
        ({"name": "小明", "consent": CONSENT}, False, "audio_sample"),
        ({"name": "小明", "consent": CONSENT, "audio_sample": "/etc/passwd"}, False, "audio_sample"),
        ({"name": "小明", "consent": CONSENT, "path": "/etc/passwd"}, True, "path"),
    ],
)
def test_no_voice_without_consent_or_recordings(client, engine, data, has_file, param):
    files = [("audio_sample", ("a.wav", b"RIFF"))] if has_file else [("audio_sample", ("", b""))][:0]
    answer = client.post("/v1/audio/voices", data=data, files=files or None)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert not engine.library.made


def test_a_form_that_is_none_is_refused(client):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/v1/audio/voices", content=b"--y\r\n", headers=headers)
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/audio/speech", 405), ("POST", "/v1/audio/transcriptions", 404), ("DELETE", "/v1/models", 405)],
)
def test_other_addresses_and_methods_get_error_objects(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert (status == 405) == ("allow" in answer.headers)


def test_explain_answers_without_sound(client, engine):
    answer = client.post("/v1/explain", json={"input": "你好。", "emotion": "auto"})
    assert answer.json() == {"sentences": [{"spoken": "你好。"}]}
    assert not engine.rendered
    assert client.post("/v1/explain", json={"input": "好", "voice": "x"}).json()["error"]["param"] == "voice"


def test_a_reader_gets_mp3_at_its_own_scale_of_rates(client, engine):
    answer = client.get("/tts", params={"text": "你好。", "rate": "20", "voice": "alloy", "emotion": "温柔"})
    assert answer.status_code == 200 and answer.headers["content-type"] == "audio/mpeg"
    assert soundfile.info(io.BytesIO(answer.content)).format == "MP3"
    ((_, options),) = engine.calls
    assert (options.speed, options.voice, options.emotion) == (1.5, "zf_xiaoxiao", "温柔")


def test_rates_rise_without_a_step_and_stay_inside_what_the_engine_takes():
    rates = [5, 7.5, 10, 12, 30, 50]
    speeds = [legado.speed_of(str(rate)) for rate in rates]
    assert speeds == pytest.approx([0.5, 0.75, 1.0, 1.1, 2.0, 3.0])


@pytest.mark.parametrize("query", [{"rate": "4"}, {"rate": "fast"}, {"rate": "nan"}, {"speed": "1"}, {"text": ""}])
def test_wrong_readers_are_told(client, query):
    answer = client.get("/tts", params={"text": "你好。", **query})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == {"text": "input"}.get(next(iter(query)), next(iter(query)))


def test_the_source_for_legado_points_here(client):
    source = client.get("/tts/legado.json").json()
    assert source["url"] == "http://testserver/tts?text={{java.encodeURI(speakText)}}&rate={{speakSpeed}}"
    assert {"name", "url", "contentType", "concurrentRate", "header"} <= set(source)


def test_a_batch_as_json_keeps_order_and_options(client, engine):
    body = {
        "emotion": "悲伤",
        "response_format": "wav",
        "items": ["你好。", {"id": "b", "input": "再见。", "emotion_vector": [1, 0, 0, 0, 0, 0, 0, 0], "seed": 3}],
    }
    answer = client.post(BATCH, json=body).json()
    assert (answer["succeeded"], answer["failed"]) == (2, 0)
    assert [(entry["index"], entry["id"], entry["status"]) for entry in answer["data"]] == [
        (0, "000", "succeeded"),
        (1, "b", "succeeded"),
    ]
    assert all(base64.b64decode(entry["audio"])[:4] == b"RIFF" for entry in answer["data"])
    assert engine.calls[0][1].emotion == "悲伤" and engine.calls[1][1].seed == 3
    assert engine.calls[1][1].emotion == [1, 0, 0, 0, 0, 0, 0, 0]


def test_a_batch_as_zip_tells_of_what_failed(client, engine):
    engine.fails_at = "坏。"
    items = [{"id": "good", "input": "你好。"}, {"id": "bad", "input": "坏。"}, {"id": "subs", "input": "好。"}]
    items[2]["response_format"] = "srt"
    answer = client.post(BATCH, json={"answer": "zip", "items": items})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["good.mp3", "subs.srt", "manifest.json"]
        manifest = json.loads(archive.read("manifest.json"))
    assert [entry["status"] for entry in manifest["data"]] == ["succeeded", "failed", "succeeded"]
    assert manifest["data"][1]["error"]["code"] == "synthesis_failed"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "items"),
        ({"items": []}, "items"),
        ({"items": ["好"] * (batch.MAX_ITEMS + 1)}, "items"),
        ({"items": ["好", ""]}, "items[1].input"),
        ({"items": ["好", 3]}, "items[1].item"),
        ({"items": [{"input": "好", "speed": 9}]}, "items[0].speed"),
        ({"items": [{"input": "好", "id": "../x"}]}, "items[0].id"),
        ({"items": [{"input": "好", "id": "a"}, {"input": "好", "id": "a"}]}, "items[1].id"),
        ({"items": [{"input": "好", "stream_format": "sse"}]}, "items[0].stream_format"),
        ({"items": ["字" * 60, "字" * 60]}, "items"),
        ({"items": ["好"], "answer": "tar"}, "answer"),
        ({"items": ["好"], "inputs": []}, "inputs"),
    ],
)
def test_a_wrong_batch_is_refused_before_anything_is_rendered(client, engine, body, param):
    answer = client.post(BATCH, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert not engine.rendered


def test_the_reference_needs_nothing_from_elsewhere(client):
    answer = client.get("/docs")
    assert answer.status_code == 200
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in answer.text
    assert "emotion_intensity" in answer.text and "curl http://testserver/v1/audio/speech" in answer.text
    assert "src=" not in answer.text and "//cdn" not in answer.text


def test_what_the_document_promises_is_there(client):
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/audio/speech",
        "/v1/audio/speech/batch",
        "/v1/audio/voices",
        "/v1/audio/voices/{voice}",
        "/v1/models",
        "/v1/models/{model}",
        "/v1/explain",
        "/tts",
        "/tts/legado.json",
    }
