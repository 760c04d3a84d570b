#!/usr/bin/env bash
# Restarts nodes one after the other, so that no request is lost: each drains, starts, and is ready before the next.
#   bash deploy/rolling_restart.sh 7861 7862                                       units tts-engine@PORT of this machine
#   bash deploy/rolling_restart.sh --restart 'ssh {} systemctl restart tts-engine' node1:7860 node2:7860
# {} is the node as given. The restart command must send SIGTERM and wait for the end (systemctl does).
# --settle S: seconds between "ready" and the next node; longer than nginx's fail_timeout (5 s), so that it is used again.
set -euo pipefail

restart='systemctl restart tts-engine@{}'
settle_s=7
patience_s=600
while [ $# -gt 0 ]; do
    case "$1" in
    --restart) restart="$2"; shift 2 ;;
    --settle) settle_s="$2"; shift 2 ;;
    --patience) patience_s="$2"; shift 2 ;;
    --*) echo "未知选项 unknown option: $1" >&2; exit 64 ;;
    *) break ;;
    esac
done
[ $# -gt 0 ] || { echo "请给出节点 name the nodes: rolling_restart.sh 7861 7862" >&2; exit 64; }

is_ready() { curl -fsS -m 5 -o /dev/null "http://$1/health/ready" 2>/dev/null; }

for node in "$@"; do
    case "$node" in *:*) address="$node" ;; *) address="127.0.0.1:$node" ;; esac
    for other in "$@"; do  # never take the last one that works
        [ "$other" = "$node" ] && continue
        case "$other" in *:*) there="$other" ;; *) there="127.0.0.1:$other" ;; esac
        is_ready "$there" || { echo "$other 未就绪，已停止，$node 未重启。$other is not ready: $node was left alone." >&2; exit 75; }
    done
    echo "$node: 重启 restarting" >&2
    bash -c "${restart//\{\}/$node}"
    until is_ready "$address"; do
        patience_s=$((patience_s - 1))
        [ "$patience_s" -gt 0 ] || { echo "$node 没有就绪，其余节点未动。$node did not come back: the others were left alone." >&2; exit 75; }
        sleep 1
    done
    echo "$node: 已就绪 ready" >&2
    sleep "$settle_s"
done
