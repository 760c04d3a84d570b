#!/usr/bin/env bash
# 一条命令测试：准备环境、获取模型、运行全部检查。 Sets everything up and runs every check.
#   bash run_tests.sh [pytest 参数 arguments]
#   TTS_TEST_TORCH=0    没有 torch 的测试 leaves out what needs torch
#   TTS_TEST_APT=1      允许安装系统软件包（浏览器、nginx、HAProxy、Redis）may install system packages; default with CI=true
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
source "$(dirname "${BASH_SOURCE[0]}")/scripts/setup_env.sh"

TORCH_VERSION=2.13.0
skipped=""
failed=""
skip() { skipped="$skipped  - $*"$'\n'; }

prepare_torch() {
    if "$PYTHON" -c 'import torch' >/dev/null 2>&1; then return 0; fi
    if [ "${TTS_TEST_TORCH:-1}" = 0 ]; then
        skip "torch 的测试：TTS_TEST_TORCH=0。Tests with torch: switched off."
        return 0
    fi
    say "正在安装 torch $TORCH_VERSION（只用于测试）… Installing torch, for tests only…"
    _pip install "torch==$TORCH_VERSION" ||
        skip "torch 的测试：torch $TORCH_VERSION 安装失败。Tests with torch: it could not be installed here."
}

# Programs of the system: a browser for the page, proxies and a queue for several machines.
PROGRAMS="chromium nginx haproxy redis-server"

_has_program() {
    case "$1" in
    chromium) command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 ;;
    *) PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null 2>&1 ;;
    esac
}

_missing_programs() {
    local name missing=""
    for name in $PROGRAMS; do _has_program "$name" || missing="$missing $name"; done
    printf '%s' "$missing"
}

prepare_programs() {
    local missing packages="" name
    missing="$(_missing_programs)"
    if [ -z "$missing" ]; then return 0; fi
    if [ "${TTS_TEST_APT:-}" != 1 ] && [ "${CI:-}" != true ]; then
        skip "需要$missing 的测试：没有安装；TTS_TEST_APT=1 时会用 apt 安装。Tests with$missing: not here; TTS_TEST_APT=1 installs them."
    elif [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        skip "需要$missing 的测试：没有安装，且无权使用 apt-get。Tests with$missing: not here, and apt-get may not be used."
    else
        say "正在安装$missing… Installing$missing…"
        for name in $missing; do
            case "$name" in
            chromium) packages="$packages chromium fonts-noto-cjk" ;;
            nginx) packages="$packages nginx-light" ;;
            *) packages="$packages $name" ;;
            esac
        done
        # RUNLEVEL=1: what is installed is not started as a service
        { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends $packages; } </dev/null >/dev/null 2>&1 || true
        missing="$(_missing_programs)"
        [ -z "$missing" ] || skip "需要$missing 的测试：apt-get 安装失败。Tests with$missing: apt-get could not install them."
    fi
}

check() {
    local name="$1" status=0
    shift
    say "== $name"
    "$@" </dev/null || status=$?
    if [ "$status" != 0 ]; then failed="$failed  - $name（退出码 exit code $status）"$'\n'; fi
}

setup_env
install_tests
prepare_torch
prepare_programs
fetch_model || failed="$failed  - 获取模型 fetching the model（退出码 exit code $?）"$'\n'

check "ruff check" "$PYTHON" -m ruff check .
check "ruff format" "$PYTHON" -m ruff format --check .
check "mypy" "$PYTHON" -m mypy
check "import-linter" "$VENV/bin/lint-imports"

mkdir -p "$RUN_DIR"
log="$RUN_DIR/pytest.log"
say "== pytest"
status=0
"$PYTHON" -m pytest -rfEs ${1+"$@"} </dev/null 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
if [ "$status" != 0 ]; then failed="$failed  - pytest（退出码 exit code $status）"$'\n'; fi

say ""
if [ -n "$skipped" ]; then
    say "没有准备、因而跳过的部分 Not prepared, therefore skipped:"
    say "${skipped%$'\n'}"
fi
reasons="$(grep -E '^SKIPPED ' "$log" || true)"
if [ -n "$reasons" ]; then
    say "跳过的测试与原因 Skipped tests and why:"
    say "$reasons"
fi
if [ -n "$failed" ]; then
    say "未通过 Failed:"
    say "${failed%$'\n'}"
elif [ -n "$skipped$reasons" ]; then
    say "运行的检查都通过；有跳过的，见上。What was run passed; some checks were skipped, see above."
else
    say "全部通过。Everything passed."
fi
tail -n 1 "$log"
[ -z "$failed" ]
