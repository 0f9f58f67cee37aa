#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill -9 at random moments of a small training, then continued: weights, moments, measures and samples equal those of a
# run that nobody stopped, bit for bit.  The last stop is Ctrl-C or SIGTERM, which must save by itself.  Once with one process, 20 times
# killed, and once with two that work together, of which one is killed, ten times.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
RANDOM=${DIFFMEM_KILL_SEED:-$$}
echo "seed of the moments: ${DIFFMEM_KILL_SEED:-$$} (DIFFMEM_KILL_SEED repeats them)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DIFFMEM_GRACE=15
fail() { echo "FAILED: $*"; exit 1; }
study() { # folder
  exec "$here/tools/launch" "$processes" "$DIFFMEM_BUILD/studies/demo" --sizes 12 --threads 1 --checkpoint-seconds 0.2 --out "$1" \
    --set net.base=16 --set train.batch=8 --set train.length=$length --set train.evaluations=3 --set net.dropout=0.1 \
    --set sample.images=24 --set sample.batch=24 --timeout 10
}
now() { date +%s%3N; }
compare() { # two folders
  python3 - "$@" <<'PY'
import json, pathlib, sys
whole, killed = (next(pathlib.Path(p, "runs").iterdir()) for p in sys.argv[1:])
assert whole.name == killed.name, (whole.name, killed.name)
def measures(run):
    lines = [json.loads(line) for line in (run / "measures.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]
assert len(measures(whole)) == 3 and measures(whole) == measures(killed), (measures(whole), measures(killed))
files = ["weights.safetensors", "progress.jsonl"] + [str(p.relative_to(whole)) for p in sorted((whole / "samples").iterdir())]
last = sorted((whole / "checkpoints").iterdir())[-1].name
files.append(f"checkpoints/{last}/tensors.safetensors")
for name in files:
    assert (whole / name).read_bytes() == (killed / name).read_bytes(), name
print("equal bit for bit:", ", ".join(files))
PY
}

for trial in "1 ${DIFFMEM_KILLS:-20} 2000" "2 ${DIFFMEM_GROUP_KILLS:-10} 1000"; do
  read -r processes kills length <<<"$trial"
  echo "$processes process(es), $kills kills"
  rm -rf "$work"/*
  # The moments follow this machine's speed: together the starts train for less than half of what the whole run takes on
  # average, so that a machine that is twice as fast later does not finish before the last one.
  began=$(now)
  (study "$work/whole") >"$work/whole.log"
  whole=$(($(now) - began))
  most=$((8 * whole / 10 / (kills + 2)))
  for ((i = 1; i <= kills; ++i)); do
    (study "$work/killed") >>"$work/killed.log" 2>&1 &
    pid=$!
    wait_ms=$((400 * processes + RANDOM * most / 32768))
    sleep "$((wait_ms / 1000)).$(printf %03d $((wait_ms % 1000)))"
    mapfile -t ranks < <(pgrep -P "$pid" demo || true)
    [ ${#ranks[@]} -gt 0 ] || fail "finished before kill $i of $kills; make the training longer"
    kill -9 "${ranks[RANDOM % ${#ranks[@]}]}" 2>/dev/null || true
    code=0
    wait "$pid" || code=$?
    [ $code -ne 0 ] || fail "kill $i of $kills was not noticed"
  done
  if ls "$work"/killed/runs/*/finished.json 2>/dev/null; then fail "finished before Ctrl-C"; fi
  (study "$work/killed") >>"$work/killed.log" 2>&1 &
  pid=$!
  sleep 1.5
  if [ "$processes" -eq 1 ]; then # (a script's background processes ignore SIGINT until they catch it, a launcher cannot)
    kill -INT $(pgrep -P "$pid" demo)
  else
    kill -TERM "$pid"
  fi
  code=0
  wait "$pid" || code=$?
  [ "$code" -eq 130 ] || fail "Ctrl-C ended with $code: $(tail -5 "$work/killed.log")"
  (study "$work/killed") >>"$work/killed.log" 2>&1
  grep -c "continues from step" "$work/killed.log" | sed 's/$/ continuations/'
  if [ "$processes" -gt 1 ]; then # those that were left said why they ended
    grep -c "no answer from another process" "$work/killed.log" | sed 's/$/ said that another one was lost/'
  fi
  compare "$work/whole" "$work/killed"
done
