"""The model goes on writing while what is there already is spoken.

Without this a slow reader of the lines holds up the connection to the model until the server cuts it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_END = object()

#: Who stops in the middle waits so long for the source to end in order: what it used is then written down.
_GRACE_S = 3.0


def run_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The items, taken by a thread of its own as fast as they come.

    An error of the source is raised where its item would be; who stops in the middle stops the source at its next item.
    """
    ready: queue.SimpleQueue[object] = queue.SimpleQueue()
    is_stopped = threading.Event()

    def take() -> None:
        iterator = iter(items)
        try:
            for item in iterator:
                ready.put((item,))
                if is_stopped.is_set():
                    break
            ready.put(_END)
        except BaseException as error:  # noqa: BLE001 - raised again in the reader's thread
            ready.put(error)
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=take, name="write-ahead", daemon=True)
    thread.start()
    try:
        while (found := ready.get()) is not _END:
            if isinstance(found, BaseException):
                raise found
            assert isinstance(found, tuple)
            yield found[0]
    finally:
        is_stopped.set()
        thread.join(_GRACE_S)
