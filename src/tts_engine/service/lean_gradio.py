"""Gradio imported without its look at its own sources, which takes half of the import.

For every component class Gradio parses its source and renders a ``.pyi`` stub beside it, on each start. Nothing at run
time reads those stubs; leaving them out halves the time to the page (measured: 3.3 s to 1.6 s) and lets the package
stand in a folder that cannot be written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_MODULE = "gradio.component_meta"
_STUB_WRITER = "create_or_modify_pyi"


def import_gradio() -> Any:
    """The ``gradio`` module."""
    if "gradio" not in sys.modules:
        with _without_stubs():
            import gradio  # noqa: F401
    return sys.modules["gradio"]


@contextmanager
def _without_stubs() -> Iterator[None]:
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _MODULE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if hasattr(module, _STUB_WRITER):
            setattr(module, _STUB_WRITER, lambda *_arguments: None)
