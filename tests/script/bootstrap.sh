#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What tools/bootstrap says when something is missing: who, got, want, what to do; exit status not 0; nothing changed.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tools" "$work/bin"
cp "$repository"/tools/bootstrap "$repository"/tools/*.txt "$work/tools"
python=$(python3 -c 'import sys; print(sys.executable)')
# Programs are looked up in $work/bin only, so that the machine's own packages play no part.
cat >"$work/bin/dpkg-query" <<'EOF'
#!/bin/sh
exec /bin/echo "${ANSWER:-}"
EOF
chmod +x "$work/bin/dpkg-query"

# says WANTED_STATUS WORD... -- ARGUMENT...
says() {
  local status=$1 words=() got=0
  shift
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  PATH=$work/bin "$python" "$work/tools/bootstrap" "$@" >"$work/output" 2>&1 </dev/null || got=$?
  [ "$got" = "$status" ] || { echo "FAILED $*: status $got, want $status"; cat "$work/output"; exit 1; }
  for word in "${words[@]}"; do
    grep -qF -e "$word" "$work/output" || { echo "FAILED $*: no '$word' in:"; cat "$work/output"; exit 1; }
  done
  echo "ok: $*: $(tail -1 "$work/output")"
}

ANSWER="" says 1 "got no package doxygen" "run as root: apt-get update && apt-get install" doxygen -- packages --check docs
ANSWER="doxygen installed" says 0 "all 1 are there" -- packages docs
ANSWER="" says 1 "the group 'nothing'" "one of build test lint docs" -- packages nothing
DIFFMEM_LIBTORCH=/opt/mine says 0 "yours, DIFFMEM_LIBTORCH=/opt/mine" -- libtorch
mkdir -p "$work/prefix/lib" && touch "$work/prefix/lib/libtorch_cpu.so"
CMAKE_PREFIX_PATH="$work/nowhere:$work/prefix" says 0 "yours, CMAKE_PREFIX_PATH=$work/prefix" -- libtorch
unset DIFFMEM_LIBTORCH Torch_DIR CMAKE_PREFIX_PATH
says 1 "got no LibTorch in .deps" "run make setup" -- libtorch --check
says 1 "got no .venv-python" "run make python" -- python --check
[ ! -e "$work/.deps" ] || { echo "FAILED: --check made .deps"; exit 1; }

# A machine whose pip reaches no index: one message, no half LibTorch, and nothing in the way of the next run.
PIP_NO_INDEX=1 PIP_FIND_LINKS= says 1 "got no torch==2.11.0" "see that pip reaches its index" -- libtorch
ls -d "$work"/.deps/libtorch-2.11.0 2>/dev/null && { echo "FAILED: half a LibTorch"; exit 1; }

# A user without root or sudo.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  chmod -R a+rX "$work"
  [ -x /usr/bin/python3 ] && python=/usr/bin/python3
  if setpriv --reuid=65534 --regid=65534 --clear-groups "$python" -c "" 2>/dev/null; then
    got=0
    ANSWER="" PATH=$work/bin "$(command -v setpriv)" --reuid=65534 --regid=65534 --clear-groups \
      "$python" "$work/tools/bootstrap" packages docs >"$work/output" 2>&1 </dev/null || got=$?
    [ "$got" = 1 ] && grep -q "got no package doxygen; want them installed; run as root: apt-get" "$work/output" ||
      { echo "FAILED without root: status $got"; cat "$work/output"; exit 1; }
    echo "ok: without root: $(tail -1 "$work/output")"
  fi
fi
