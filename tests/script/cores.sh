#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two runs at once on two cores stay on one each, with all their threads; where they leave a core free, or do not fit, no
# thread is kept anywhere.
set -euo pipefail
work=$(mktemp -d)
trap 'kill -9 ${pid:-} 2>/dev/null || true; rm -rf "$work"' EXIT
mapfile -t cpus < <(python3 -c 'import os; print(*sorted(os.sched_getaffinity(0))[:2], sep="\n")')
[ ${#cpus[@]} -eq 2 ] || { echo "skipped: one core"; exit 77; }
pair=${cpus[0]},${cpus[1]}
# places JOBS: how many threads of the study may use which processors, while it trains.
places() {
  : >"$work/log"
  taskset -c "$pair" "$DIFFMEM_BUILD/studies/demo" --sizes 8,12 --jobs "$1" --threads 1 --out "$work/$1" --set net.base=16 \
    --set train.batch=8 --set train.length=100000 >"$work/log" 2>&1 &
  pid=$!
  for ((i = 0; i < 300; ++i)); do [ "$(grep -c "step " "$work/log")" -ge "$1" ] && break; sleep 0.1; done
  sleep 0.3
  cat /proc/$pid/task/*/status | sed -n 's/^Cpus_allowed_list:\t//p' | sort | uniq -c | sed 's/^ *//'
  kill -9 $pid
  wait $pid 2>/dev/null || true
}
two=$(places 2) one=$(places 1)
echo "two runs: ${two//$'\n'/; }.  one run: ${one//$'\n'/; }."
for cpu in "${cpus[@]}"; do
  grep -qE "^[1-9][0-9]* $cpu\$" <<<"$two" || { echo "FAILED: no thread of two runs is kept on $cpu"; exit 1; }
done
! grep -qE " (${cpus[0]}|${cpus[1]})\$" <<<"$one" || { echo "FAILED: a lone thread is kept where another process may be"; exit 1; }
