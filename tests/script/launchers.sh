#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: python
# The launchers that people have: torchrun (1, 2 and 4 processes) and mpirun (1 and 2) train as one process does, and say
# what share of a step is communication.  Skipped where one of them is not there.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
torchrun="$here/.venv-python/bin/torchrun"
for program in "$torchrun" mpirun; do
  command -v "$program" >/dev/null || { echo "no $program: make python; tools/bootstrap packages mpi"; exit 77; }
done
processes="$DIFFMEM_BUILD/tests/diffmem_processes"
export OMP_NUM_THREADS=1
torch() { "$torchrun" --no-python --nproc-per-node "$@"; }
mpi() { mpirun --allow-run-as-root --oversubscribe -n "$@"; }

"$processes" train "$work/alone"
for launch in "torch 1" "torch 2" "torch 4" "mpi 1" "mpi 2"; do
  $launch "$processes" talk
  $launch "$processes" train "$work/${launch// /}"
  echo -n "$launch against one process: "
  "$processes" compare "$work/alone" "$work/${launch// /}"
done

study=("$DIFFMEM_BUILD/studies/demo" --sizes 12 --threads 1 --set net.base=16 --set train.batch=32 --set train.length=200
  --set train.evaluations=1 --set sample.images=24)
for launch in "torch 2" "mpi 2"; do
  $launch "${study[@]}" --out "$work/study${launch// /}" | grep "waiting for each other" | sed "s/^/$launch: /"
  ls "$work/study${launch// /}"/runs/*/finished.json >/dev/null
done
