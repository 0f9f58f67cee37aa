#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# study.sh NAME FOLDER: a study says what it is, plans itself at every scale, and at the smallest runs to a report that has
# every run of its grid and a verdict on every claim.
set -euo pipefail
name=$1 out=$2
study=$DIFFMEM_BUILD/studies/$name
source=$(cd "$(dirname "$0")/../.." && pwd)/studies/${name//-/_}.cpp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep -q -- --profile <("$study" --help) || { echo "FAILED: --help"; exit 1; }
for profile in paper gpu desktop smoke; do
  "$study" --profile $profile --dry-run >"$work/$profile" 2>&1 || { cat "$work/$profile"; echo "FAILED: --dry-run, $profile"; exit 1; }
  tail -1 "$work/$profile"
done
"$study" --profile smoke --out "$out" >"$work/log" 2>&1 || { cat "$work/log"; echo "FAILED: smoke"; exit 1; }
python3 - "$work/smoke" "$out/$name" "$source" <<'PY'
import csv, html, pathlib, re, sys
plan, folder, source = map(pathlib.Path, sys.argv[1:])
lines = plan.read_text().splitlines()
head = next(i for i, line in enumerate(lines) if line.startswith(folder.name + " ") and line.endswith("time"))
# A run's name ends where its number of parameters begins.
planned = [re.sub(r"\s{2,}\d.*", "", line).strip() for line in lines[head + 1:lines.index("", head)]]
rows = csv.DictReader(open(folder / "results.csv", newline=""))
made = {(row["cell"], row["seed"]) for row in rows}
# A report leaves out what all cells share.
seeded = re.compile(r", seed (\d+)$")
planned = [(seeded.sub("", name), seeded.search(name)) for name in planned]
runs = len(planned)
planned = sorted({name for name, seed in planned})
made_cells = {cell for cell, seed in made}
shared = set.intersection(*(set(name.split(", ")) for name in planned)) if len(planned) > 1 else set()
shorter = {", ".join(part for part in name.split(", ") if part not in shared) for name in planned}
assert planned and len(made) == runs and made_cells in (set(planned), shorter), f"planned {planned}, made {sorted(made)}"
page = (folder / "report.html").read_text()
texts = re.findall(r'claim::(?!each\b)\w+\(\s*((?:"[^"]*"\s*)+)', source.read_text())
assert texts, "a study without a claim"
for text in texts:
    text = "".join(re.findall(r'"([^"]*)"', text))
    assert html.escape(text) in page, f"no claim {text!r} in the report"
verdicts = len(re.findall(r'class="verdict[ "]', page))
assert verdicts == len(texts), f"{verdicts} verdicts, {len(texts)} claims"
print(runs, "runs,", len(texts), "claims")
PY
