"""Scripts written or annotated by a language model: from a summary, an outline, an article or a story.

    text (data) ── Run ── pieces or sections ──► LanguageModel ── checked line by line ──► Line, Line, ... Script

Instructions are files (``prompts``), answers are checked (``checks``, ``cast``, ``listings``), and what passes is
words, names and emotions of our own list. What this package does not know: sound, deployments.
"""

from .ahead import run_ahead
from .prompts import Prompts, copy_prompts
from .run import Run, write
from .tasks import CHARACTERS_PER_MINUTE, TASKS, Task, WritingOptions

__all__ = [
    "CHARACTERS_PER_MINUTE",
    "TASKS",
    "Prompts",
    "Run",
    "Task",
    "WritingOptions",
    "copy_prompts",
    "run_ahead",
    "write",
]
