"""Who gets in, and how much they may bring: the middlewares around a small application."""

import asyncio
import json
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, WebSocket
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tts_engine.errors import BusyError, ConfigError
from tts_engine.service import limits
from tts_engine.service.guard import Guard, Sessions, client_of, is_loopback, needs_keys, protect, refuse_without_keys
from tts_engine.service.keys import KeyFile
from tts_engine.service.limits import BodyLimit, RateLimit
from tts_engine.service.metrics import Metrics
from tts_engine.settings import Settings

OURS = "http://127.0.0.1:7860"


def client_for(tmp_path, base_url=OURS, **settings):
    app = FastAPI()
    deployment = Settings(data=tmp_path, **settings)
    metrics = Metrics()
    protect(app, deployment, metrics)

    @app.get("/health")
    async def health():
        return {}

    @app.get("/tts")
    @app.get("/who")
    async def who(request: Request):
        return {"client": client_of(request.scope)}

    @app.post("/take")
    async def take(request: Request):
        return {"bytes": len(await request.body())}

    @app.websocket("/live")
    async def live(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text(client_of(websocket.scope))
        await websocket.close()

    client = TestClient(app, base_url=base_url)
    client.metrics = metrics
    return client


@pytest.fixture
def local(tmp_path):
    return client_for(tmp_path)


@pytest.fixture
def secret(tmp_path):
    return KeyFile(tmp_path).create("phone")[1]


@pytest.fixture
def public(tmp_path, secret):
    return client_for(tmp_path, "http://192.168.1.5:7860", host="0.0.0.0")


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.5", False), ("example.org", False)],
)  # fmt: skip
def test_what_is_the_loopback(host, expected):
    assert is_loopback(host) is expected
    assert needs_keys(Settings(host=host)) is not expected


def test_no_start_without_keys_where_others_reach_it(tmp_path):
    refuse_without_keys(Settings(data=tmp_path), KeyFile(tmp_path))
    for deployment in (Settings(host="0.0.0.0"), Settings(require_keys=True)):
        with pytest.raises(ConfigError, match="tts-engine keys create"):
            refuse_without_keys(deployment, KeyFile(tmp_path))
    KeyFile(tmp_path).create("a")
    refuse_without_keys(Settings(host="0.0.0.0"), KeyFile(tmp_path))
    KeyFile(tmp_path).revoke("a")
    with pytest.raises(ConfigError):
        refuse_without_keys(Settings(host="0.0.0.0"), KeyFile(tmp_path))


def test_the_loopback_needs_no_key(local):
    assert local.get("/who").json() == {"client": "local"}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "[::1", "127.0.0.1@evil", "[]"]
)
def test_a_rebound_name_is_refused(local, host):
    answer = local.get("/who", headers={"Host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "host_not_allowed")


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1", "[::1]:7860", "LOCALHOST"])
def test_our_own_names_are_answered(local, host):
    assert local.get("/who", headers={"Host": host}).status_code == 200


def test_a_name_behind_a_proxy_can_be_allowed(tmp_path):
    client = client_for(tmp_path, allowed_hosts=("tts.example.org",))
    headers = {"Host": "tts.example.org", "Origin": "https://tts.example.org"}
    assert client.post("/take", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:7860", "http://[", ""]
)
def test_pages_of_other_origins_are_refused(local, origin):
    answer = local.post("/take", content=b"{}", headers={"Origin": origin, "Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed")
    with pytest.raises(WebSocketDisconnect), local.websocket_connect("/live", headers={"Origin": origin}):
        pass


def test_a_player_in_a_foreign_page_is_refused_but_a_link_is_followed(local):
    fetched = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert local.get("/tts?text=x", headers=fetched).status_code == 403
    assert local.get("/who", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_our_own_page_may_ask(local):
    assert local.post("/take", headers={"Origin": OURS}).status_code == 200


def test_cors_is_off_unless_a_site_is_named(tmp_path):
    asking = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    closed = client_for(tmp_path).options("/take", headers=asking)
    assert closed.status_code == 403 and "access-control-allow-origin" not in closed.headers
    open_to_one = client_for(tmp_path, cors_origins=("https://app.example",))
    allowed = open_to_one.options("/take", headers=asking)
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert open_to_one.post("/take", headers={"Origin": "https://app.example"}).status_code == 200
    assert open_to_one.post("/take", headers={"Origin": "https://other.example"}).status_code == 403


def test_elsewhere_everything_but_health_needs_a_key(public, secret):
    assert public.get("/health").status_code == 200
    for wrong in ({}, bearer("tts_00000000_" + "a" * 43), {"Authorization": "Basic dHRz"}, {"X-API-Key": "x"}):
        for method, path in (("GET", "/who"), ("POST", "/take"), ("GET", "/metrics"), ("GET", "/nothing")):
            answer = public.request(method, path, headers=wrong)
            assert answer.status_code == 401, (method, path)
            assert answer.json()["error"]["type"] == "authentication_error"
            assert "Bearer" in answer.headers["www-authenticate"]
    key_id = secret.split("_")[1]
    assert public.get("/who", headers=bearer(secret)).json() == {"client": key_id}
    assert public.get("/who", headers={"X-API-Key": secret}).json() == {"client": key_id}


def test_a_live_session_needs_a_key_too(public, secret):
    with pytest.raises(WebSocketDisconnect), public.websocket_connect("/live"):
        pass
    with public.websocket_connect("/live", headers=bearer(secret)) as session:
        assert session.receive_text() == secret.split("_")[1]


def test_a_key_is_never_read_from_the_address(public, secret):
    assert public.get(f"/who?key={secret}&api_key={secret}").status_code == 401


def test_people_sign_in_once_and_a_revoked_key_ends_it(public, secret, tmp_path):
    asked = public.get("/who", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/login")
    assert "default-src 'none'" in public.get("/login").headers["content-security-policy"]
    wrong = public.post("/login", data={"key": "<script>"})
    assert wrong.status_code == 401 and "<script>" not in wrong.text
    entered = public.post("/login", data={"key": secret}, follow_redirects=False)
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and secret.lower() not in cookie
    assert public.get("/who").status_code == 200
    KeyFile(tmp_path).revoke("phone")
    assert public.get("/who").status_code == 401


def test_a_session_cannot_be_forged_and_ends():
    now_s = [1000.0]
    sessions = Sessions(7860, clock=lambda: now_s[0])
    value = sessions.open("ab12")
    assert sessions.read(value) == "ab12"
    assert Sessions(7860, clock=lambda: now_s[0]).read(value) is None
    for forged in ("", "..", value[:-1], "ffff" + value[4:], value.replace(".", ".9", 1), "ab12.99999999999.", "☃.1.2"):
        assert sessions.read(forged) is None
    now_s[0] += 31 * 24 * 3600
    assert sessions.read(value) is None


def test_a_key_has_its_rate(tmp_path):
    _, secret = KeyFile(tmp_path).create("phone", requests_per_minute=2)
    client = client_for(tmp_path, "http://192.168.1.5", host="0.0.0.0")
    statuses = [client.post("/take", headers=bearer(secret)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = client.get("/tts", headers=bearer(secret))
    assert refused.json()["error"]["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert client.get("/who", headers=bearer(secret)).status_code == 200  # reading is not work
    other = KeyFile(tmp_path).create("other")[1]
    assert client.post("/take", headers=bearer(other)).status_code == 200


def test_tokens_flow_back_with_time():
    now_s = [0.0]
    rate = RateLimit(clock=lambda: now_s[0])
    for _ in range(60):
        rate.take("a", 60)
    with pytest.raises(BusyError):
        rate.take("a", 60)
    now_s[0] += 1.0
    rate.take("a", 60)
    now_s[0] += 3600.0
    for _ in range(60):
        rate.take("a", 60)
    with pytest.raises(BusyError):
        rate.take("a", 60)


def test_safe_headers_are_on_every_answer(local):
    for answer in (local.get("/who"), local.get("/who", headers={"Host": "evil"}), local.get("/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"


def test_a_large_body_is_refused_before_it_is_read(tmp_path):
    asked_for_more = []

    async def receive():
        asked_for_more.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    sent = []

    async def send(message):
        sent.append(message)

    async def app(scope, receive, send):
        raise AssertionError("reached")

    scope = {"type": "http", "headers": [(b"content-length", b"2000000")], "path": "/", "method": "POST"}
    asyncio.run(BodyLimit(app, 1_000_000, 5_000_000)(scope, receive, send))
    assert sent[0]["status"] == 413 and not asked_for_more
    assert json.loads(sent[1]["body"])["error"]["code"] == "request_too_large"


def test_bodies_up_to_the_limit_pass_and_uploads_have_their_own(tmp_path):
    client = client_for(tmp_path, max_body_mb=1, max_upload_mb=2)
    assert client.post("/take", content=b"x" * 1_000_000).json() == {"bytes": 1_000_000}
    assert client.post("/take", content=b"x" * 1_000_001).status_code == 413
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/take", content=b"x" * 1_500_000, headers=form).status_code == 200
    assert client.post("/take", content=b"x" * 2_500_000, headers=form).status_code == 413
    assert b'tts_errors_total{code="request_too_large"} 2.0' in client.metrics.text()


def test_a_body_of_unknown_length_is_counted_as_it_comes(tmp_path):
    client = client_for(tmp_path, max_body_mb=1)
    sent = []

    def parts():
        for _ in range(100):
            sent.append(1)
            yield b"x" * 100_000

    assert client.post("/take", content=parts()).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e9", "９", "99999999999999999999999999", " 5", "0x10"])
def test_a_strange_length_is_no_way_around(tmp_path, length):
    sent = []

    async def send(message):
        sent.append(message)

    async def app(scope, receive, send):
        raise AssertionError("reached")

    scope = {"type": "http", "headers": [(b"content-length", length.encode())], "path": "/", "method": "POST"}
    asyncio.run(BodyLimit(app, 1_000_000, 5_000_000)(scope, None, send))
    assert sent[0]["status"] == 413


def test_a_body_that_stops_coming_is_given_up(monkeypatch):
    monkeypatch.setattr(limits, "BODY_PATIENCE_S", 0.02)
    seen = []

    async def receive():
        await asyncio.sleep(60)

    async def app(scope, receive, send):
        seen.append(await receive())

    scope = {"type": "http", "headers": [], "path": "/", "method": "POST"}
    asyncio.run(BodyLimit(app, 10, 10)(scope, receive, None))
    assert seen == [{"type": "http.disconnect"}]


def test_refusals_and_routes_are_counted_without_what_the_client_wrote(local):
    local.get("/who")
    for number in range(50):
        local.get(f"/nothing/{number}")
        local.get("/who", headers={"Host": f"evil{number}.example"})
        local.request(f"ODD{number}", "/who")
    text = local.metrics.text().decode()
    assert 'tts_http_requests_total{method="GET",route="/who",status="200"} 1.0' in text
    assert 'tts_errors_total{code="host_not_allowed"} 50.0' in text
    assert "nothing" not in text and "evil" not in text and "ODD" not in text


NAMES = [b"host", b"origin", b"cookie", b"authorization", b"x-api-key", b"sec-fetch-site", b"sec-fetch-mode", b"accept"]
PIECES = st.sampled_from(
    [b"127.0.0.1", b"localhost", b"[", b"]", b":", b"@", b"//", b"http://", b"Bearer ", b"tts_", b"tts_session_7860=",
     b".", b";", b'"', b"\xff", b"\x00", b"%", b"cross-site", b"navigate", b"text/html", b"0" * 20],
)  # fmt: skip
VALUES = st.one_of(st.binary(max_size=40), st.lists(PIECES, max_size=6).map(b"".join))


METRICS = Metrics()


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.booleans())
def test_no_header_breaks_the_door(headers, is_public):
    reached, sent = [], []

    async def app(scope, receive, send):
        reached.append(scope)

    async def send(message):
        sent.append(message)

    deployment = Settings(host="0.0.0.0" if is_public else "127.0.0.1")
    keys = KeyFile(Path("no", "data"))
    guard = Guard(app, deployment, keys, Sessions(7860), METRICS)
    scope = {"type": "http", "method": "GET", "path": "/who", "headers": list(headers.items())}
    asyncio.run(guard(scope, None, send))
    if is_public:
        assert not reached and sent[0]["status"] in (303, 401, 403)  # there is no key
    else:
        assert bool(reached) != bool(sent)
