#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: python
# A tuned model that was exported here makes the same images in diffusers, from the same latents; a U-Net that diffusers
# wrote in shards makes them here.  Skipped where make python was not run.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
python=$here/.venv-python/bin/python
"$python" -c "import diffusers, transformers" 2>/dev/null || { echo "no diffusers: make python"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$DIFFMEM_BUILD/studies/stable-diffusion" --profile smoke --out "$work/out" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
tuned=$(ls -d "$work"/out/runs/*class*)/weights.safetensors
model=$(ls -d "$work"/out/models/*/)
paint() { "$DIFFMEM_BUILD/examples/paint" --latents "$work/latents.safetensors" --prompt "an animals painting" --steps 10 --guidance 3 "$@"; }
"$python" "$here/tests/script/stable_python.py" latents "$work"
paint --model "$model" --weights "$tuned" --export "$work/tuned" --out "$work/ours"
"$python" "$here/tests/script/stable_python.py" compare "$work"
paint --model "$work/sharded" --out "$work/again"
cmp "$work/ours/images.png" "$work/again/images.png"
