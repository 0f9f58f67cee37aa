#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: fresh
# `make demo` and `make test` in a bare Debian 12.  Skipped without root.
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
exec "$(dirname "$0")/../../tools/fresh_machine"
