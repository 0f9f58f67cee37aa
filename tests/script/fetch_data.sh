#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/fetch_data against a server of its own: nothing outside this machine is asked.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 tests/script/fetch_data.py
