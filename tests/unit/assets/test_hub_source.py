"""The model hub over HTTP: resuming, and refusing what was not pinned."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tts_engine.assets.hub_source import HubSource
from tts_engine.assets.progress import Tracker
from tts_engine.assets.sources import FetchJob, SourceError
from tts_engine.assets.staging import Staging

from .conftest import TinyModel


@dataclass
class Server:
    """What the server has and how it misbehaves."""

    files: dict[str, bytes]
    drops: list[int] = field(default_factory=list)  # per answer: cut after so many bytes
    statuses: list[int] = field(default_factory=list)  # per answer: say this instead
    ignores_range: bool = False
    redirects: bool = False
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def server(tiny: TinyModel) -> Iterator[Server]:
    prefix = "/nobody/tiny/resolve/abc123/"
    state = Server({f"{prefix}{path}": data for path, data in tiny.files.items() if path.startswith("voices/")})

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append((self.path, self.headers.get("Range")))
            if state.redirects and not self.path.startswith("/cdn"):
                self.send_response(302)
                self.send_header("Location", "/cdn" + self.path)
                self.end_headers()
                return
            status = state.statuses.pop(0) if state.statuses else None
            data = state.files.get(self.path.removeprefix("/cdn"))
            if status or data is None:
                self.send_error(status or 404)
                return
            begin = 0
            if (wish := self.headers.get("Range")) and not state.ignores_range:
                begin = int(wish.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(data) - begin))
            self.end_headers()
            cut = state.drops.pop(0) if state.drops else None
            self.wfile.write(data[begin:] if cut is None else data[begin:][:cut])
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        state.address = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield state
        httpd.shutdown()
        thread.join()


@pytest.fixture
def job(tmp_path: Path, tiny: TinyModel) -> FetchJob:
    return FetchJob(tiny.manifest, tiny.manifest.files[2:], Staging(tmp_path / "staging"), Tracker(None))


def source_at(server: Server) -> HubSource:
    return HubSource(server.address + "/", sleep=lambda seconds: None)


def test_every_offered_file_arrives(server: Server, job: FetchJob) -> None:
    source_at(server).fetch(job)
    assert job.missing() == {}
    assert len(server.requests) == 3


@pytest.mark.parametrize("redirects", [False, True])
def test_a_dropped_connection_is_resumed_where_it_broke(server: Server, job: FetchJob, redirects: bool) -> None:
    server.drops, server.redirects = [1000, 500], redirects
    source_at(server).fetch(job)
    assert job.missing() == {}
    first = [wish for path, wish in server.requests if path.endswith("v0.bin")]
    assert list(dict.fromkeys(first)) == [None, "bytes=1000-", "bytes=1500-"]


def test_a_server_without_ranges_begins_again(server: Server, job: FetchJob) -> None:
    server.drops, server.ignores_range = [1000], True
    source_at(server).fetch(job)
    assert job.missing() == {}


def test_a_half_file_of_an_earlier_run_is_continued(server: Server, job: FetchJob, tiny: TinyModel) -> None:
    piece = next(iter(job.missing().values()))
    job.staging.directory.mkdir()
    job.staging.partial(piece).write_bytes(tiny.pieces[piece.sha256][:700])
    source_at(server).fetch(job)
    assert job.missing() == {}
    assert server.requests[0][1] == "bytes=700-"


@pytest.mark.parametrize("rubbish", [b"?" * 700, b"?" * 4005, b"?" * 9000])
def test_a_spoilt_half_file_is_thrown_away(server: Server, job: FetchJob, rubbish: bytes) -> None:
    piece = next(iter(job.missing().values()))
    job.staging.directory.mkdir()
    job.staging.partial(piece).write_bytes(rubbish)
    source_at(server).fetch(job)
    assert job.missing() == {}


def test_another_file_under_the_pinned_name_is_refused(server: Server, job: FetchJob) -> None:
    path = next(iter(server.files))
    server.files[path] = b"!" * len(server.files[path])
    with pytest.raises(SourceError, match=r"v0\.bin: SHA-256 .* pinned is"):
        source_at(server).fetch(job)
    assert [p for p in job.staging.directory.iterdir() if p.is_file()] == []


def test_another_size_is_refused_before_it_is_read(server: Server, job: FetchJob) -> None:
    path = next(iter(server.files))
    server.files[path] += b"!"
    with pytest.raises(SourceError, match=r"the server has 4006 bytes, pinned are 4005"):
        source_at(server).fetch(job)


def test_a_file_that_is_not_there_is_not_asked_twice(server: Server, job: FetchJob) -> None:
    server.files.clear()
    with pytest.raises(SourceError, match="HTTP 404"):
        source_at(server).fetch(job)
    assert len(server.requests) == 1


def test_a_busy_server_is_asked_again(server: Server, job: FetchJob) -> None:
    server.statuses = [503, 429]
    source_at(server).fetch(job)
    assert job.missing() == {}


def test_a_server_that_always_drops_is_given_up_with_the_half_file_kept(server: Server, job: FetchJob) -> None:
    server.drops = [10] * 20
    with pytest.raises(SourceError, match="after 40 of 4005 bytes"):
        source_at(server).fetch(job)
    assert [p.stat().st_size for p in job.staging.directory.iterdir()] == [40]


def test_nobody_there(job: FetchJob) -> None:
    with pytest.raises(SourceError, match="after 4 attempts"):
        HubSource("http://127.0.0.1:9", sleep=lambda seconds: None).fetch(job)


@pytest.mark.parametrize("endpoint", ["file:///etc", "ftp://host", "host", ""])
def test_only_http_is_spoken(job: FetchJob, endpoint: str) -> None:
    with pytest.raises(SourceError, match="http"):
        HubSource(endpoint).fetch(job)


def test_what_the_hub_does_not_carry_is_said(tmp_path: Path, tiny: TinyModel, server: Server) -> None:
    job = FetchJob(tiny.manifest, tiny.manifest.files[:1], Staging(tmp_path / "staging"), Tracker(None))
    with pytest.raises(SourceError, match="carries none"):
        source_at(server).fetch(job)
    assert server.requests == []
