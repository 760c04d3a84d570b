"""How a callback of the page ends badly: the library's own sentence, never a trace."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ...errors import SynthesisError, TTSError
from ..desk import LOCAL
from ..guard import client_of
from ..scheduler import Cancelled
from ..wording import headline
from ..words import plain

logger = logging.getLogger(__name__)


@contextmanager
def told(gr: Any) -> Iterator[None]:
    """Turns what goes wrong inside into a message on the page."""
    try:
        yield
    except Cancelled:
        raise gr.Error(plain("nothing_left"), title=plain("stopped")) from None
    except TTSError as error:
        raise gr.Error(error.message, duration=None, title=headline(error), print_exception=False) from error
    except (gr.Error, GeneratorExit):
        raise
    except Exception as error:
        logger.exception("an action of the page failed")
        message = plain("internal", error)
        raise gr.Error(message, duration=None, title=headline(SynthesisError("")), print_exception=False) from error


def with_request(gr: Any, action: Callable[..., Any]) -> Callable[..., Any]:
    """The action, whose first parameter ``request`` Gradio fills in; without importing Gradio at import."""
    action.__annotations__["request"] = gr.Request
    return action


def client_name(request: Any) -> str:
    """One open page of one key: between these the engine is shared."""
    if request is None:
        return LOCAL
    return f"{client_of(request.request.scope)}:{request.session_hash}"
