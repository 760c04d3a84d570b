"""What an operator asks the queue: how long it is, who works, what failed for good. Flower shows the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .application import PRIORITIES, QUEUE, make_app
from .broker import connect, shown, told
from .marks import Marks

if TYPE_CHECKING:
    from ...settings import Settings

_SEPARATOR = "\x06\x16"  # kombu's, between a queue and a priority


def look(settings: Settings) -> dict[str, Any]:
    """Waiting tasks by priority, tasks in hand, workers that answer within a second, dead letters.

    Raises:
        BrokerError: Redis cannot be used.
    """
    url = settings.broker_url or ""
    with told(url):
        client = connect(url)
        app = make_app(settings)
        try:
            waiting = {name: int(client.llen(_list_of(step))) for name, step in PRIORITIES.items()}
            return {
                "broker": shown(url),
                "waiting": waiting,
                "in_hand": int(client.hlen("unacked")),
                "workers": sorted(name for answer in app.control.ping(timeout=1.0) or () for name in answer),
                "dead": Marks(client).dead(),
            }
        finally:
            app.close()
            client.close()


def forget_dead_letters(settings: Settings) -> int:
    """Empties the list of dead letters; the number of its entries.

    Raises:
        BrokerError: Redis cannot be used.
    """
    with _marks(settings) as marks:
        return marks.forget_dead()


def cancel_job(settings: Settings, job: str) -> None:
    """No worker renders what is in the queue of this job, whether its sender still runs or not.

    Args:
        settings: of the deployment.
        job: ``JobSpec.id``.

    Raises:
        BrokerError: Redis cannot be used.
    """
    with _marks(settings) as marks:
        marks.cancel(job)


@contextmanager
def _marks(settings: Settings) -> Iterator[Marks]:
    """What Redis remembers of tasks, as long as the body takes."""
    url = settings.broker_url or ""
    with told(url):
        client = connect(url)
        try:
            yield Marks(client)
        finally:
            client.close()


def _list_of(step: int) -> str:
    """The list in which kombu keeps the messages of a priority; the first step has the queue's own name."""
    return QUEUE if step == min(PRIORITIES.values()) else f"{QUEUE}{_SEPARATOR}{step}"
