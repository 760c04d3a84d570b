"""The speech endpoint: what clients send, what they get, and how they are refused."""

import base64
import io
import json
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile
from fake_synthesizer import RATE, to_pcm16, tone_of

from tts_engine.audio.verifying import verify
from tts_engine.options import KNOBS
from tts_engine.service.api import schema
from tts_engine.service.api.names import VOICE_ALIASES
from tts_engine.service.api.recordings import RECORDINGS

SPEECH = "/v1/audio/speech"


def ask(client, **fields):
    return client.post(SPEECH, json={"model": "tts-1", "input": "你好。再见。", "voice": "zf_xiaoxiao", **fields})


def error_of(answer, status=400):
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error"}
    assert {"message", "type", "param", "code"} <= set(body["error"])
    return body["error"]


def events_of(answer):
    for block in answer.text.strip().split("\n\n"):
        name, data = (line.partition(": ")[2] for line in block.split("\n"))
        event = json.loads(data)
        assert event["type"] == name
        yield event


@pytest.mark.parametrize("name", ["mp3", "opus", "flac", "wav", "ogg"])
def test_each_format_is_what_its_name_says(client, name):
    answer = ask(client, response_format=name)
    assert answer.status_code == 200
    with soundfile.SoundFile(io.BytesIO(answer.content)) as sound:
        kinds = {"mp3": "MP3", "flac": "FLAC", "wav": "WAV", "opus": "OGG", "ogg": "OGG"}
        assert sound.format == kinds[name]
        assert (sound.subtype == "OPUS") == (name == "opus")
        heard = sound.read(dtype="float32")
    assert len(heard) / sound.samplerate == pytest.approx(0.4, abs=0.08)
    assert answer.headers["content-type"].startswith("audio/")


@pytest.mark.parametrize("name", ["mp3", "opus", "flac", "wav", "ogg"])
def test_each_answer_says_that_ai_made_it(client, name):
    verdicts = [verify(io.BytesIO(ask(client, response_format=name).content)) for _ in range(2)]
    assert [verdict.state for verdict in verdicts] == ["ours", "ours"]
    assert verdicts[0].fields["ProduceID"] != verdicts[1].fields["ProduceID"]


def test_pcm_is_24_khz_16_bit_of_exactly_the_chunks(client):
    answer = ask(client, response_format="pcm")
    expected = np.concatenate([tone_of("你好。"), tone_of("再见。")])
    assert answer.content == to_pcm16(expected)
    assert len(answer.content) == 2 * round(0.4 * RATE)


def test_mp3_is_the_default(client):
    assert ask(client).headers["content-type"] == "audio/mpeg"


def test_events_carry_the_same_bytes_and_the_usage(client):
    whole = ask(client, response_format="pcm").content
    *deltas, done = events_of(ask(client, response_format="pcm", stream_format="sse"))
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == whole
    assert len(deltas) == 2
    assert done["type"] == "speech.audio.done"
    assert done["usage"] == {"input_tokens": 6, "output_tokens": 16, "total_tokens": 22, "audio_s": 0.4}


def test_events_tell_times_as_they_come(client):
    events = list(events_of(ask(client, response_format="pcm", stream_format="sse", timestamps="word")))
    assert [event["type"].rpartition(".")[2] for event in events] == ["delta", "timestamps"] * 2 + ["done"]
    sentences = [row for event in events if "sentences" in event for row in event["sentences"]]
    assert [row["text"] for row in sentences] == ["你好。", "再见。"]
    assert sentences[1]["begin"] == 3 and sentences[1]["words"][0]["begin_s"] == pytest.approx(0.2)


@pytest.mark.parametrize(("detail", "inside"), [("sentence", None), ("word", "words"), ("character", "characters")])
def test_times_come_beside_the_sound_as_json(client, detail, inside):
    body = ask(client, response_format="flac", timestamps=detail).json()
    assert base64.b64decode(body["audio"])[:4] == b"fLaC"
    assert [row["text"] for row in body["sentences"]] == ["你好。", "再见。"]
    assert set(body["sentences"][0]) - {"text", "begin", "end", "begin_s", "end_s"} == ({inside} if inside else set())


def test_subtitles_can_be_had_alone(client):
    assert ask(client, response_format="vtt").text.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert "00:00:00,200 --> 00:00:00,400" in ask(client, response_format="srt").text
    assert ask(client, response_format="lrc").text.startswith("[00:00.00]你好")
    assert error_of(ask(client, response_format="srt", timestamps="word"))["param"] == "response_format"


def test_warnings_are_told(client):
    *_, done = events_of(ask(client, input="☃。", stream_format="sse", response_format="pcm"))
    assert "☃" in done["warnings"][0]


def test_every_knob_is_a_field_and_reaches_the_engine(client, engine):
    values = {
        "emotion_intensity": 0.4,
        "context": "off",
        "speed": 1.25,
        "pitch_shift_st": -1.5,
        "volume_db": 2.0,
        "pause_scale": 0.5,
        "emotion_reader": "words",
        "loudness_lufs": -18.0,
        "seed": 42,
    }
    of_references = {name for name in KNOBS if name.startswith("ref")}
    assert set(values) == set(KNOBS) - {"voice", "emotion", "format"} - of_references
    assert ask(client, emotion="悲伤", **values).status_code == 200
    ((_, options),) = engine.calls
    assert options.emotion == "悲伤"
    assert {name: getattr(options, name) for name in values} == values


@pytest.mark.parametrize("emotion", ["sad 0.6 + angry 0.3", [0, 0, 1, 0, 0, 0, 0, 0], {"sad": 0.5}])
def test_emotion_in_any_form(client, engine, emotion):
    assert ask(client, emotion=emotion).status_code == 200
    assert engine.calls[0][1].emotion == emotion


def test_a_vector_under_its_own_name(client, engine):
    vector = [0, 0, 1, 0, 0, 0, 0, 0]
    assert ask(client, emotion_vector=vector).status_code == 200
    assert engine.calls[0][1].emotion == vector
    assert error_of(ask(client, emotion_vector=vector, emotion="sad"))["param"] == "emotion_vector"


@pytest.mark.parametrize("voice", ["alloy", {"id": "zf_xiaoxiao"}, {"id": "alloy"}, "zf_xiaoxiao", None])
def test_voices_by_openais_name_by_id_and_by_default(client, engine, voice):
    assert ask(client, voice=voice).status_code == 200
    assert engine.calls[0][1].voice == "zf_xiaoxiao"


def test_all_of_openais_voices_are_known():
    named = "alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar"
    assert set(VOICE_ALIASES) == set(named.split())


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"speeed": 1}, "speeed", "field_unknown"),
        ({"format": "wav"}, "format", "field_unknown"),
        ({"speed": 5}, "speed", "option_invalid"),
        ({"speed": "fast"}, "speed", "option_invalid"),
        ({"speed": True}, "speed", "option_invalid"),
        ({"seed": 1.5}, "seed", "option_invalid"),
        ({"voice": "nobody"}, "voice", "voice_unknown"),
        ({"voice": 3}, "voice", "option_invalid"),
        ({"voice": {"id": "zf_xiaoxiao", "x": 1}}, "voice", "option_invalid"),
        ({"response_format": "mp4"}, "response_format", "option_invalid"),
        ({"response_format": ["mp3"]}, "response_format", "option_invalid"),
        ({"stream_format": "ws"}, "stream_format", "option_invalid"),
        ({"timestamps": "phoneme"}, "timestamps", "option_invalid"),
        ({"language": "ja"}, "language", "option_invalid"),
        ({"emotion_vector": "sad"}, "emotion_vector", "option_invalid"),
        ({"lexicon": {"重庆": 3}}, "lexicon", "option_invalid"),
        ({"lexicon": {"重庆": "/@@@/"}}, "lexicon", "lexicon_invalid"),
        ({"input": ""}, "input", "text_empty"),
        ({"input": " \n"}, "input", "text_empty"),
        ({"input": None}, "input", "text_empty"),
        ({"input": 5}, "input", "text_empty"),
        ({"input": "字" * 101}, "input", "text_too_long"),
    ],
)
def test_wrong_fields_are_named_and_never_rendered(client, engine, fields, param, code):
    error = error_of(ask(client, **fields))
    assert (error["param"], error["code"], error["type"]) == (param, code, "invalid_request_error")
    assert not engine.rendered


def test_an_unknown_field_or_emotion_hints_at_what_was_meant(client):
    assert "speed" in error_of(ask(client, speeed=1))["message"]
    assert "response_format" in error_of(ask(client, format="wav"))["message"]
    assert "emotion" in error_of(ask(client, emotion="saad"))["message"]


def test_another_model_is_not_found(client):
    error = error_of(ask(client, model="whisper-1"), 404)
    assert (error["param"], error["code"]) == ("model", "model_not_found")


def test_instructions_in_plain_words(client, engine):
    assert ask(client, instructions="温柔一点，慢慢说").status_code == 200
    ((_, options),) = engine.calls
    assert options.speed < 1 and "gentle" in str(options.emotion)
    assert error_of(ask(client, instructions=3))["param"] == "instructions"


def test_what_was_not_understood_in_instructions_is_told(client):
    fields = {"instructions": "悲伤，像一只紫色的茶壶"}
    *_, done = events_of(ask(client, stream_format="sse", response_format="pcm", **fields))
    assert any("茶壶" in warning for warning in done["warnings"])
    told = json.loads(unquote(ask(client, **fields).headers["X-TTS-Warnings"]))
    assert told == done["warnings"]


def test_a_path_is_never_taken_for_a_recording(client, engine):
    for name in RECORDINGS:
        for value in ("/etc/passwd", "cache_hub", "http://localhost/x.wav", {"a": "/etc/passwd"}, 3, ""):
            answer = ask(client, **{name: value})
            error = error_of(answer, answer.status_code)
            assert answer.status_code == 400
            assert error["param"].startswith(name) and "/etc" not in error["message"]
    assert not engine.calls


def test_a_recording_arrives_as_its_bytes(client, engine):
    data = bytes(range(256))
    encoded = base64.b64encode(data).decode()
    for sent in (encoded, f"data:audio/wav;base64,{encoded}"):
        assert ask(client, ref_audio=sent, references={"her": sent}, ref_strength=0.5).status_code == 200
        options = engine.calls[-1][1]
        assert (options.ref_audio, options.references, options.ref_strength) == (data, {"her": data}, 0.5)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"input": NaN}',
        b'{"input": "a", "speed": Infinity}',
        b"\xff\xfe",
        b'{"input": "\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_object_is_refused(client, raw):
    answer = client.post(SPEECH, content=raw, headers={"Content-Type": "application/json"})
    assert error_of(answer)["code"] == "json_invalid"


def test_a_body_without_end_is_cut_off(client):
    error = error_of(client.post(SPEECH, content=b" " * (17 * 1024 * 1024)), 413)
    assert error["code"] == "body_too_large"


def test_a_failure_before_the_first_sound_has_its_status(client, engine):
    engine.fails_at = "你好。"
    assert error_of(ask(client), 500)["type"] == "server_error"
    assert error_of(ask(client, stream_format="sse"), 500)["code"] == "synthesis_failed"


def test_a_failure_later_is_an_event(client, engine):
    engine.fails_at = "再见。"
    first, last = events_of(ask(client, stream_format="sse", response_format="pcm"))
    assert first["type"] == "speech.audio.delta"
    assert last["type"] == "error" and last["error"]["code"] == "synthesis_failed"


def test_a_surprise_is_an_error_object_without_its_details(client, engine):
    engine.stream = None
    error = error_of(ask(client), 500)
    assert error["code"] == "internal_error" and "NoneType" not in error["message"]


def test_the_schema_lists_every_field_that_is_read(client):
    document = client.get("/openapi.json").json()
    operation = document["paths"][SPEECH]["post"]
    described = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(described) == set(schema.FIELDS)
    for example in schema.EXAMPLES.values():
        assert client.post(SPEECH, json=example["value"]).status_code == 200
