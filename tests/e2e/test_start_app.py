"""start_app.sh: what it builds on, what it repairs, and a second start that needs no network."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import Client
from server_process import ask, free_port, wait_until

from tts_engine.service.instance import RECORD

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).resolve().parent.parent.parent
BASE_PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"

# Reports every attempt to leave the machine, and stops it.
NO_NETWORK = """
import os, socket
def guard(method):
    def checked(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            with open(os.environ["TTS_TEST_NETWORK_LOG"], "a") as log:
                log.write(f"{address}\\n")
            raise OSError("the network is blocked")
        return method(self, address)
    return checked
socket.socket.connect = guard(socket.socket.connect)
socket.socket.connect_ex = guard(socket.socket.connect_ex)
resolve = socket.getaddrinfo
def getaddrinfo(host, *rest, **named):
    if host not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", b"127.0.0.1"):
        with open(os.environ["TTS_TEST_NETWORK_LOG"], "a") as log:
            log.write(f"{host}\\n")
        raise socket.gaierror("the network is blocked")
    return resolve(host, *rest, **named)
socket.getaddrinfo = getaddrinfo
"""


@pytest.fixture
def project(tmp_path):
    """A copy of the project in an awkward folder, without .venv."""
    folder = tmp_path / "我的 项目 $HOME"
    (folder / "scripts").mkdir(parents=True)
    for name in ("start_app.sh", "scripts/setup_env.sh", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(REPOSITORY / name, folder / name)
    (folder / "src").symlink_to(REPOSITORY / "src")
    return folder


def bash(project: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"source scripts/setup_env.sh; {code}"],
        cwd=project,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def executable(path: Path, content: str) -> Path:
    path.write_text(content)
    path.chmod(0o755)
    return path


def installed(project: Path) -> None:
    """.venv as after a first start: with what this test runs on, and the stamp of the installation."""
    subprocess.run([BASE_PYTHON, "-m", "venv", "--without-pip", project / ".venv"], check=True)
    (packages,) = (project / ".venv" / "lib").glob("python*/site-packages")
    (packages / "borrowed.pth").write_text(f"{REPOSITORY / 'src'}\n{sysconfig.get_path('purelib')}\n")
    (packages / "sitecustomize.py").write_text(NO_NETWORK)
    assert bash(project, '_fingerprint >"$VENV/.tts-installed"').returncode == 0


def test_a_python_that_does_not_run_is_passed_over(project, tmp_path):
    shims = tmp_path / "shims"
    shims.mkdir()
    executable(shims / "python3.12", "#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n")
    executable(shims / "python3.11", "#!/bin/sh\nexit 1\n")  # too old, as it answers itself
    executable(shims / "python3.13", f'#!/bin/sh\nexec "{BASE_PYTHON}" "$@"\n')
    found = bash(project, "_find_python", PATH=f"{shims}:/usr/bin:/bin")
    assert found.stdout == "python3.13"


def test_without_any_python_the_way_out_is_said(project):
    told = bash(project, "_find_python() { :; }; _has_uv() { false; }; setup_env")
    assert told.returncode == 69
    assert "没有找到 Python 3.10" in told.stderr and "TTS_PYTHON" in told.stderr


def test_a_python_without_venv_names_the_package(project):
    told = bash(project, "_can_make_venv() { false; }; _has_uv() { false; }; setup_env")
    assert told.returncode == 69
    assert "apt install python3-venv" in told.stderr


def test_a_failed_installation_is_told_with_a_mirror_and_tried_again(project):
    env = {"TTS_PYTHON": str(BASE_PYTHON)}
    told = bash(project, "_install() { false; }; setup_env", **env)
    assert told.returncode == 69 and "index-url" in told.stderr
    again = bash(project, '_install() { echo "again $*"; }; setup_env', **env)
    assert again.returncode == 0 and "again -e" in again.stdout and "重建" not in again.stderr


def test_it_installs_once_and_again_when_something_changed(project):
    code = "_install() { echo installed; }; setup_env"
    env = {"TTS_PYTHON": str(BASE_PYTHON)}
    assert bash(project, code, **env).stdout == "installed\n"
    assert bash(project, code, **env).stdout == ""
    with (project / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert bash(project, code, **env).stdout == "installed\n"


@pytest.mark.parametrize("damage", ["half", "moved"])
def test_a_half_made_or_moved_environment_is_made_anew(project, tmp_path, damage):
    env = {"TTS_PYTHON": str(BASE_PYTHON)}
    if damage == "half":
        (project / ".venv" / "bin").mkdir(parents=True)
        (project / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    else:
        assert bash(project, "_install() { :; }; setup_env", **env).returncode == 0
        project = project.rename(tmp_path / "moved")
    again = bash(project, "_install() { echo installed; }; setup_env", **env)
    assert again.returncode == 0 and "installed" in again.stdout and "重建" in again.stderr
    assert bash(project, '"$PYTHON" -m pip --version').returncode == 0


def test_second_start_without_network_speaks(project, tmp_path, cache_hub, model_files):
    installed(project)
    network = tmp_path / "network.log"
    port = free_port()
    closed = "http://127.0.0.1:9"
    environment = {
        **os.environ,
        "PORT": str(port),
        "HOST": "x86_64-conda-linux-gnu",  # what conda exports: not an address
        "TTS_CACHE_HUB": str(cache_hub),
        "TTS_TEST_NETWORK_LOG": str(network),
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), closed),
        "no_proxy": "127.0.0.1",
        "PIP_INDEX_URL": closed,
        "npm_config_registry": closed,
    }

    def start(log: Path) -> subprocess.Popen[bytes]:
        with log.open("w") as output:
            return subprocess.Popen(
                ["bash", project / "start_app.sh"],
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def is_up() -> bool:
        try:
            return bool(ask(port)["live"])
        except OSError:
            return False

    first = start(tmp_path / "first.log")
    second = None
    try:
        wait_until(is_up, 120)
        began = time.monotonic()
        second = start(tmp_path / "second.log")
        assert first.wait(30) is not None  # replaced by the second
        wait_until(is_up, 60)
        page_s = time.monotonic() - began
        said = (tmp_path / "second.log").read_text()
        assert "忽略 HOST" in said and "第一次启动" not in said and "校验模型" not in said
        wait_until(lambda: ask(port)["state"] != "loading", 120)
        assert ask(port)["ready"], ask(port)
        client = Client(f"http://127.0.0.1:{port}", verbose=False, analytics_enabled=False)
        audio, details = client.predict("欢迎收听今日新闻。", api_name="/synthesize")
        client.close()
        waveform, rate = soundfile.read(audio)
        assert 1.0 < len(waveform) / rate < 6.0 and np.abs(waveform).max() > 0.05
        assert [file.name for file in (project / "outputs").glob("*.wav")] == [details["name"]]
        assert not network.exists(), network.read_text()
        assert page_s < 30, "a second start takes under 5 s on an idle machine"
        sys.stderr.write(f"second start: page after {page_s:.1f} s\n")
    finally:
        for process in (first, second):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(20)
    assert not (project / ".run" / RECORD).exists()
