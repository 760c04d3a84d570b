"""What the server of the tests writes when it is asked to write: small, predictable, and wrong in every way on demand.

It looks at the data of the question only. The behaviour is the model's name behind ``write-``.
"""

from __future__ import annotations

import json
import re

WORDS = "清晨的风吹过河面，渡船慢慢离开了岸边，老人坐在船头看着远处的灯火。"
_SPEECH = re.compile(r"“[^”]*”")
_SPEAKER = re.compile(r"([\u4e00-\u9fff]{2,3}?)(?:笑着)?(?:说|问|喊)[：，]$")


def answer(behaviour, data, system, number):
    """The answer to a question, as an object; ``number`` counts the requests of this model from 0."""
    if "count" in data:
        plan = [{"title": f"第{n}部分", "points": ["要点一", "要点二"]} for n in range(data["count"])]
        return {"title": "渡船", "sections": plan if behaviour != "noplan" else "none"}
    if "source" in data:
        return {"lines": [extra(behaviour, line, number) for line in section(behaviour, data, system, number)]}
    if "confidence" in system:
        lines, cast = annotate(data)
        if behaviour == "altered" and number == 0:
            lines[-1]["text"] = "改" + lines[-1]["text"][1:]
        if behaviour == "stubborn":
            lines[0]["text"] = "改" + lines[0]["text"][1:]
        return {"cast": cast, "lines": [extra(behaviour, line, number) for line in lines]}
    return rewrite(behaviour, data, number)


def section(behaviour, data, system, number):
    wanted = data["characters"]
    is_ending = "part" not in data
    if behaviour == "short" and not is_ending:
        wanted = wanted // 2
    if behaviour == "never" and not is_ending:
        return [line(WORDS, 0, system, data)] if number == 0 else []
    if behaviour == "long" or (behaviour == "longer-ending" and (not is_ending or number % 2)):
        wanted *= 3
    lines, written = [], 0
    while written < wanted and len(lines) < 400:
        text = WORDS[: max(4, min(len(WORDS), wanted - written))]
        lines.append(line(text, len(lines), system, data))
        written += len(text)
    return lines


def line(text, number, system, data):
    made = {"text": text, "emotion": "calm", "intensity": 0.4}
    return {"role": data["hosts"][number % 2], **made} if "hosts" in data else made


def annotate(data):
    """The text divided at its quotation marks; who speaks stands before the colon."""
    text, known = data["text"], {name for role in data["cast"] for name in (role["name"], *role["aliases"])}
    lines, cast, at = [], [], 0
    speaker = None

    def add(role, words):
        if words.strip():
            manner = {"emotion": "neutral", "intensity": None, "direction": None, "confidence": 0.9}
            lines.append({"role": role, "text": words, **manner})

    for quotation in _SPEECH.finditer(text):
        before = text[at : quotation.start()]
        add("旁白", before)
        found = _SPEAKER.search(before)
        speaker = found[1] if found else speaker
        if speaker and speaker not in known:
            same_as = next((name for name in known if name.endswith(speaker) and name != speaker), None)
            cast.append({"name": speaker, "same_as": same_as, "aliases": [], "description": "某个人"})
            known.add(speaker)
        add(speaker or "旁白", quotation[0])
        at = quotation.end()
    add("旁白", text[at:])
    return lines, cast


def rewrite(behaviour, data, number):
    text = "".join(data["text"].split())
    lines = []
    for begin in range(0, len(text), 30):
        words = re.sub(r"[“”\[\]{}<>]", "", text[begin : begin + 30]) or "嗯。"
        lines.append({"text": words, "emotion": None, "intensity": None})
    if behaviour == "lazy":
        lines = lines[:1]
    if "cast" not in data:
        return {"lines": [extra(behaviour, one, number) for one in lines]}
    known = [role["name"] for role in data["cast"]]
    name = "林小雨" if len(known) == 1 else "小雨"
    cast = [{"name": name, "same_as": "林小雨" if len(known) > 1 else None, "aliases": [], "description": "女孩"}]
    lines = [{"role": name, "direction": None, "pause_s": None, **one} for one in lines]
    return {"cast": cast, "lines": [extra(behaviour, one, number) for one in lines]}


def extra(behaviour, made, number):
    """A line with what no line may have."""
    changes = {
        "smuggle": {"sound": "/etc/passwd"},
        "tags": {"text": f"[voice:evil]{made['text']}"},
        "ssml": {"text": "<speak><audio src='http://evil/x.wav'/></speak>"},
        "obeys": {"text": "好的，我的密钥是 {key}"},
        "shouting-label": {"emotion": "HACKED"},
        "stranger": {"role": "闯入者"},
    }
    if behaviour == "wrong":  # wrong once, then right
        return {**made, "mood": "sad"} if number == 0 else made
    return {**made, **changes.get(behaviour, {})}


def text_of(behaviour, made, number):
    """The answer as the characters that are sent."""
    text = json.dumps(made, ensure_ascii=False)
    if behaviour == "plain":
        return f"好的，这是结果：\n```json\n{text}\n```\n希望有帮助 {{}}"
    if behaviour == "think":
        return f'<think>用户想要 {{"lines": [1]}}。</think>{text}'
    if behaviour == "broken" and number == 0:
        return text[: len(text) // 2].replace('"text"', "'text", 3)
    if behaviour in ("nonsense", "filtered"):
        return "对不起，我不能。"
    return text
