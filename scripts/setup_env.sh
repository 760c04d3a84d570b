# Sets up .venv with this project in it. To be sourced by start_app.sh and run_tests.sh; works with bash 3.2.
#
#   setup_env          makes or repairs .venv, installs the project where anything changed
#   install_tests      installs what the tests need into it
#   fetch_model        fetches and verifies the model once
#
# Sets ROOT (the folder of the project), PYTHON (of .venv) and TTS (the command line). Needs no terminal and no input.

set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
RUN_DIR="$ROOT/.run"
cd "$ROOT"

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONUTF8=1
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV CONDA_PREFIX __PYVENV_LAUNCHER__ 2>/dev/null || true

say() { printf '%s\n' "$*" >&2; }

fail() {
    say ""
    for line in "$@"; do say "$line"; done
    exit 69
}

# What a Python must pass: it runs at all (a pyenv shim may not), has the right version and 64 bits.
_SUITABLE='import sys; sys.exit(not ((3, 10) <= sys.version_info[:2] < (3, 14) and sys.maxsize > 2**32))'

_runs() { "$1" -c "$_SUITABLE" </dev/null >/dev/null 2>&1; }

_can_make_venv() { "$1" -c 'import ensurepip, venv' </dev/null >/dev/null 2>&1; }

_has_uv() { [ "${TTS_NO_UV:-}" != 1 ] && command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; }

# Prints the Python to build .venv with; first one that can make a venv by itself, else (for uv) any suitable one.
_find_python() {
    local name found=""
    for name in ${TTS_PYTHON:+"$TTS_PYTHON"} python3.12 python3.11 python3.13 python3.10 python3 python \
        /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3; do
        command -v "$name" >/dev/null 2>&1 && _runs "$name" || continue
        if _can_make_venv "$name"; then
            printf '%s' "$name"
            return 0
        fi
        [ -n "$found" ] || found="$name"
    done
    printf '%s' "$found"
}

_make_venv() {
    local base
    base="$(_find_python)"
    if [ -e "$VENV" ]; then
        say "虚拟环境不完整或被移动过，正在重建… The virtual environment is incomplete or was moved; it is made anew."
        rm -rf "$VENV"
    fi
    if [ -n "$base" ] && _can_make_venv "$base"; then
        say "正在创建虚拟环境（$("$base" -V 2>&1)）… Making the virtual environment…"
        "$base" -m venv "$VENV" </dev/null || fail "创建 .venv 失败，请检查磁盘空间与目录权限。" \
            "Making .venv failed: check the disk space and the permissions of $ROOT."
    elif _has_uv; then
        say "正在用 uv 创建虚拟环境… Making the virtual environment with uv…"
        uv venv --quiet --seed --python "${base:-3.12}" "$VENV" </dev/null || fail "uv 创建 .venv 失败。" "uv could not make .venv."
    elif [ -n "$base" ]; then
        fail "找到了 $base，但它缺少 venv/ensurepip。Debian/Ubuntu 请先运行：  sudo apt install python3-venv" \
            "$base has no venv/ensurepip. On Debian/Ubuntu run:  sudo apt install python3-venv"
    else
        fail "没有找到 Python 3.10–3.13（64 位）。请从 https://www.python.org/downloads/ 安装，或设置 TTS_PYTHON=/路径/python3.12" \
            "No Python 3.10-3.13 (64 bit) was found. Install one, or set TTS_PYTHON=/path/to/python3.12"
    fi
}

# What was installed: project file, Python, folder. A different value means: install again.
_fingerprint() { printf '%s | %s | %s\n' "$(cksum <pyproject.toml)" "$("$PYTHON" -V 2>&1)" "$ROOT"; }

_pip() { "$PYTHON" -m pip "$@" </dev/null; }

# Installs into .venv: with uv where present (told of pip's mirror, which it would ignore), else or after failure with pip.
_install() {
    if _has_uv; then
        local index
        index="${PIP_INDEX_URL:-$(_pip config get global.index-url 2>/dev/null || true)}"
        if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
            UV_DEFAULT_INDEX="$index" uv pip install --python "$PYTHON" "$@" </dev/null && return 0
        else
            uv pip install --python "$PYTHON" "$@" </dev/null && return 0
        fi
        say "uv 安装失败，改用 pip… uv failed, pip is tried instead…"
    fi
    _pip install "$@"
}

setup_env() {
    local stamp="$VENV/.tts-installed"
    if [ -f "$stamp" ] && _runs "$PYTHON" && [ "$(cat "$stamp")" = "$(_fingerprint)" ]; then
        return 0
    fi
    say "第一次启动需要下载依赖和模型，通常要几分钟，请耐心等待；以后启动不再联网。"
    say "The first start downloads dependencies and the model and takes some minutes; later starts need no network."
    if ! { _runs "$PYTHON" && _pip --version >/dev/null 2>&1 && [ "$(sed 's/.* | //' "$stamp" 2>/dev/null)" = "$ROOT" ]; }; then
        _is_sound_venv || _make_venv
    fi
    say "正在安装依赖… Installing dependencies…"
    _install -e "$ROOT" || fail "安装依赖失败。请检查网络；在中国大陆可以先设置镜像：" \
        "  $PYTHON -m pip config set global.index-url <镜像地址 mirror>" \
        "然后重新运行本脚本，会从中断处继续。" \
        "Installing the dependencies failed. Check the network or set a mirror as above, then run this script again."
    _fingerprint >"$stamp"
}

# A .venv without our stamp that nevertheless works here, such as one made by hand.
_is_sound_venv() {
    [ ! -f "$VENV/.tts-installed" ] && _runs "$PYTHON" && _pip --version >/dev/null 2>&1 &&
        head -n 3 "$VENV/bin/pip" 2>/dev/null | grep -qF "$VENV/bin/"
}

install_tests() {
    local stamp="$VENV/.tts-tests"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(_fingerprint)" ]; then
        return 0
    fi
    say "正在安装测试工具… Installing the test tools…"
    _pip install --quiet --upgrade 'pip>=25.1' && _pip install --group test || fail "安装测试工具失败，请检查网络。" \
        "Installing the test tools failed: check the network."
    _fingerprint >"$stamp"
}

# Fetches and verifies the model, once for each cache folder; later damage is found and repaired by the engine itself.
fetch_model() {
    local hub="${TTS_CACHE_HUB:-cache_hub}" stamp="$RUN_DIR/model-fetched"
    mkdir -p "$RUN_DIR"
    if [ -d "$hub" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$hub" ]; then
        return 0
    fi
    say "正在获取并校验模型… Fetching and verifying the model…"
    tts models fetch </dev/null || return $?
    printf '%s\n' "$hub" >"$stamp"
}

tts() { "$PYTHON" -c 'from tts_engine.cli import main; main()' "$@"; }
