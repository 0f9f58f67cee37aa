#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a study says to bad input: exit code not 0, a message that says who, got, want and what to do, and earlier
# results intact.
set -euo pipefail
source "$(dirname "$0")/refuses.bash"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
demo=$DIFFMEM_BUILD/studies/demo
tiny=(--jobs 1 --threads 1 --set net.base=8 --set train.batch=4 --set train.length=20 --set train.evaluations=1
      --set sample.images=8 --set sample.batch=8)

"$demo" "${tiny[@]}" --sizes 12 --out "$work/good" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
run=$(echo "$work"/good/runs/*)
snapshot() { (cd "$work/good" && find . -type f ! -name report.html -exec sha256sum {} + | sort -k2); }
snapshot >"$work/before"

"$demo" "${tiny[@]}" --set sampler.steps=5 --dry-run >"$work/log"
grep -q "sampler.steps = 5" "$work/log" || { echo "FAILED: a policy's setting is not taken"; cat "$work/log"; exit 1; }

refuses "unknown option" 2 "unrecognised option" "--help" -- "$demo" --sizs 4
refuses "a word of no option" 2 "got \"32\"" "commas" -- "$demo" --sizes 16 32
refuses "no sizes" 2 "--sizes" "numbers of 2 or more" -- "$demo" --sizes ""
refuses "no sense in a size" 2 "--sizes" "numbers of 2 or more" -- "$demo" --sizes 4,x
refuses "unknown setting" 2 "no setting \"train.rl\"" "train.lr" "sampler.steps" -- "$demo" --set train.rl=1
refuses "a misspelt setting" 2 "want one of train.lr " "correct the name: train.lr?" -- "$demo" --set train.lrr=1
refuses "a setting without its group" 2 "no setting \"lr\"; want one of train.lr;" -- "$demo" --set lr=1
refuses "a setting that the images decide" 2 "--set net.channels" "the images" -- "$demo" --set net.channels=3
refuses "a size beside --sizes" 2 "--set data.size" "--sizes" -- "$demo" --set data.size=20
refuses "wrong type of value" 2 "--set train.lr" "a value like" -- "$demo" --set train.lr=fast
refuses "value out of range" 2 "1 or more" -- "$demo" --set train.batch=0
refuses "unknown budget" 2 "--budget" "epochs or steps" -- "$demo" --budget hours
refuses "a seed below zero" 2 "--seed" -- "$demo" --seed -1
refuses "unknown device" 2 "cpu or cuda" -- "$demo" --device gpu
refuses "a lease of no time" 2 "--lease" "1 or more" -- "$demo" --lease 0
refuses "too many tasks" 2 "--slurm-tasks" "0 to 1000" -- "$demo" --slurm-tasks 5000
refuses "too many threads" 2 "--threads" "1024" -- "$demo" --threads 100000
refuses "a policy's value out of range" 2 "steps" "1 or more" -- "$demo" --set sampler.steps=0
refuses "a length beyond counting" 2 "length" -- "$demo" --set train.length=1e30
refuses "attention at no level" 2 "attention" -- "$demo" --set net.attention=5
refuses "a training that does not stay finite" 1 "finite numbers" "last good checkpoint" "sigma" -- "$demo" "${tiny[@]}" \
  --sizes 12 --set train.lr=1e20 --set train.warmup=3 --checkpoint-seconds 0 --out "$work/wild"
refuses "unknown data" 1 "fashion-mnist" "cifar10" -- "$demo" --data no-such-thing --out "$work/good"
refuses "missing file" 1 "$work/nowhere" -- "$demo" --data "fashion-mnist:$work/nowhere" --out "$work/good"
mkdir "$work/cut"
source=$(dirname "$(find /usr/share/datasets ${DIFFMEM_DATA:-} -name train-images-idx3-ubyte.gz 2>/dev/null | head -1)")
head -c 100000 "$source/train-images-idx3-ubyte.gz" >"$work/cut/train-images-idx3-ubyte.gz"
cp "$source/train-labels-idx1-ubyte.gz" "$work/cut/"
refuses "truncated gz" 1 "train-images-idx3-ubyte.gz" -- "$demo" --data "fashion-mnist:$work/cut" --out "$work/good"
refuses "size larger than the data" 2 "60000" -- "$demo" "${tiny[@]}" --sizes 70000 --out "$work/good"
refuses "no GPU" 1 "--device cuda" -- "$demo" --device cuda --out "$work/good"

# A run that stopped half-way, with a damaged checkpoint.
"$demo" "${tiny[@]}" --sizes 12 --out "$work/half" >/dev/null 2>&1
half=$(echo "$work"/half/runs/*)
rm "$half/finished.json"
checkpoint=$(echo "$half"/checkpoints/step-*)
truncate -s -100 "$checkpoint/tensors.safetensors"
refuses "truncated checkpoint" 1 "checkpoint" "checksum" "remove" -- "$demo" "${tiny[@]}" --sizes 12 --out "$work/half"
truncate -s +100 "$checkpoint/tensors.safetensors"
refuses "corrupt checkpoint" 1 "checkpoint" "checksum" "remove" -- "$demo" "${tiny[@]}" --sizes 12 --out "$work/half"
sed -i 's/"train.lr": [0-9.e-]*/"train.lr": 0.5/' "$half/run.json"
refuses "a run folder of another configuration" 1 "another configuration" "train.lr = 0.5" -- "$demo" "${tiny[@]}" --sizes 12 --out "$work/half"

# Two workers and one run: the second one waits, and takes over at once when the first is killed.
# held LOG OPTION...
held() {
  local log=$work/$1
  shift
  exec "$demo" "${tiny[@]}" --sizes 12 --set train.length=2000 --checkpoint-seconds 0.1 --out "$work/held" "$@" >"$log" 2>&1
}
# heard TEXT LOG: waits until it is there.
heard() {
  for _ in $(seq 300); do ! grep -q "$1" "$work/$2" 2>/dev/null || return 0; sleep 0.1; done
  echo "FAILED a run another worker has: no \"$1\""; cat "$work/$2"; exit 1
}
held first & holder=$!
heard "step " first
(held left --leave) || { echo "FAILED --leave"; cat "$work/left"; exit 1; }
heard "Other workers have what is left (.*, pid $holder); the last" left
held second & waiting=$!
heard "another worker (.*, pid $holder) has it" second
kill -9 $holder
wait $waiting || { echo "FAILED a run another worker had"; cat "$work/second"; exit 1; }
heard ": done, 2000 steps" second
[ -z "$(find "$work/held" -name 'lease-*')" ] || { echo "FAILED: a lease is left"; exit 1; }
echo "ok a run another worker has is waited for, and taken over"

# A finished run whose files were changed afterwards.
cp -r "$work/good" "$work/changed"
echo >>"$(echo "$work"/changed/runs/*)/measures.jsonl"
refuses "a changed result" 1 "measures.jsonl" "checksum" -- "$demo" "${tiny[@]}" --sizes 12 --out "$work/changed"

# A full disk: a file may not grow beyond 20 kB.  The run that is there stays as it was.
full() { (trap '' XFSZ; ulimit -f 20; exec "$demo" "${tiny[@]}" --sizes 14 --out "$work/good"); }
refuses "a full disk" 1 "while" "bytes" -- full
if [ "$(id -u)" = 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=200k tmpfs "$work/small" 2>/dev/null; then
  refuses "a full disk (tmpfs)" 1 "No space left" "free some disk space" -- "$demo" "${tiny[@]}" --sizes 12 --out "$work/small" || { umount "$work/small"; exit 1; }
  umount "$work/small"
fi
rm -rf "$work"/good/runs/*-n14-*
snapshot | diff "$work/before" - || { echo "FAILED: earlier results changed"; exit 1; }
echo "earlier results are intact"
