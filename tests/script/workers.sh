#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: long
# Workers in one folder, 20 of them ended at random moments by kill -9, SIGTERM or a stop that outlasts the lease, and
# others started in their place: nothing is lost, no run is trained twice, and all results equal those of one worker
# that nobody disturbed, bit for bit.
set -euo pipefail
ends=${DIFFMEM_ENDS:-20}
seed=${DIFFMEM_KILL_SEED:-$$}
RANDOM=$seed
echo "ends: $ends, seed of their moments: $seed (DIFFMEM_KILL_SEED repeats them)"
work=$(mktemp -d)
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
# study FOLDER COMMAND...: the command may be none, or one that begins the study elsewhere.
study() {
  local out=$1
  shift
  exec "$@" "$DIFFMEM_BUILD/studies/demo" --sizes 8,12,16,24 --jobs 1 --threads 1 --checkpoint-seconds 0.2 --lease 1 --out "$out" \
    --set net.base=16 --set train.batch=8 --set "train.length=${DIFFMEM_STEPS:-1200}" --set train.evaluations=3 \
    --set net.dropout=0.1 --set sample.images=24 --set sample.batch=24
}
now() { date +%s%3N; }
began=$(now)
(study "$work/whole") >"$work/whole.log"
whole=$(($(now) - began))
echo "one worker alone: $whole ms"

# Every other worker is on another machine, by Linux's own word, where that can be had: its lock says nothing then.
elsewhere=(unshare -m bash -c 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"')
echo other >"$work/boot"
"${elsewhere[@]}" "$work/boot" true 2>/dev/null || { echo "all workers are on one machine: no mounts here"; elsewhere=(); }
log=0
start() {
  log=$((log + 1))
  local where=()
  if [ $((log % 2)) -eq 0 ] && [ ${#elsewhere[@]} -gt 0 ]; then
    echo "machine $log" >"$work/boot$log"
    where=("${elsewhere[@]}" "$work/boot$log")
  fi
  (study "$work/shared" ${where[@]+"${where[@]}"}) >"$work/worker$log.log" 2>&1 &
  pids+=($!)
}
# ended PID: forgets it.
ended() {
  local left=()
  for pid in "${pids[@]}"; do [ "$pid" = "$1" ] || left+=("$pid"); done
  pids=("${left[@]}")
}
done_runs() { ls "$work"/shared/runs/*/finished.json 2>/dev/null | wc -l; }
start; start; start
stopped=()
for ((i = 1; i <= ends; ++i)); do
  # The ends fall into the time that training takes: three workers, and what kills cost.
  wait_ms=$((200 + RANDOM * (2 * whole / 3 / ends) / 32768))
  sleep "$((wait_ms / 1000)).$(printf %03d $((wait_ms % 1000)))"
  pid=${pids[RANDOM % ${#pids[@]}]}
  way=$((RANDOM % 3))
  kill -0 "$pid" 2>/dev/null || { wait "$pid" || true; ended "$pid"; start; echo "end $i: a worker was done"; continue; }
  case $way in
    0) kill -9 "$pid"; wait "$pid" 2>/dev/null || true ;;
    1) kill -TERM "$pid"
       code=0; wait "$pid" 2>/dev/null || code=$?
       # 143: it had not yet begun.
       [ $code -eq 130 ] || [ $code -eq 143 ] || [ $code -eq 0 ] || { echo "FAILED: SIGTERM ended with $code"; cat "$work"/worker*.log; exit 1; } ;;
    2) kill -STOP "$pid"; stopped+=("$pid") ;;  # its lease runs out; it wakes up below
  esac
  ended "$pid"
  start
done
echo "$(done_runs) of 4 runs done after the last end; ${#stopped[@]} workers stand still"
sleep 1.5
for pid in ${stopped[@]+"${stopped[@]}"}; do kill -CONT "$pid"; done
for pid in "${pids[@]}" ${stopped[@]+"${stopped[@]}"}; do
  code=0; wait "$pid" || code=$?
  [ $code -eq 0 ] || { echo "FAILED: a worker ended with $code"; grep -h "^error: " "$work"/worker*.log; exit 1; }
done
pids=()
grep -h -o "continues from step\|has taken over\|another worker (.*) has it" "$work"/worker*.log | sed 's/(.*)/(...)/' | sort | uniq -c
if [ ${#stopped[@]} -gt 0 ]; then
  grep -q "has taken over" "$work"/worker*.log || echo "no stopped worker held a run"
fi
made=$(cat "$work"/worker*.log | grep -c ": done, ")
[ "$made" -eq 4 ] || { echo "FAILED: $made runs were finished, want 4, each once"; exit 1; }
python3 - "$work/whole" "$work/shared" <<'PY'
import json, pathlib, sys
whole, shared = (pathlib.Path(p) for p in sys.argv[1:])
names = sorted(run.name for run in (whole / "runs").iterdir())
assert len(names) == 4 and names == sorted(run.name for run in (shared / "runs").iterdir())
def measures(run):
    lines = [json.loads(line) for line in (run / "measures.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]
for name in names:
    a, b = whole / "runs" / name, shared / "runs" / name
    steps = [json.loads(line)["step"] for line in (b / "progress.jsonl").read_text().splitlines()]
    assert steps == sorted(set(steps)), f"{name}: a step twice"
    assert len(measures(a)) == 3 and measures(a) == measures(b), name
    last = sorted((a / "checkpoints").iterdir())[-1].name
    for file in ["weights.safetensors", "progress.jsonl", f"checkpoints/{last}/tensors.safetensors",
                 *(str(p.relative_to(a)) for p in sorted((a / "samples").iterdir()))]:
        assert (a / file).read_bytes() == (b / file).read_bytes(), f"{name}/{file}"
    left = [p.name for p in b.iterdir() if p.name.startswith("lease-")]
    assert not left, f"{name}: {left}"
assert (shared / "demo" / "report.html").exists() and not list(shared.glob("lease-*"))
print("equal bit for bit:", ", ".join(names))
PY
