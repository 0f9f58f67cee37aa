# SPDX-License-Identifier: MIT
# For scripts that test bad input; needs a folder $work.
# refuses WHAT CODE WORD... -- COMMAND...: the command exits with CODE and its output holds every WORD.
refuses() {
  local what=$1 code=$2 words=() got=0
  shift 2
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  "$@" >"$work/output" 2>&1 || got=$?
  [ "$got" -eq "$code" ] || { echo "FAILED $what: exit $got, want $code"; cat "$work/output"; exit 1; }
  for word in "${words[@]}"; do
    grep -qF -e "$word" "$work/output" || { echo "FAILED $what: no \"$word\" in:"; cat "$work/output"; exit 1; }
  done
  echo "ok $what: $(grep -F -e "${words[0]}" "$work/output" | head -1)"
}
