"""The Gradio page: one module per tab over the actions of ``Studio``.

It works while the model still loads: a click then waits and says for what. The values behind the labels are the stable
ones of the Python and HTTP interfaces; the words are in ``words``.
"""

from .blocks import build_page, page_arguments

__all__ = ["build_page", "page_arguments"]
