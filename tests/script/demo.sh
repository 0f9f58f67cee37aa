#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: long
# The demo's own numbers: a ratio of 90 % or more at the smallest size, below 50 % at the largest (each at that end of its
# 95 % interval), the EMM between two sizes, 1,000 images a size, at most eight minutes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
begun=$SECONDS
"$DIFFMEM_BUILD/studies/demo" --out "$work" | tail -12
[ $((SECONDS - begun)) -le 480 ] || { echo "FAILED: $((SECONDS - begun)) s"; exit 1; }
python3 - "$work/demo/results.csv" <<'PY'
import csv, sys
rows = sorted((r for r in csv.DictReader(open(sys.argv[1])) if r["best"] == "1"), key=lambda r: int(r["size"]))
assert len(rows) >= 4 and all(int(r["images"]) == 1000 for r in rows), rows
low, high = rows[0], rows[-1]
assert float(low["ratio_low"]) >= 0.9, low
assert float(high["ratio_high"]) < 0.5, high
assert any(float(a["ratio"]) >= 0.9 > float(b["ratio"]) for a, b in zip(rows, rows[1:])), rows
print("ratios:", [(r["size"], r["ratio"]) for r in rows])
PY
