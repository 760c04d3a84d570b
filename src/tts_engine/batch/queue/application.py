"""The Celery application: every setting with its reason, in one place.

Names and defaults were checked against Celery 5.7 (``celery.app.defaults``) and kombu 5.7 (``kombu.transport.redis``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .broker import checked_url, need_extra

if TYPE_CHECKING:
    from celery import Celery

    from ...settings import Settings

TASK = "tts_engine.batch.render"
QUEUE = "tts"

#: Seconds between the soft limit of a task, which it may answer, and the hard one, which kills its process.
HARD_LIMIT_S = 30
#: Seconds by which the visibility timeout outlasts the longest task, unless it is set.
VISIBILITY_MARGIN_S = 60
#: Seconds for which Redis keeps what became of a task (its file stays).
RESULT_EXPIRES_S = 24 * 3600
#: Seconds that a worker which is told to go at once (SIGQUIT, SIGTERM twice) still gives to what it renders.
SOFT_SHUTDOWN_S = 20.0
#: Tasks after which a worker's process is replaced, so that nothing that leaks can grow for ever.
TASKS_PER_CHILD = 500
#: Kilobytes after which it is replaced too.
MEMORY_PER_CHILD_KB = 3_000_000

#: Priority of a job by name; in Redis the smaller number is served first.
PRIORITIES = {"high": 0, "normal": 3, "low": 6}


def visibility_timeout_s(settings: Settings) -> int:
    """Seconds after which a task that nobody has acknowledged is delivered again."""
    return settings.visibility_timeout_s or settings.task_limit_s + HARD_LIMIT_S + VISIBILITY_MARGIN_S


def configuration(settings: Settings, *, has_results: bool = True) -> dict[str, Any]:
    """The settings of Celery for a deployment; without results for a sender that reads them by itself."""
    visibility = {"visibility_timeout": visibility_timeout_s(settings)}
    return {
        "broker_url": checked_url(settings.broker_url or ""),
        "result_backend": settings.broker_url if has_results else None,
        "broker_transport_options": {
            **visibility,
            "unacked_restore_interval": 5,  # kombu looks every 100 s by default: a killed machine's tasks would wait
            "unacked_restore_throttle": 1,
            "unacked_mutex_expire": 60,
            "queue_order_strategy": "priority",
            "priority_steps": sorted(PRIORITIES.values()),
            "socket_keepalive": True,
            "health_check_interval": 25,
            # a sender is told at once that Redis is away and says so; kombu would try for ever in silence
            **({} if has_results else {"max_retries": 2, "interval_start": 0.0, "interval_step": 0.2}),
        },
        "result_backend_transport_options": {**visibility, "retry_policy": {"max_retries": 1}},
        # what a task came to is kept until Redis is back
        "result_backend_always_retry": True,
        "result_backend_base_sleep_between_retries_ms": 200,
        "result_backend_max_sleep_between_retries_ms": 2000,
        "visibility_timeout": visibility["visibility_timeout"],
        "broker_connection_retry_on_startup": True,
        "broker_connection_retry": True,
        "broker_connection_max_retries": None,  # for ever: Redis comes back some day
        "task_default_queue": QUEUE,
        "task_default_priority": PRIORITIES["normal"],
        # JSON only: nothing that comes out of Redis is run
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        # a task belongs to nobody until it is finished
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # its file is found when it comes again
        "task_soft_time_limit": settings.task_limit_s,
        "task_time_limit": settings.task_limit_s + HARD_LIMIT_S,
        "result_expires": RESULT_EXPIRES_S,
        "worker_soft_shutdown_timeout": SOFT_SHUTDOWN_S,
        "worker_max_tasks_per_child": TASKS_PER_CHILD,
        "worker_max_memory_per_child": MEMORY_PER_CHILD_KB,
        "worker_proc_alive_timeout": 120.0,  # a process loads its model first
        # what Flower and every other reader of Celery's events shows
        "worker_send_task_events": True,
        "task_send_sent_event": True,
        "task_track_started": True,
        "enable_utc": True,
    }


def make_app(settings: Settings, *, has_results: bool = True) -> Celery:
    """A Celery application for a deployment; registers no task.

    Raises:
        ConfigError: no broker, or an address that is none.
        FeatureMissingError: the extra is not installed.
    """
    need_extra()
    from celery import Celery

    app = Celery("tts_engine", set_as_current=False)
    app.conf.update(configuration(settings, has_results=has_results))
    return app
