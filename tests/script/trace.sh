#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --profile-trace: two runs at once leave a trace each, of steps, a sampling and the measuring, and print a table; a finished
# run says that nothing is left to trace; a GPU is refused.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
demo() { "$DIFFMEM_BUILD/studies/demo" --profile smoke --sizes 16,32 --jobs 2 --profile-trace --out "$work/out" "$@"; }
demo >"$work/log" 2>&1 || { cat "$work/log"; echo "FAILED: demo"; exit 1; }
for word in "peaks of this machine" "training step" "conv backward" "sampling" "measuring" "Adam and EMA"; do
  grep -q "$word" "$work/log" || { cat "$work/log"; echo "FAILED: no \"$word\" in the table"; exit 1; }
done
ls "$work"/cache/diffmem/peaks-*.json >/dev/null
python3 - "$work/out/runs" <<'PY'
import csv, json, pathlib, sys
folders = list(pathlib.Path(sys.argv[1]).iterdir())
assert len(folders) == 2, folders
for folder in folders:
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    outer = [e["name"] for e in events if e["name"] in ("training step", "sampling", "measuring")]
    assert outer[-2:] == ["sampling", "measuring"] and 1 <= outer.count("training step") <= 10, outer
    rows = list(csv.DictReader(open(folder / "trace.csv", newline="")))
    assert {"training step", "sampling", "measuring"} == {r["phase"] for r in rows}, rows
    assert any(r["operation"] == "conv backward" and r["layer"] and float(r["flop_per_s"]) > 0 for r in rows), rows
PY
demo >"$work/log" 2>&1
grep -q "there is nothing to trace" "$work/log" || { cat "$work/log"; echo "FAILED: a finished run"; exit 1; }
if demo --device cuda >"$work/log" 2>&1; then echo "FAILED: a GPU"; exit 1; fi
grep -q -- "--profile-trace: got --device cuda; want the CPU" "$work/log" || { cat "$work/log"; echo "FAILED: a GPU"; exit 1; }
