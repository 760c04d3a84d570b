"""The official client of OpenAI against a server with the real weights."""

import base64
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
from fastapi import FastAPI

from serving import served
from tts_engine.options import SynthesisOptions
from tts_engine.service.api import faults
from tts_engine.service.api.router import build_router
from tts_engine.service.api.work import Deployment
from tts_engine.service.desk import Desk
from tts_engine.service.engine import EngineHolder
from tts_engine.settings import Settings

openai = pytest.importorskip("openai", reason="the openai package is in the test group: pip install --group test")
uvicorn = pytest.importorskip("uvicorn")

pytestmark = pytest.mark.e2e

SHORT = "你好，很高兴见到你。"
LONG = "窗外下着大雨，街上的行人都撑着伞匆匆走过，只有他一个人站在原地。他在等谁？"
RATE = 24_000


@pytest.fixture(scope="module")
def base_url(synthesizer, tmp_path_factory):
    settings = Settings(outputs=tmp_path_factory.mktemp("api"), queue_size=16)
    app = FastAPI(title="tts-engine", docs_url=None, redoc_url=None)  # without the page, which test_page.py looks at
    faults.install(app)
    app.include_router(build_router(Deployment(settings, EngineHolder(lambda _progress: synthesizer), Desk(settings))))
    with served(app) as address:
        yield f"{address}/v1"


@pytest.fixture(scope="module")
def client(base_url):
    with openai.OpenAI(base_url=base_url, api_key="any", max_retries=0, timeout=120) as client:
        yield client


def speak(client, text=SHORT, voice="alloy", response_format="pcm", **more):
    return client.audio.speech.create(
        model="tts-1", voice=voice, input=text, response_format=response_format, **more
    ).content


def pcm(data):
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


@pytest.fixture(scope="module")
def whole(synthesizer):
    return synthesizer.synthesize(SHORT, SynthesisOptions()).waveform


def test_pcm_is_what_python_gives(client, whole):
    np.testing.assert_allclose(pcm(speak(client)), whole, atol=1.01 / 32768)


@pytest.mark.parametrize("name", ["mp3", "opus", "flac", "wav", "aac"])
def test_each_format_decodes_to_the_same_speech(client, whole, name):
    data = speak(client, response_format=name)
    if name == "aac":
        av = pytest.importorskip("av", reason="aac needs the extra [aac]")
        with av.open(io.BytesIO(data)) as container:
            frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
            rate = container.streams.audio[0].rate
        heard = np.concatenate(frames)
    else:
        heard, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert len(heard) / rate == pytest.approx(len(whole) / RATE, abs=0.15)
    level = 20 * np.log10(np.sqrt(np.mean(heard**2)) / np.sqrt(np.mean(whole**2)))
    assert abs(level) < 1.0


def test_sound_arrives_before_the_text_is_finished(client):
    arrivals = []
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=LONG, response_format="pcm"
    ) as answer:
        for block in answer.iter_bytes(4096):
            arrivals.append((time.perf_counter(), len(block)))
    seconds = sum(size for _, size in arrivals) / 2 / RATE
    assert seconds > 5
    assert len({round(at, 1) for at, _ in arrivals}) >= 3  # not all at once


def test_streamed_events_joined_are_the_file(client, base_url):
    import httpx

    body = {"input": LONG, "response_format": "pcm", "stream_format": "sse", "timestamps": "character"}
    answer = httpx.post(f"{base_url}/audio/speech", json=body, timeout=120).text
    events = [json.loads(line[6:]) for line in answer.splitlines() if line.startswith("data: ")]
    sound = b"".join(base64.b64decode(event["audio"]) for event in events if event["type"] == "speech.audio.delta")
    assert sound == speak(client, LONG)
    rows = [row for event in events if event["type"] == "speech.audio.timestamps" for row in event["sentences"]]
    assert "".join(character["text"] for row in rows for character in row["characters"]) == LONG
    assert len(rows) > 2  # the first sentence came in parts
    assert events[-1]["usage"]["audio_s"] == pytest.approx(len(sound) / 2 / RATE, abs=1e-3)


def test_emotion_by_extra_body_and_by_instructions(client, whole):
    sad = pcm(speak(client, extra_body={"emotion": "悲伤", "emotion_intensity": 1.0}))
    slow = pcm(speak(client, instructions="温柔一点，慢慢说"))
    assert len(sad) != len(whole) and len(slow) > 1.05 * len(whole)


def test_errors_are_the_clients_own(client):
    with pytest.raises(openai.BadRequestError) as wrong:
        speak(client, extra_body={"emotoin": "sad"})
    assert (wrong.value.param, wrong.value.code, wrong.value.type) == (
        "emotoin",
        "field_unknown",
        "invalid_request_error",
    )
    assert "emotion" in wrong.value.message
    with pytest.raises(openai.BadRequestError) as wrong:
        speak(client, voice="zf_xiaoxia")
    assert wrong.value.param == "voice" and "zf_xiaoxiao" in wrong.value.message
    with pytest.raises(openai.NotFoundError):
        client.audio.speech.create(model="whisper-1", voice="alloy", input=SHORT)
    with pytest.raises(openai.BadRequestError):
        speak(client, text="")


def test_models_and_voices_are_listed(client, base_url):
    import httpx

    assert "tts-1" in [model.id for model in client.models.list()]
    voices = httpx.get(f"{base_url}/audio/voices", timeout=60).json()["data"]
    assert {"zf_xiaoxiao", "zm_yunxi"} <= {voice["id"] for voice in voices}


def test_texts_at_the_same_time_are_not_mixed(client):
    texts = ["一。", "二二。", "三三三。", "四四四四。", "五五五五五。", "六六六六六六。"]
    alone = [speak(client, text) for text in texts]
    with ThreadPoolExecutor(len(texts)) as pool:
        together = list(pool.map(lambda text: speak(client, text), texts))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(pcm(one), pcm(other), atol=2e-3)
