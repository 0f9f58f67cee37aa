#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: long
# The demo's setting at two sizes, three training seeds, in fp32 and in bf16: at each size the 95 % intervals of the mean
# ratio over seeds (Student) overlap, and neither is so wide that this says nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for precision in fp32 bf16; do
  "$DIFFMEM_BUILD/studies/demo" --precision $precision --sizes 16,64 --seeds 3 --out "$work/$precision" | tail -3
done
python3 - "$work" <<'PY'
import csv, math, pathlib, statistics, sys
work = pathlib.Path(sys.argv[1])
T = 4.303  # Student, two degrees of freedom, 95 %
failed = False
intervals = {}
for precision in ("fp32", "bf16"):
    rows = [r for r in csv.DictReader(open(work / precision / "demo/results.csv", newline="")) if r["best"] == "1"]
    for size in ("16", "64"):
        ratios = [float(r["ratio"]) for r in rows if r["size"] == size]
        assert len(ratios) == 3, rows
        mean, half = statistics.mean(ratios), T * statistics.stdev(ratios) / math.sqrt(3)
        intervals[precision, size] = mean - half, mean + half
        print(f"{precision}, |D| = {size}: {100 * mean:.1f} % +- {100 * half:.1f}")
        failed |= half > 0.15
for size in ("16", "64"):
    a, b = intervals["fp32", size], intervals["bf16", size]
    if max(a[0], b[0]) > min(a[1], b[1]):
        print(f"FAILED: |D| = {size}: the intervals do not overlap")
        failed = True
sys.exit(failed)
PY
