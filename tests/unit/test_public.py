"""The public surface: small, cheap to import, and the same everywhere."""

import subprocess
import sys

import tts_engine


def test_public_names_can_be_recited():
    assert set(tts_engine.__all__) == {
        "SynthesisOptions",
        "SynthesisResult",
        "Synthesizer",
        "TTSError",
        "__version__",
        "synthesize",
    }
    for name in tts_engine.__all__:
        assert getattr(tts_engine, name) is not None


def test_import_loads_nothing_heavy():
    heavy = ("onnxruntime", "gradio", "fastapi", "numpy", "scipy", "jieba", "torch")
    code = f"import sys, tts_engine; print([name for name in {heavy!r} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_help_of_the_command_line_loads_nothing_heavy():
    code = (
        "import sys, tts_engine.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print([n for n in ('onnxruntime', 'gradio', 'fastapi', 'scipy', 'torch') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip().splitlines()[-1] == "[]"
