#!/usr/bin/env bash
# 一条命令启动：准备环境、获取模型、打开网页 http://127.0.0.1:7860
# Sets everything up and serves the page. PORT=8000 bash start_app.sh   HOST=0.0.0.0 bash start_app.sh
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@"
source "$(dirname "${BASH_SOURCE[0]}")/scripts/setup_env.sh"

setup_env
fetch_model || exit $?

if [ -n "${PORT:-}" ]; then
    set -- --port "$PORT" ${1+"$@"}
fi
case "${HOST:-}" in
"") ;;
localhost | *[0-9].*[0-9] | *:*) set -- --host "$HOST" ${1+"$@"} ;;
*) say "忽略 HOST=$HOST：它不是地址，需要时请写 HOST=0.0.0.0。HOST is ignored: it is no address." ;;
esac
exec "$PYTHON" -c 'from tts_engine.cli import main; main()' serve ${1+"$@"}
