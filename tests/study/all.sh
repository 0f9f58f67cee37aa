#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# all.sh FOLDER: `all` finds every run of every study done there, and its page leads to each report.
set -euo pipefail
out=$1
all=$DIFFMEM_BUILD/studies/all
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; tail -20 "$work/log"; exit 1; }
"$all" --profile smoke --out "$out" >"$work/log" 2>&1 || fail "all"
! grep -q ": done, " "$work/log" || fail "a run was made twice: $(grep -m1 ': done, ' "$work/log")"
here=$(cd "$(dirname "$0")/../.." && pwd)
for source in "$here"/studies/*.cpp; do
  name=$(basename "$source" .cpp); name=${name//_/-}
  grep -q "href=\"$name/report.html\"" "$out/index.html" || fail "index.html has no $name"
done
"$all" --help | grep -q -- --only || fail "--help"
"$all" --only no-such-study >"$work/log" 2>&1 && fail "an unknown study"
grep -q "skip-location" "$work/log" || fail "the studies are not named"

# Two halves of a study, copied together, are the study.
cell=width
for part in 1 2; do
  "$all" --only $cell --profile smoke --shard $part/2 --out "$work/$part" >"$work/log" 2>&1 || fail "shard $part/2"
  ls "$work/$part/runs" >"$work/made$part"
done
[ -z "$(comm -12 "$work/made1" "$work/made2")" ] || fail "a run of both shards"
cp -r "$work"/2/runs/* "$work/1/runs/"
"$all" --only $cell --profile smoke --out "$work/1" >"$work/log" 2>&1 || fail "merge"
! grep -q ": done, " "$work/log" || fail "a run of a shard was made again"
results() {  # without times, folders and commit
  python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="")):
    print({k: v for k, v in row.items() if "seconds" not in k and k not in ("images_per_second", "commit", "folder")})' "$1" | sort
}
diff <(results "$out/$cell/results.csv") <(results "$work/1/$cell/results.csv") || fail "merged results differ"

# A study whose images are not there is named at the end, and its report is not.
DIFFMEM_DATA=$work/nothing "$all" --profile paper --only width --out "$work/none" >"$work/log" 2>&1 && fail "a data set that is not there"
grep -q "^error: width: .*cifar10" "$work/log" || fail "the study without images is not named"

# What is kept in docs/.
"$all" --only $cell --profile smoke --out "$out" --publish "$work/docs" >"$work/log" 2>&1 || fail "--publish"
grep -q "results/$cell/ratio.svg" "$work/docs/results.md" || fail "results.md has no figure"
[ -s "$work/docs/results/$cell/ratio.svg" ] && [ -s "$work/docs/results/$cell/results.csv" ] || fail "results/$cell"

# A given data set takes the place of all that a study would try.
"$all" --only $cell --dry-run --profile smoke --out "$out" >"$work/log" 2>&1 || fail "--dry-run"
grep -q "(done)" "$work/log" || fail "a finished run is not called so"
"$DIFFMEM_BUILD/studies/optimum" --profile desktop --data fashion-mnist --sizes 64 --dry-run >"$work/log" 2>&1 || fail "--data"
grep -q -e "--data" "$work/log" && ! grep -q openclipart "$work/log" || fail "--data beside the study's own"

for wrong in 0/2 3/2 2 a/b; do
  "$all" --shard $wrong --dry-run >"$work/log" 2>&1 && fail "--shard $wrong"
  grep -q "I from 1 to N" "$work/log" || fail "--shard $wrong: no advice"
done
echo "all studies in one, and in two shards"
