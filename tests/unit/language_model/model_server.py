"""A small server that speaks /chat/completions, in a process of its own: answers, nonsense, refusals, silence.

The name of the model says what it does; every request it gets is written to a file, one JSON object a line.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GOOD = {"label": "sad", "intensity": 0.7, "second": "gentle", "second_share": 0.2, "evidence": ["再也", "不在句中"]}


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
        if model == "hangs":
            time.sleep(30)
        if model == "old" and body["response_format"]["type"] == "json_schema":
            return self.answer(400, {"error": {"message": "response_format is not supported"}})
        statuses = {"limited": 429, "locked": 401, "down": 500, "refuses": 400}
        if model in statuses:
            return self.answer(statuses[model], {"error": {"message": "no"}})
        if model == "cut":
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            return self.wfile.write(b'{"choices"')
        message = {"role": "assistant", "content": content(model, number)}
        choices = [] if model == "empty" else [{"index": 0, "finish_reason": "stop", "message": message}]
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": model}
        return self.answer(200, {**answer, "choices": choices, "usage": usage})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args):
        pass


if __name__ == "__main__":
    Handler.log = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)  # noqa: T201
    server.serve_forever()
