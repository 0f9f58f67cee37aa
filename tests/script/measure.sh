#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# examples/measure on folders with known copies: it finds them and no others, skips or stops at broken files, repeats its
# bytes, refuses what makes no sense, and leaves nothing when it is interrupted.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
measure=$DIFFMEM_BUILD/examples/measure
"$DIFFMEM_BUILD/tests/sample_folders" .
folders=(--training training --generated generated --threads 1)

fail() { echo "FAILED: $*"; cat output 2>/dev/null; exit 1; }
# refuses WHAT CODE WORD... -- COMMAND...: the command exits with CODE, its output holds every WORD, and it leaves no out/.
refuses() {
  local what=$1 code=$2 words=() got=0
  shift 2
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  "$@" --out out >output 2>&1 || got=$?
  [ "$got" -eq "$code" ] || fail "$what: exit $got, want $code"
  for word in "${words[@]}"; do grep -qF -e "$word" output || fail "$what: no \"$word\""; done
  [ ! -e out ] || fail "$what: something was written"
  echo "ok $what"
}

refuses "no folder named" 2 "--generated" "--help" -- "$measure" --training training
refuses "unknown option" 2 "unrecognised option" "--help" -- "$measure" "${folders[@]}" --sise 8
refuses "a side of nothing" 2 "--side" "1 to 4096" -- "$measure" "${folders[@]}" --side 0
refuses "unknown filter" 2 "--shrink" "area or box or lanczos" -- "$measure" "${folders[@]}" --shrink cubic
refuses "threshold out of range" 2 "--threshold" "at most 1" -- "$measure" "${folders[@]}" --threshold 1.5
refuses "a threshold over nothing" 2 "--threshold" "p/q" -- "$measure" "${folders[@]}" --threshold 1/0
refuses "a threshold of letters" 2 "--threshold" -- "$measure" "${folders[@]}" --threshold third
refuses "unknown word" 2 "--broken" "stop or skip" -- "$measure" "${folders[@]}" --broken ignore
refuses "too many threads" 2 "--threads" "1024" -- "$measure" --training training --generated generated --threads 5000
refuses "no such folder" 1 "no folder nowhere" -- "$measure" --training nowhere --generated generated
mkdir empty
refuses "a folder without images" 1 "no .png, .jpg or .jpeg file in empty" -- "$measure" --training empty --generated generated
refuses "a broken file" 1 "generated/cut.png" "cut short" "--broken skip" -- "$measure" "${folders[@]}" --broken stop
refuses "a side above every image" 1 "48x40 pixels, fewer than the side 64" "--side 40" -- "$measure" "${folders[@]}" --side 64
refuses "dry run" 0 "training          42 files" "generated         26 files" "side              16" \
  -- "$measure" "${folders[@]}" --side 16 --dry-run
mkdir one && cp training/a/00.png one/
refuses "one training image" 1 "one training image" "second nearest" -- "$measure" --training one --generated generated
mkdir equal && for i in 1 2 3 4 5; do cp training/a/00.png "equal/$i.png"; done
refuses "equal training images" 1 "one image, 4 that equal it left out" "--exact-duplicates" \
  -- "$measure" --training equal --generated generated
# What is wrong with one folder is said before another is read.
touch file
for wrong in "--generated nowhere" "--held-out nowhere" "--held-out empty" "--out file/out"; do
  code=0
  "$measure" "${folders[@]}" $wrong >output 2>&1 || code=$?
  [ "$code" -ne 0 ] || fail "$wrong"
  ! grep -q "images read" output || fail "$wrong: noticed after reading"
done
echo "ok wrong folders"
refuses "help" 0 "--held-out" "--exact-duplicates" -- "$measure" --help

"$measure" "${folders[@]}" --held-out held-out --out out >output
grep -q "skipped cut.png: damaged PNG: cut short" output || fail "a skipped file is not named"
grep -q "the model memorizes" output || fail "no verdict"
python3 - <<'PY'
import csv, json
rows = list(csv.DictReader(open("out/results.csv", newline="")))
assert len(rows) == 24, len(rows)
assert [r["file"] for r in rows] == sorted(r["file"] for r in rows), "order"
found = {r["file"]: r["nearest"] for r in rows if r["memorized"] == "1"}
assert found == {f"copy-{n}.{e}": f"a/{n}.png" for n, e in (("03", "jpg"), ("05", "png"), ("07", "png"), ("09", "png"))}, found
by_file = {r["file"]: r for r in rows}
assert float(by_file["copy-09.png"]["d1"]) == 0
assert 0.9 < float(by_file["copy-05.png"]["d1"]) < 1.1, by_file["copy-05.png"]
for r in rows:
    assert abs(float(r["d1"]) / float(r["d2"]) - float(r["ratio"])) < 1e-12, r
held_out = list(csv.DictReader(open("out/held-out.csv", newline="")))
assert len(held_out) == 30 and all(r["memorized"] == r["copy"] == "0" for r in held_out)
assert all(r["copy"] == r["memorized"] for r in rows), "no image has a twin here"
record = json.load(open("out/results.json"))
assert record["training"]["images"] == 40 and record["training"]["duplicates"] == 2, record["training"]
assert record["shape"] == [3, 32, 32]
assert record["generated"]["memorized"] == 4 and record["generated"]["images"] == 24
assert record["generated"]["ratio"] == 4 / 24
assert [s["file"] for s in record["generated"]["skipped"]] == ["cut.png", "text.jpg"]
assert record["held-out"]["memorized"] == 0 and record["generated_less_held_out"]["low"] > 0
assert record["settings"]["shrink"] == "area" and record["made_with"]["commit"]
page = open("out/report.html").read()
assert page.count("<svg") == 25 and "copy-03.jpg" in page and "http-equiv" in page and "<script" not in page
PY
ls out | tr '\n' ' '; echo
[ "$(ls out | wc -l)" = 6 ] || fail "files in out/"

cp -r out first
"$measure" "${folders[@]}" --held-out held-out --out out >output
cmp first/results.csv out/results.csv && cmp first/neighbours.svg out/neighbours.svg && cmp first/histogram.svg out/histogram.svg || fail "a second run differs"
"$measure" --training training --generated generated --threads 2 --out two >output
cmp first/results.csv two/results.csv || fail "two threads differ from one"
"$measure" "${folders[@]}" --exact-duplicates keep --out kept >output
grep -q "42 " output || fail "--exact-duplicates keep"
"$measure" --training training --generated training --exact-duplicates keep --threads 1 --out self >output
grep -q "3 generated images have two training images at distance 0" output || fail "zero second"
grep -q "^generated *42 *0 *39 .* 42 " output || fail "a copy of a duplicated image is a copy"
"$measure" --training training --generated held-out --threads 1 --out fresh >output
grep -q "No memorization was found" output || fail "fresh images"
"$measure" "${folders[@]}" --threshold 1/2 --out half >output
grep -q "than 1/2 of\|than 0.5 of" output || fail "--threshold 1/2"
"$measure" "${folders[@]}" --threshold 2/7 --out sevenths >output
grep -q "than 2/7 of" output || fail "--threshold 2/7"
"$measure" --training equal --generated equal --exact-duplicates keep --threads 1 --out equals >output
! grep -q "No memorization was found" output || fail "copies of equal images"
grep -q "5 equal two training images" output || fail "equal images are not named"
"$measure" "${folders[@]}" --shrink lanczos --side 16 --threshold 0.0001 --out strict >output
grep -q "^generated *24 *2 *1 " output || fail "--threshold"
echo "copies found, runs repeat"

"$DIFFMEM_BUILD/studies/demo" --data folder:training --sizes 4 --jobs 1 --threads 1 --out study --set net.base=8 \
  --set train.batch=4 --set train.length=4 --set sample.images=4 --set sample.batch=4 >output 2>&1 || fail "a study of a folder"
grep -q '"data.source": "folder:training"' study/runs/*/run.json || fail "the folder is not in run.json"
echo "a study trains on a folder"

mkdir large
for i in $(seq 400); do ln -s ../large.png "large/$i.png"; done
"$measure" --training large --generated generated --threads 1 --out interrupted >output 2>&1 &
pid=$!
sleep 2
kill -INT "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 130 ] || fail "Ctrl-C ended with $code"
[ ! -e interrupted ] || fail "Ctrl-C left something"
echo "Ctrl-C leaves nothing"
