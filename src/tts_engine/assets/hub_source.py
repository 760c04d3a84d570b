"""Files of the model hub over plain HTTP, resumable.

The endpoint is given by the caller, so that a mirror is a deployment's choice. Repositories and revisions are those
of the manifest; a file that differs from the pinned digest is refused whatever its name.
"""

from __future__ import annotations

import http.client
import logging
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from .manifest import Piece
from .sources import FetchJob, SourceError
from .staging import CHUNK, PieceMismatchError

_log = logging.getLogger(__name__)

_ATTEMPTS = 4
_TIMEOUT_S = 30.0
_BAD_RANGE = 416
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class HubSource:
    """Pieces from a model hub.

    Args:
        endpoint: address of the hub or a mirror, ``https://...`` or ``http://...``.
        sleep: waits between attempts; tests pass their own.
    """

    label = "model hub"
    needs_network = True

    def __init__(self, endpoint: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._sleep = sleep

    def fetch(self, job: FetchJob) -> None:
        """Delivers the missing pieces that the manifest's repositories carry."""
        if urllib.parse.urlsplit(self._endpoint).scheme not in {"http", "https"}:
            raise SourceError(f"the endpoint must begin with http:// or https://, got {self._endpoint!r}")
        missing = job.missing()
        offers = [
            (f"{self._endpoint}/{site.repo}/resolve/{site.revision}/{urllib.parse.quote(path)}", path, missing[sha256])
            for site in job.manifest.hub
            for path, sha256 in site.files.items()
            if sha256 in missing
        ]
        if not offers:
            raise SourceError("carries none of the missing files")
        for url, path, piece in offers:
            if not job.staging.has(piece):
                job.tracker.item(path)
                self._download(job, url, path, piece)

    def _download(self, job: FetchJob, url: str, path: str, piece: Piece) -> None:
        job.staging.directory.mkdir(parents=True, exist_ok=True)
        partial = job.staging.partial(piece)
        reason = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._sleep(0.5 * 2**attempt)
            try:
                _append(url, partial, piece, job)
                job.staging.adopt_partial(piece)
            except PieceMismatchError as error:
                # A half file of an older or broken answer may be at fault: the partial is gone, one clean try is fair.
                reason = f"{path}: {error}"
            except urllib.error.HTTPError as error:
                error.close()
                reason = f"{path}: HTTP {error.code} {error.reason}"
                if error.code == _BAD_RANGE:
                    partial.unlink(missing_ok=True)
                elif error.code not in _PASSING:
                    raise SourceError(reason) from error
            except (urllib.error.URLError, http.client.HTTPException, ConnectionError) as error:
                reason = f"{path}: {getattr(error, 'reason', None) or error!r}"
            else:
                job.tracker.settle(piece.size)
                return
            _log.info("attempt %d of %d at %s failed: %s", attempt + 1, _ATTEMPTS, url, reason)
        raise SourceError(f"{reason} (after {_ATTEMPTS} attempts)")


def _append(url: str, partial: Path, piece: Piece, job: FetchJob) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    if have > piece.size:
        partial.unlink()
        have = 0
    if have == piece.size:
        return
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity", "User-Agent": "tts-engine"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with _opener().open(request, timeout=_TIMEOUT_S) as answer:
        # 200 to a Range request means that the server begins again.
        resumes = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if answer.status == 206 and not resumes:
            partial.unlink(missing_ok=True)
            raise PieceMismatchError(f"the server answered with another range: {answer.headers.get('Content-Range')}")
        have = have if resumes else 0
        length = answer.headers.get("Content-Length")
        if length is not None and have + int(length) != piece.size:
            partial.unlink(missing_ok=True)
            raise PieceMismatchError(f"the server has {have + int(length)} bytes, pinned are {piece.size}")
        with partial.open("ab" if resumes else "wb") as file:
            while have <= piece.size and (chunk := _read(answer)):
                file.write(chunk)
                have += len(chunk)
                job.tracker.hint(have)
    if have < piece.size:
        raise ConnectionError(f"the connection ended after {have} of {piece.size} bytes")


def _read(answer: http.client.HTTPResponse) -> bytes:
    # Faults of the line are told apart from those of the disk, which are OSErrors too.
    try:
        return answer.read(CHUNK // 4)
    except OSError as error:
        raise ConnectionError(f"the connection failed: {error}") from error


def _opener() -> urllib.request.OpenerDirector:
    # Built by hand: the default one would also follow a redirect to ftp.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
