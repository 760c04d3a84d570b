"""Tasks and job specs over the tiny engine."""

import tiny_engine
from tts_engine.batch.model import JobSpec, Task
from tts_engine.identity import identity_of
from tts_engine.options import SynthesisOptions

ENGINE = tiny_engine.make().identity
SPEC = JobSpec("0" * 64, "job", "test", ENGINE, {}, 0.0)


def make_task(number=1, text="春眠不觉晓。", **options):
    identity = identity_of(text, SynthesisOptions(**options), ENGINE)
    return Task(number, number, 0, "", text, options, identity, engine=ENGINE)
