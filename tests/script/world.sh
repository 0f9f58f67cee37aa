#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Real processes on this machine: they understand each other, train as one would, and end with a reason when one is lost.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
processes="$DIFFMEM_BUILD/tests/diffmem_processes"
fail() { echo "FAILED: $*"; exit 1; }

for n in 1 2 3; do "$here/tools/launch" $n "$processes" talk; done

for n in 1 2 4; do "$here/tools/launch" $n "$processes" train "$work/$n"; done
for n in 2 4; do
  echo -n "$n processes against 1: "
  "$processes" compare "$work/1" "$work/$n"
done

# One of three is killed, throws, or stops answering: the others say so, within the timeout of 3 s.
for case in "1 kill no.answer" "0 kill no.answer" "2 throw rank.2.of.3.*disk:.got.no.space" "0 throw rank.0.of.3.*disk:.got.no.space" "1 stop no.answer"; do
  read -r victim how words <<<"$case"
  began=$(date +%s)
  code=0
  DIFFMEM_GRACE=8 "$here/tools/launch" 3 "$processes" lose "$victim" "$how" 2>"$work/said" || code=$?
  took=$(($(date +%s) - began))
  [ $code -ne 0 ] || fail "$case ended well"
  said=$(grep -c "$words" "$work/said" || true)
  [ "$said" -ge 2 ] || fail "$case: $said of 2 others said why: $(cat "$work/said")"
  grep -q "the same command again" "$work/said" || fail "$case: $(cat "$work/said")"
  [ $took -le 20 ] || fail "$case took $took s"
  echo "$case: $took s, $(grep "$words" "$work/said" | head -1)"
done

code=0
RANK=5 WORLD_SIZE=2 "$processes" talk 2>"$work/said" || code=$?
[ $code -eq 1 ] && grep -q "launcher: got RANK=5; want RANK from 0 to 1" "$work/said" || fail "a wrong rank: $(cat "$work/said")"
