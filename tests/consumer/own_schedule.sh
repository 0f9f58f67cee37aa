#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# own_schedule.sh PROGRAM: the example of a schedule of one's own is as short as the README says, trains and samples, in
# its own loop and as a study.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
lines=$(wc -l <"$root/examples/own_schedule/flow.hpp")
[ "$lines" -le 40 ] || { echo "FAILED: flow.hpp has $lines lines; want 40 at most"; exit 1; }
grep -q "flow.hpp\`, $lines lines" "$root/README.md" || { echo "FAILED: the README does not say that flow.hpp has $lines lines"; exit 1; }
echo "ok flow.hpp has $lines lines"
"$1" by-hand | tee by_hand.log
"$1" --jobs 1 --threads 1 --set train.length=60 --set sample.images=10 --out study | tail -5
python3 - <<'PY'
import csv, json, pathlib, struct

def tensors(path):
    content = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + size])
    return header.pop("__metadata__", {}), {name: content[8 + size:][slice(*t["data_offsets"])] for name, t in header.items()}

losses = [float(line.split()[-1]) for line in open("by_hand.log")]
assert len(losses) == 6 and losses[-1] < 0.5 * losses[0], losses  # a comparison with nan fails
assert open("flow.png", "rb").read(8) == b"\x89PNG\r\n\x1a\n"
metadata, weights = tensors("flow.safetensors")
assert metadata["schedule"] == "flow" and metadata["schedule.margin"] == "0.001" and len(weights) > 50, metadata
runs = {json.loads((run / "run.json").read_text())["parameters"]["design"].split("-")[0]: run for run in pathlib.Path("study/runs").iterdir()}
assert sorted(runs) == ["edm", "flow"], runs
for name, run in runs.items():
    losses = [json.loads(line)["loss"] for line in (run / "progress.jsonl").read_text().splitlines()]
    assert len(losses) == 60 and sum(losses[-20:]) < 0.8 * sum(losses[:20]), (name, losses)
    images = tensors(next((run / "samples").iterdir()))[1]["images"]
    assert len(images) == 10 * 64 and len(set(images)) > 50, name
page = pathlib.Path("study/own_schedule/report.html").read_text()
assert "flow" in page and "edm" in page
assert [row["series"] for row in csv.DictReader(open("study/own_schedule/results.csv"))] == ["flow", "edm"]
print("ok trained and sampled, by hand and as a study")
PY
