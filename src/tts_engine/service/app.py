"""The server: page, HTTP interface and health in one process, at one address.

``serve`` binds the port first and loads the model behind the page, so that the address answers at once and the page is
usable while the model is still on its way.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
from pathlib import Path
from socket import socket
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from .. import __version__
from ..audio.atomic import sweep_partials
from ..errors import ConfigError
from ..settings import Settings
from .desk import Desk
from .engine import EngineHolder, engine_of
from .guard import protect, refuse_without_keys
from .instance import (
    SERVICE,
    Instance,
    bind,
    is_alive,
    read_record,
    remove_record,
    stop,
    this_instance,
    who_is_there,
    write_record,
)
from .keys import KeyFile
from .lean_gradio import import_gradio
from .live.endpoint import build_live_router
from .shutdown import Shutdown

if TYPE_CHECKING:
    from fastapi import FastAPI

    from .studio import Studio

logger = logging.getLogger(__name__)

RUN_DIR = Path(".run")
EXIT_UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits: the port belongs to somebody else
_GRACE_S = 2  # of connections, once no text is being spoken any more
_STOP_MARGIN_S = 7.0  # a server that makes way for the next has so much longer than its running texts


def serve(settings: Settings) -> None:
    """Serves until it is stopped (Ctrl+C, SIGTERM). A server of ours from the same folder makes way.

    Raises:
        ConfigError: the address cannot be bound, keys are needed and there are none, or the folder's server cannot be
            stopped.
        SystemExit: 69 when somebody else has the port; the message on stderr says what to do.
    """
    logging.getLogger("tts_engine").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, _exit_on_signal)
    refuse_without_keys(settings, KeyFile(settings.data))
    run_dir = RUN_DIR.absolute()
    listener, instance = _take_over(settings, run_dir)
    try:
        _say(f"正在启动，网页地址：{address(settings)}")
        _say(f"Starting; the page will be at {address(settings)}")
        keep_gradio_offline(run_dir)
        engine = engine_of(settings)
        import_gradio()
        engine.start()  # not earlier: beside the import of Gradio it made the page wait 1.5-1.8 times as long
        app, studio = make_app(settings, engine, run_dir, token=instance.token)
        _run(app, listener, studio, settings)
    except KeyboardInterrupt:
        _say("已停止。Stopped.")
    finally:
        listener.close()
        remove_record(run_dir, instance)


def make_app(
    settings: Settings, engine: EngineHolder, run_dir: Path = RUN_DIR, *, token: str = ""
) -> tuple[FastAPI, Studio]:
    """The application with the interface, ``/health`` and the page, and the actions behind the page."""
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse, Response

    from .api import faults
    from .api.router import build_router
    from .api.work import Deployment
    from .page import build_page, page_arguments
    from .page.early_script import EarlyScript
    from .page.look import HEAD
    from .page.routes import add_routes
    from .studio import Studio

    gradio = import_gradio()
    app = FastAPI(title=SERVICE, version=__version__, docs_url=None, redoc_url=None)
    faults.install(app)
    desk = app.state.desk = Desk(settings)
    engine.when_ready(lambda synthesizer: desk.make_room(synthesizer.together))
    app.include_router(build_live_router(settings, engine, desk))  # before the other, which answers all of /v1
    app.include_router(build_router(Deployment(settings, engine, desk)))
    protect(app, settings, desk.metrics)

    # coroutines, since a thread may not be free under load, and just then somebody asks how it is
    @app.get("/health")
    async def health() -> dict[str, Any]:
        """Alive, and whether the model is ready; always 200."""
        return health_of(engine, token, desk)

    @app.get("/health/ready")
    async def ready() -> JSONResponse:
        """200 once texts can be spoken, 503 before, and while the server goes down."""
        body = health_of(engine, token, desk)
        return JSONResponse(body, status_code=200 if body["ready"] else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        """Measurements in the text form of Prometheus."""
        return Response(desk.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    studio = Studio(settings, engine, run_dir.absolute() / "gradio", desk)
    add_routes(app, studio)
    app.add_middleware(EarlyScript, html=HEAD)
    gradio.mount_gradio_app(app, build_page(studio), path="/", server_name=settings.host, **page_arguments())
    return app, studio


def health_of(engine: EngineHolder, token: str, desk: Desk) -> dict[str, Any]:
    """What ``/health`` answers."""
    state = engine.state
    is_draining = desk.scheduler.load.is_draining
    body: dict[str, Any] = {
        "service": SERVICE,
        "version": __version__,
        "instance": token,
        "live": True,
        "ready": state.phase == "ready" and not is_draining,
        "state": "draining" if is_draining else state.phase,
    }
    if state.error is not None:
        body["error"] = {"code": state.error.code, "message": state.error.message}
    return body


def address(settings: Settings) -> str:
    """The address for a browser on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.port}"


def keep_gradio_offline(run_dir: Path) -> None:
    """Switches off everything in Gradio that would use the network, and gives it a folder of its own.

    Must come before Gradio is imported; what the user has set stays.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("GRADIO_TEMP_DIR", str(run_dir / "gradio"))


def _take_over(settings: Settings, run_dir: Path) -> tuple[socket, Instance]:
    from filelock import FileLock

    try:
        run_dir.mkdir(exist_ok=True)
        with FileLock(run_dir / "server.lock", timeout=60):
            previous = read_record(run_dir)
            if previous is not None and is_alive(previous):
                _say(f"本目录已有一个服务在运行（进程 {previous.pid}，端口 {previous.port}），先停止它…")
                _say(f"A server of this folder is running (process {previous.pid}); it is stopped first.")
                stop(previous, settings.shutdown_grace_s + _STOP_MARGIN_S)
            listener = bind(settings.host, settings.port)
            if listener is None:
                _refuse_port(settings)
            instance = this_instance(settings.host, settings.port)
            write_record(run_dir, instance)
            _tidy(settings, run_dir)
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"无法在 {settings.host}:{settings.port} 上启动服务：{error}。请检查 HOST、PORT 和 {run_dir} 的写入权限。"
            f"Cannot serve at this address: check HOST, PORT and that {run_dir} can be written.",
            host=settings.host,
            port=settings.port,
        ) from error
    return listener, instance


def _tidy(settings: Settings, run_dir: Path) -> None:
    """Removes what a killed server left: second names of results, half files of long ago."""
    shutil.rmtree(run_dir / "gradio", ignore_errors=True)
    if settings.outputs.is_dir():
        removed = sweep_partials(settings.outputs)
        if removed:
            logger.info("removed %d half files of interrupted syntheses", removed)


def _refuse_port(settings: Settings) -> NoReturn:
    version = who_is_there(settings.host, settings.port)
    other = settings.port + 1 if settings.port < 65535 else 7860
    if version is None:
        _say(f"端口 {settings.port} 正被其他程序占用，本服务没有启动，也没有动那个程序。")
        _say(f"Port {settings.port} is used by another program, which was left alone; this server did not start.")
    else:
        _say(f"端口 {settings.port} 上已有另一个目录的 tts-engine {version}，没有动它，本服务没有启动。")
        _say(f"Port {settings.port} is used by a tts-engine of another folder, which was left alone.")
    _say(f"请换一个端口 · Choose another port:  PORT={other} bash start_app.sh   (tts-engine serve --port {other})")
    raise SystemExit(EXIT_UNAVAILABLE)


def _run(app: FastAPI, listener: socket, studio: Studio, settings: Settings) -> None:
    import uvicorn

    shutdown = Shutdown(studio.desk.scheduler, settings.shutdown_grace_s, on_give_up=studio.stop, say=_say)

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            end = super().handle_exit

            def end_now() -> None:
                self.config.timeout_graceful_shutdown = 0
                logging.getLogger("uvicorn.error").disabled = True  # a traceback for each answer that is cut off here
                end(sig, frame)

            shutdown.on_signal(lambda: end(sig, frame), end_now)

        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            _say(f"网页已就绪：{address(settings)}  （按 Ctrl+C 停止）")
            _say(f"The page is ready: {address(settings)}  (Ctrl+C stops it)")
            _say(f"接口 API（兼容 OpenAI）：{address(settings)}/v1  说明 reference：{address(settings)}/docs")

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_S,
        proxy_headers=False,
        lifespan="on",
    )
    Server(config).run(sockets=[listener])


def _exit_on_signal(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
