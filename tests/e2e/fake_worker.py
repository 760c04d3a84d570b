"""``tts-engine worker`` around an engine without weights: PROCESSES SENTENCE_SECONDS.

Settings come from ``TTS_*``. Every rendering adds a line to the file ``TTS_TEST_RENDERS``, so that they can be counted;
``TTS_TEST_CLAIM_S`` makes claims end sooner, ``TTS_TEST_RETRY_S`` shortens the waits between tries, and a text with
``TTS_TEST_KILLER`` in it kills its process.
"""

import dataclasses
import os
import signal
import sys
from pathlib import Path

from tts_engine.batch import rendering
from tts_engine.batch.queue import marks, task, worker
from tts_engine.settings import load_settings

sys.path.insert(0, str(Path(__file__).parent.parent))
import tiny_engine

SENTENCE_S = float(sys.argv[2])
render_task = rendering.render_task


def load_tiny(_settings, _threads):
    return tiny_engine.make(SENTENCE_S)


def counting(order, synthesizer, *arguments, **named):
    result = render_task(order, synthesizer, *arguments, **named)
    if result.is_rendered:
        with Path(os.environ["TTS_TEST_RENDERS"]).open("a") as file:
            file.write(f"{order.number}\n")
    return result


def deadly(killer):
    """A text with these words kills its process, as one that runs out of memory does."""
    encode = tiny_engine.TinyEngine.encode

    def encode_or_die(self, phonemes, style):
        if killer in phonemes:
            os.kill(os.getpid(), signal.SIGKILL)
        return encode(self, phonemes, style)

    tiny_engine.TinyEngine.encode = encode_or_die


if os.environ.get("TTS_TEST_KILLER"):
    deadly(os.environ["TTS_TEST_KILLER"])
worker.load_engine = load_tiny
task.render_task = counting
settings, _ = load_settings()
if os.environ.get("TTS_TEST_CLAIM_S"):
    made = marks.Marks.__init__
    claim_s = float(os.environ["TTS_TEST_CLAIM_S"])
    marks.Marks.__init__ = lambda self, client, _claim_s=0.0: made(self, client, claim_s)
if os.environ.get("TTS_TEST_RETRY_S"):
    wait_s = float(os.environ["TTS_TEST_RETRY_S"])
    after_s = worker.retry_after_s
    worker.retry_after_s = lambda error, failures: None if after_s(error, failures) is None else wait_s
sys.exit(worker.run_worker(dataclasses.replace(settings), processes=int(sys.argv[1])))
