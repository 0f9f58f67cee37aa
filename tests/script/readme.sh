#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The README's study compiles as it is printed there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '/^```cpp$/ { inside = 1; text = ""; next } /^```$/ { if (inside && text ~ /Registered study/) { printf "%s", text; exit } inside = 0 } inside { text = text $0 "\n" }' \
  "$here/../../README.md" >"$work/study.cpp"
lines=$(wc -l <"$work/study.cpp")
[ "$lines" -ge 15 ] && [ "$lines" -le 30 ] || { echo "FAILED: a study of $lines lines; want 15 to 30"; exit 1; }
flags=$(sed 's/SHELL://g' "$DIFFMEM_BUILD/tests/flags.CXX.txt")
${CXX:-g++} -std=c++20 -fsyntax-only $flags "$work/study.cpp"
echo "the README's study of $lines lines compiles"
