#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# examples/measure by several processes, each of which reads its part of the training images: the report is that of one
# process, byte for byte but for times, and what goes wrong in one ends all.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
measure=$DIFFMEM_BUILD/examples/measure
"$DIFFMEM_BUILD/tests/sample_folders" .
fail() { echo "FAILED: $*"; cat output 2>/dev/null; exit 1; }

# Equal images that stand in different parts, a broken file, and the first few images grey.
cp training/a/05.png training/b/z-05.png
cp generated/cut.png training/a/cut.png
cp training/b/25.png training/a/0-25.png
for i in 1 2 3; do cp large.png "training/a/00-$i.png"; done

# timeless FOLDER: what does not differ between runs.
timeless() {
  for file in results.csv held-out.csv neighbours.svg histogram.svg; do [ -e "$1/$file" ] && cat "$1/$file"; done
  sed -E 's/20[0-9-]+ [0-9:]+ UTC//' "$1/results.json" "$1/report.html"
}
# said: what was left out, and the result.
said() { grep "^  skipped" output || true; sed -n '/^folder/,$p' output; }
# same WHAT PROCESSES OPTION...: these processes measure what one does.
same() {
  local what=$1 n=$2
  shift 2
  rm -rf out
  "$measure" "$@" --threads 1 --out out >output 2>&1 || fail "$what: one process"
  timeless out >one && said >said
  rm -rf out
  "$here/tools/launch" "$n" "$measure" "$@" --threads 1 --out out >output 2>&1 || fail "$what: $n processes"
  timeless out | cmp one - || fail "$what: $n processes differ"
  said | cmp said - || fail "$what: $n processes say other things, or each of them does"
  echo "ok $what"
}
all=(--training training --generated generated --held-out held-out --side 16)
same "two processes" 2 "${all[@]}"
same "three" 3 "${all[@]}"
same "duplicates kept" 2 "${all[@]}" --exact-duplicates keep
same "the training images themselves" 3 --training training --generated training --exact-duplicates keep
mkdir few && cp training/a/0[0-2].png few/ && cp generated/cut.png few/a.png
same "more processes than images" 4 --training few --generated generated

# ends WHAT CODE WORD... -- OPTION...: every process ends, none with 0, and WORDs are said.
ends() {
  local what=$1 words=() got=0
  shift
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  rm -rf out
  DIFFMEM_GRACE=20 timeout 60 "$here/tools/launch" 2 "$measure" "$@" --threads 1 --out out >output 2>&1 || got=$?
  [ "$got" -eq 1 ] || fail "$what: exit $got, want 1"
  for word in "${words[@]}"; do grep -qF -e "$word" output || fail "$what: no \"$word\""; done
  [ ! -e out ] || fail "$what: something was written"
  echo "ok $what"
}
ends "no such folder" "no folder nowhere" "the failure of rank 0" -- --training nowhere --generated generated
ends "a broken file in the second part" "training/a/cut.png" "cut short" "the failure of another process, rank 1 of 2" \
  -- --training training --generated generated --broken stop --side 16
mkdir none && cp generated/cut.png none/1.png && cp generated/cut.png none/2.png
ends "nothing that can be used" "none of 2 files in none" -- --training none --generated generated
