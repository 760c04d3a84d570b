"""A small server that speaks /chat/completions, in a process of its own: answers, nonsense, refusals, silence, streams.

The name of the model says what it does; every request it gets is written to a file, one JSON object a line. Names that
begin with ``write-`` are those of ``writers``.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import writers

GOOD = {"label": "sad", "intensity": 0.7, "second": "gentle", "second_share": 0.2, "evidence": ["再也", "不在句中"]}
STATUSES = {"limited": 429, "locked": 401, "down": 500, "refuses": 400, "missing": 404, "forbidden": 403, "poor": 402}
PIECE = 60  # characters of an answer that are sent at once


def content(model: str, number: int) -> str:
    """What the model says."""
    good = json.dumps(GOOD, ensure_ascii=False)
    if model == "fenced":
        return f"Sure!\n```json\n{good}\n```"
    if model == "late":  # wrong twice, then right
        return ["not JSON at all", json.dumps({**GOOD, "label": "grumpy"}), good][min(number, 2)]
    if model == "obeys":  # a model that did what the text told it
        return json.dumps({"label": "HACKED", "intensity": 99, "run": "rm -rf /"})
    if model == "broken":
        return '{"label": "sad", '
    return good


class Handler(BaseHTTPRequestHandler):
    log: Path
    count: dict[str, int] = {}  # noqa: RUF012

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"path": self.path, "key": self.headers["authorization"], **body}) + "\n")
        model = body["model"]
        number = self.count[model] = self.count.get(model, -1) + 1
        behaviour = model.split("#")[0].removeprefix("write-")  # what follows "#" keeps tests apart
        if self.refused(behaviour, body, number):
            return None
        if behaviour == "hangs":
            time.sleep(30)
        if behaviour == "cut" and not body.get("stream"):
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            return self.wfile.write(b'{"choices"')
        text = content(model, number)
        if model.startswith("write-"):
            data = json.loads(body["messages"][1]["content"])
            made = writers.answer(behaviour, data, body["messages"][0]["content"], number)
            text = writers.text_of(behaviour, made, number)
        if body.get("stream"):
            return self.stream(behaviour, body, number, text)
        message = {"role": "assistant", "content": text}
        choices = [] if model == "empty" else [{"index": 0, "finish_reason": "stop", "message": message}]
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": model}
        return self.answer(200, {**answer, "choices": choices, "usage": usage})

    def refused(self, behaviour, body, number):
        """Whether the request was answered with an error."""
        kind = body.get("response_format", {}).get("type")
        headers = {}
        if behaviour == "old" and kind == "json_schema":
            return self.refuse(400, "response_format is not supported")
        if behaviour == "oldest" and (kind or "stream_options" in body):
            return self.refuse(422, "unknown parameter")
        if behaviour == "newer" and "max_tokens" in body:
            return self.refuse(400, "Unsupported parameter: use max_completion_tokens instead")
        if behaviour == "newer" and "temperature" in body:
            return self.refuse(400, "Unsupported value: temperature")
        if behaviour == "echoes":
            return self.refuse(400, f"your key is {self.headers['authorization']}, context too long")
        if behaviour == "limited-once" and number == 0:
            return self.refuse(429, "slow down", {"retry-after": "0.2"})
        if behaviour == "down-once" and number == 0:
            return self.refuse(500, "oops", {"retry-after": "0.05"})
        if behaviour == "limited-long":
            return self.refuse(429, "quota", {"retry-after": "3600"})
        if behaviour in STATUSES:
            return self.refuse(STATUSES[behaviour], "no", headers)
        return False

    def refuse(self, status, message, headers=None):
        self.answer(status, {"error": {"message": message}}, headers)
        return True

    def stream(self, behaviour, body, number, text):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        half = text.find("}", 2 * len(text) // 3) + 1 or len(text)
        faults = {"cut": 1, "stall": 1, "length": 2, "error-event": 1}
        is_faulty = behaviour in ("dead", "trickle") or number < faults.get(behaviour, 0)
        sent = "" if behaviour == "dead" else text[:half] if is_faulty and behaviour != "trickle" else text
        size = 12 if behaviour in ("slow", "trickle") else PIECE
        for begin in range(0, len(sent), size):
            self.event({"index": 0, "delta": {"content": sent[begin : begin + size]}})
            if behaviour in ("slow", "trickle"):
                time.sleep(0.01 if behaviour == "slow" else 0.2)
        if is_faulty:
            if behaviour == "stall":
                time.sleep(3)
            if behaviour == "error-event":
                self.wfile.write(b'data: {"error": {"message": "overloaded"}}\n\n')
            if behaviour != "length":
                return None
        reason = "length" if is_faulty else "content_filter" if behaviour == "filtered" else "stop"
        self.event({"index": 0, "delta": {}, "finish_reason": reason})
        if body.get("stream_options") and behaviour != "uncounted":
            details = {"cached_tokens": 40}
            usage = {"prompt_tokens": 300, "completion_tokens": 200, "total_tokens": 500}
            self.event(None, {**usage, "prompt_tokens_details": details})
        self.wfile.write(b"data: [DONE]\n\n")
        return None

    def event(self, choice, usage=None):
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        chunk = {**chunk, "choices": [choice] if choice else [], "usage": usage}
        try:
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()
        except OSError:  # the reader has enough
            raise SystemExit from None

    def answer(self, status, body, headers=None):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args):
        pass


if __name__ == "__main__":
    Handler.log = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)  # noqa: T201
    server.serve_forever()
