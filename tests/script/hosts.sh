#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: long
# Two network namespaces joined by a cable, as two hosts with their own addresses: one training runs across them.  The
# cable is cut: both say so within the timeout and end; it is mended, and the same command again to the results of a
# run that was never cut, bit for bit.  Skipped where namespaces are not allowed.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
a="diffmem-a-$$" b="diffmem-b-$$"
cleanup() {
  kill $(jobs -p) 2>/dev/null || true
  ip netns del "$a" 2>/dev/null || true
  ip netns del "$b" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "FAILED: $*"; tail -n 5 "$work"/*.log; exit 1; }
command -v ip >/dev/null || skip "no ip command (package iproute2)"
ip netns add "$a" 2>/dev/null && ip netns add "$b" 2>/dev/null || skip "network namespaces are not allowed here"
ip link add "va$$" netns "$a" type veth peer name "vb$$" netns "$b" 2>/dev/null || skip "no veth pair to be had here"
ip -n "$a" addr add 10.213.7.1/24 dev "va$$"
ip -n "$b" addr add 10.213.7.2/24 dev "vb$$"
for n in "$a" "$b"; do ip -n "$n" link set lo up; done
plug() { ip -n "$a" link set "va$$" "$1" && ip -n "$b" link set "vb$$" "$1"; }
plug up

# The second host shares no folder with the first, as rank 0 alone has one.
host() { # namespace rank folder
  RANK=$2 WORLD_SIZE=2 LOCAL_RANK=0 LOCAL_WORLD_SIZE=1 MASTER_ADDR=10.213.7.1 MASTER_PORT=29511 exec ip netns exec "$1" \
    "$DIFFMEM_BUILD/studies/demo" --sizes 12 --threads 1 --checkpoint-seconds 0.5 --timeout 4 --out "$3" --set net.base=16 \
    --set train.batch=32 --set train.length=600 --set train.evaluations=2 --set sample.images=24
}
both() { # folder; the exit codes are left in $codes
  (host "$a" 0 "$1") >>"$work/a.log" 2>&1 &
  first=$!
  (host "$b" 1 "$work/nothing") >>"$work/b.log" 2>&1 &
  second=$!
}
ended() {
  codes=""
  for pid in $first $second; do
    code=0
    wait "$pid" || code=$?
    codes+="$code "
  done
}

both "$work/whole"
ended
[ "$codes" = "0 0 " ] || fail "two hosts ended with $codes"
grep -o "done, .* waiting for each other)" "$work/a.log"
[ ! -e "$work/nothing" ] || fail "rank 1 wrote files"

both "$work/cut"
until ls "$work"/cut/runs/*/checkpoints/step-* >/dev/null 2>&1; do sleep 0.1; done
plug down
began=$(date +%s)
ended
took=$(($(date +%s) - began))
[ "$codes" = "1 1 " ] || fail "after the cut: $codes"
[ $took -le 30 ] || fail "the cut was noticed after $took s"
for log in a b; do
  grep -h "^error: rank . of 2 on .*no answer from another process.*the same command again" "$work/$log.log" || fail "$log does not say it"
done
ls "$work"/cut/runs/*/finished.json 2>/dev/null && fail "finished before the cut; make the training longer"

plug up
both "$work/cut"
ended
[ "$codes" = "0 0 " ] || fail "after the mend: $codes"
grep -c "continues from step" "$work/a.log" | sed 's/$/ continuation/'
for file in weights.safetensors progress.jsonl samples; do
  diff -r "$work"/whole/runs/*/$file "$work"/cut/runs/*/$file || fail "$file differs"
done
echo "equal bit for bit"
