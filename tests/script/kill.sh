#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill -9 at random moments of a small training, 20 times, then continued: weights, moments, measures and samples equal
# those of a run that nobody stopped, bit for bit.  The last stop is Ctrl-C, which must save by itself.
set -euo pipefail
kills=${DIFFMEM_KILLS:-20}
RANDOM=${DIFFMEM_KILL_SEED:-$$}
echo "kills: $kills, seed of their moments: ${DIFFMEM_KILL_SEED:-$$} (DIFFMEM_KILL_SEED repeats them)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
study() {
  "$DIFFMEM_BUILD/studies/demo" --sizes 12 --jobs 1 --threads 1 --checkpoint-seconds 0.2 --out "$1" --set net.base=16 \
    --set train.batch=8 --set train.length=2000 --set train.evaluations=3 --set net.dropout=0.1 --set sample.images=24 --set sample.batch=24
}
now() { date +%s%3N; }
# The moments follow this machine's speed: together the starts train for three quarters of what the whole run takes on average.
began=$(now)
study "$work/whole" >"$work/whole.log"
whole=$(($(now) - began))
most=$((3 * whole / 2 / (kills + 2)))
for ((i = 1; i <= kills; ++i)); do
  study "$work/killed" >>"$work/killed.log" 2>&1 &
  pid=$!
  wait_ms=$((300 + RANDOM * most / 32768))
  sleep "$((wait_ms / 1000)).$(printf %03d $((wait_ms % 1000)))"
  child=$(pgrep -P "$pid" || true)
  kill -9 ${child:-$pid} 2>/dev/null || { echo "FAILED: finished before kill $i of $kills; make the training longer"; exit 1; }
  wait "$pid" 2>/dev/null || true
done
ls "$work"/killed/runs/*/finished.json 2>/dev/null && { echo "FAILED: finished before Ctrl-C"; exit 1; }
study "$work/killed" >>"$work/killed.log" 2>&1 &
pid=$!
sleep 1.5
kill -INT $(pgrep -P "$pid" || echo "$pid")
code=0
wait "$pid" || code=$?
[ "$code" -eq 130 ] || { echo "FAILED: Ctrl-C ended with $code"; exit 1; }
study "$work/killed" >>"$work/killed.log" 2>&1
grep -c "continues from step" "$work/killed.log" | sed 's/$/ continuations/'
python3 - "$work/whole" "$work/killed" <<'PY'
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
