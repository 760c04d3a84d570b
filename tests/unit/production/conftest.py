"""A stage without weights, and programmes on it."""

import pytest

import tiny_stage
from tts_engine.options import SynthesisOptions
from tts_engine.production import ProductionOptions, produce


@pytest.fixture
def stage():
    """Synthesizer and engine."""
    return tiny_stage.make()


@pytest.fixture
def perform(stage, tmp_path):
    """Produces a script into one folder, without emotion unless asked."""

    def run(script, **options):
        options = {"base": SynthesisOptions(emotion="neutral", context="off"), **options}
        return produce(script, tmp_path / "out", ProductionOptions(**options), synthesizer=stage[0])

    return run
