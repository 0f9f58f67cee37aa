#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: python
# The same with a snapshot that the real torch pickles.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -x .venv-python/bin/python ] || { echo "skipped: needs make python"; exit 77; }
exec .venv-python/bin/python tests/script/edm_to_safetensors.py "${DIFFMEM_BUILD:-}" --torch
