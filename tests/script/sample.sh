#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# examples/sample makes from a run's weights the images that the run made, bit for bit, and refuses bad files and words.
set -euo pipefail
source "$(dirname "$0")/refuses.bash"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sample=$DIFFMEM_BUILD/examples/sample
"$DIFFMEM_BUILD/examples/train" --jobs 1 --threads 1 --sizes 12 --schedule ve --embedding fourier --family ncsnpp --skip "11 01" \
  --condition true --sampler euler --set sampler.steps=9 --set sample.seed=3 --set sample.images=21 --set sample.batch=8 \
  --set net.base=8 --set train.batch=8 --set train.length=60 --set train.warmup=0 --set train.ema=0 --out "$work/run" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
weights=$(echo "$work"/run/runs/*/weights.safetensors)
samples=$(echo "$work"/run/runs/*/samples/*.safetensors)
make_images() { # FOLDER OPTION...
  "$sample" --weights "$weights" --threads 1 --out "$work/$1" "${@:2}" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}

make_images same --images 21 --batch 8 --seed 3
cmp "$work/same/images.safetensors" "$samples" || { echo "FAILED: other images than the run's"; exit 1; }
echo "ok the run's own images"
head -c 8 "$work/same/images.png" | cmp - <(printf '\x89PNG\r\n\x1a\n')
for other in "--label 2" "--sampler heun" "--set sampler.steps=10" "--set schedule.largest=50"; do
  make_images other --images 21 --batch 8 --seed 3 $other
  ! cmp -s "$work/other/images.safetensors" "$samples" || { echo "FAILED: $other changes nothing"; exit 1; }
done
make_images other --images 21 --batch 8 --seed 4
! cmp -s "$work/other/images.safetensors" "$samples" || { echo "FAILED: the seed changes nothing"; exit 1; }
echo "ok seed, label, policies and settings count"
make_images dry --dry-run --seed 3
for word in "sampler = euler" "sampler.steps = 9" "schedule = ve" "skip.mask = 11 01" "net.base = 8" "64 images, 9 evaluations each"; do
  grep -qF "$word" "$work/log" || { echo "FAILED: --dry-run does not say $word"; cat "$work/log"; exit 1; }
done
[ ! -e "$work/dry" ] || { echo "FAILED: --dry-run writes"; exit 1; }
"$sample" --help | grep -q -- "--sampler arg *heun, euler"

refuses "no file" 2 "--weights" "--help" -- "$sample"
refuses "a missing file" 1 "No such file" "nought" -- "$sample" --weights "$work/nought"
refuses "an unknown option" 2 "unrecognised option" -- "$sample" --weights "$weights" --sede 3
refuses "an unknown policy" 2 "--sampler" "heun, euler" -- "$sample" --weights "$weights" --sampler hun
refuses "an unknown setting" 2 "--set" "sampler.steps" -- "$sample" --weights "$weights" --set sampler.stebs=3
refuses "a setting out of range" 2 "0 noise levels" -- "$sample" --weights "$weights" --set sampler.steps=0
refuses "a label that no image had" 2 "label 10" "0 to 9" -- "$sample" --weights "$weights" --label 10
refuses "no images" 2 "--images" "1 or more" -- "$sample" --weights "$weights" --images 0
refuses "a seed below zero" 2 "--seed" -- "$sample" --weights "$weights" --seed -1
refuses "a word for a number" 2 "--batch" "a value like" -- "$sample" --weights "$weights" --batch many
refuses "another family" 1 "of shape" "belongs to this network" -- "$sample" --weights "$weights" --family ddpmpp
refuses "a prefix that no name has" 1 "no tensor ema.map_" -- "$sample" --weights "$weights" --prefix ema.

# A file with one thing changed: bad WHAT 'PYTHON' WORD...; the header is h, its metadata m, the data d.
bad() {
  python3 - "$weights" "$work/bad" "$2" <<'PY'
import json, struct, sys
content = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", content[:8])[0]
names = {"h": json.loads(content[8:8 + size]), "d": content[8 + size:]}
names["m"] = names["h"]["__metadata__"]
exec(sys.argv[3], names)
header = json.dumps(names["h"]).encode()
open(sys.argv[2], "wb").write(struct.pack("<Q", len(header)) + header + names["d"])
PY
  refuses "$1" 1 "${@:3}" -- "$sample" --weights "$work/bad" --out "$work/none"
  [ ! -e "$work/none" ] || { echo "FAILED $1: something was written"; exit 1; }
}
bad "a file cut short" 'd = d[:-4]' "inside the"
bad "a missing tensor" 'h["stranger"] = h.pop("map_layer0.bias")' "no tensor map_layer0.bias" "[32]"
bad "a tensor of another shape" 'h["map_layer0.weight"]["shape"].reverse()' "map_layer0.weight of shape [16,32]" "[32,16]"
bad "no configuration" 'm.clear()' "$work/bad" "no configuration in the metadata"
bad "an unknown key" 'm["net.wings"] = "2"' 'no field "wings"'
bad "a missing key" 'del m["net.mult"]' 'no "net.mult"'
bad "a network out of range" 'm["net.blocks"] = "100000"' "blocks = 100000" "1 to 256"
bad "a network far larger than the file" 'm["net.base"] = "8192"' "of shape"
bad "an unknown policy in the file" 'm["schedule"] = "cosine"' "schedule = cosine" "the program that has this policy"
bad "a policy's number out of range in the file" 'm["sampler.steps"] = "-1"' "-1 noise levels"
bad "a left-over tensor" 'h["spare"] = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}' "spare of shape [0]" "$work/bad"

"$sample" --weights "$weights" --threads 1 --images 10000000 --batch 8 --out "$work/stopped" >"$work/log" 2>&1 &
while kill -0 $! && ! grep -q "sampling: image" "$work/log"; do sleep 0.1; done
kill -INT $!
code=0
wait $! || code=$?
[ "$code" -eq 130 ] && grep -q "nothing was written" "$work/log" || { echo "FAILED: Ctrl-C ends with $code"; cat "$work/log"; exit 1; }
[ -z "$(ls "$work/stopped")" ] || { echo "FAILED: Ctrl-C leaves files"; exit 1; }
echo "ok Ctrl-C"
