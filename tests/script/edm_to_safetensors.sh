#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Snapshots as the reference writes them, made here by hand, become safetensors that this build reads; nothing in them
# is executed; damaged ones are refused.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 tests/script/edm_to_safetensors.py "${DIFFMEM_BUILD:-}"
