"""``GET /docs``: the reference as one page, made from the OpenAPI document; needs nothing from the network."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

_STYLE = """
body{font:16px/1.6 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:0 auto;max-width:60rem;padding:1rem;
color:#1b1f24;background:#fff}code,pre{font:14px/1.45 ui-monospace,Consolas,monospace;background:#f2f4f7;
border-radius:4px}
code{padding:.1em .3em}pre{padding:.8em;overflow:auto}h2{border-top:1px solid #d8dee4;padding-top:1rem}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #d8dee4;padding:.3em .5em;text-align:left;
vertical-align:top}.method{color:#0550ae;font-weight:600}
@media(prefers-color-scheme:dark){body{background:#14171a;color:#e3e7eb}code,pre{background:#22272e}td,th,h2{
border-color:#3a424b}.method,a{color:#79b8ff}}
"""


def add_to(router: APIRouter) -> None:
    """Adds the page."""

    @router.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        """The reference."""
        return HTMLResponse(page(request.app.openapi(), str(request.base_url).rstrip("/")))


def page(document: dict[str, Any], base: str) -> str:
    """The OpenAPI document as HTML."""
    parts = [
        "<!doctype html><html lang=zh><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>{_text(document['info']['title'])} API</title><style>{_STYLE}</style>",
        f"<h1>{_text(document['info']['title'])} {_text(document['info']['version'])}</h1>",
        "<p>兼容 OpenAI 语音接口，可直接使用 openai 客户端：<code>base_url</code> 设为 "
        f"<code>{_text(base)}/v1</code>。机器可读的描述：<a href='openapi.json'>openapi.json</a>；"
        "说明文档见 docs/api.md。</p>"
        f"<p>Speaks OpenAI's speech schema: point any client at <code>{_text(base)}/v1</code>. "
        "Machine-readable: <a href='openapi.json'>openapi.json</a>; the guide is docs/api.md.</p>",
    ]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts.extend(_operation(path, method, operation, base))
    return "".join(parts)


def _operation(path: str, method: str, operation: dict[str, Any], base: str) -> Iterator[str]:
    yield f"<h2><span class=method>{method.upper()}</span> <code>{_text(path)}</code></h2>"
    for paragraph in operation.get("description", operation.get("summary", "")).split("\n\n"):
        yield f"<p>{_text(paragraph)}</p>"
    rows = [
        (one["name"], one.get("schema", {}), one.get("description", ""), one.get("required", False))
        for one in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = body.get("schema", {})
    required = schema.get("required", ())
    rows += [
        (name, one, one.get("description", ""), name in required) for name, one in schema.get("properties", {}).items()
    ]
    if rows:
        yield "<table><tr><th>字段 field<th>取值 values<th>说明 meaning"
        for name, one, meaning, is_required in rows:
            mark = " <b>必填 required</b>" if is_required else ""
            yield f"<tr><td><code>{_text(name)}</code>{mark}<td>{_text(allowed(one))}<td>{_text(meaning)}"
        yield "</table>"
    for example in body.get("examples", {}).values():
        data = json.dumps(example["value"], ensure_ascii=False, indent=2)
        yield f"<p>{_text(example['summary'])}</p><pre>curl {_text(base + path)} -o answer \\\n"
        yield f"  -H 'Content-Type: application/json' -d '{_text(data)}'</pre>"


def allowed(schema: dict[str, Any]) -> str:
    """The values that a schema allows, in a few words."""
    if "enum" in schema:
        words = " ".join(map(str, schema["enum"]))
    elif "anyOf" in schema:
        words = " | ".join(allowed(one) for one in schema["anyOf"])
    elif "minimum" in schema:
        words = f"{schema['minimum']:.12g}–{schema['maximum']:.12g}"
    else:
        words = str(schema.get("type", ""))
    default = schema.get("default")
    return f"{words} (默认 default {default})" if default is not None else words


def _text(raw: str) -> str:
    return html.escape(raw)
