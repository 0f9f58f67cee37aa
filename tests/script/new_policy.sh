#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/new_policy in a copy of the tree: what it refuses, that it writes all or nothing, and that a new policy of each
# concept compiles, keeps its laws, trains and is in its menu.  Compiled against the copy's headers, linked to the
# library of this build.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
concepts="schedule embedding family skip condition sampler"
copy() {
  mkdir "$1"
  (cd "$repository" && cp -r CMakeLists.txt CHANGELOG.md .clang-format cmake docs examples include studies tests tools "$1" && rm -r "$1/tests/fixtures")
}
sums() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }
fail() { echo "FAILED $*"; exit 1; }
copy "$tree"
sums "$tree" >"$work/untouched"

# ---- Refusals: who, got, want and what to do, and the tree as it was.

# refuses STATUS WORD... -- ARGUMENT...
refuses() {
  local status=$1 words=() got=0
  shift
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  "$tree/tools/new_policy" "$@" >"$work/output" 2>&1 || got=$?
  [ "$got" = "$status" ] || { cat "$work/output"; fail "$*: status $got, want $status"; }
  for word in "new_policy: got " "; want " "${words[@]}"; do
    grep -qF -e "$word" "$work/output" || { cat "$work/output"; fail "$*: no \"$word\""; }
  done
  [ "$(wc -l <"$work/output")" = 1 ] || { cat "$work/output"; fail "$*: more than one line"; }
  sums "$tree" | diff "$work/before" - || fail "$*: the tree changed"
  echo "ok refused: $*"
}

cp "$work/untouched" "$work/before"
refuses 2 'the concept "schedul"' "schedule, embedding, family, skip, condition, sampler" -- schedul fresh
refuses 2 "NAME" "--help" -- schedule
refuses 2 "--force" -- schedule fresh --force
for name in Fresh halfCosine 1st _fresh fresh_ two__lines half-cosine ../fresh a "" "two words" abcdefghijklmnopqrstuvwxyz; do
  refuses 2 "\"$name\"" "snake_case of 2 to 24" -- schedule "$name"
done
for name in new default operator std; do refuses 2 "\"$name\"" "C++" -- sampler "$name"; done
refuses 2 "file is taken by include/diffmem/schedule/edm.hpp" -- schedule edm
refuses 2 "file is taken by include/diffmem/net/unet.hpp" -- family unet
refuses 2 "word is taken by include/diffmem/condition/random_labels.hpp" -- condition random
refuses 2 "word is taken by include/diffmem/skip/mask.hpp" -- skip all
refuses 2 "word is taken by include/diffmem/net/family.hpp" -- family ncsnpp
refuses 2 "type Euler is taken by include/diffmem/sampler/euler.hpp" -- embedding euler
refuses 2 "type Tensor is taken by include/diffmem/core/tensor.hpp" -- sampler tensor
refuses 2 "test is taken by tests/sampler/heun_test.cpp" -- schedule heun
refuses 1 "menu.hpp (No such file or directory)" -- schedule fresh --root "$work"

# A place in a list that is not found.
copy "$work/odd"
sed -i 's/, not yet released//' "$work/odd/CHANGELOG.md"
sed -i 's/: public Menu</: public  Menu</' "$work/odd/include/diffmem/skip/menu.hpp"
sed -i 's/`condition\//`labels\//' "$work/odd/docs/method.md"
refuses 1 "CHANGELOG.md without a heading" -- sampler fresh --root "$work/odd"
refuses 1 "skip/menu.hpp without" -- skip fresh --root "$work/odd"
refuses 1 "docs/method.md without a table row" -- condition fresh --root "$work/odd"
cp "$repository/CHANGELOG.md" "$work/odd" && rm -r "$work/odd/tests/embedding"
sums "$work/odd" >"$work/odd.before"
refuses 1 "No such file" "nothing is changed" -- embedding fresh --root "$work/odd"
sums "$work/odd" | diff "$work/odd.before" - || fail "a refusal left something behind"

# A failure between two files moves the first ones back.
python3 - "$tree" <<'PY'
import importlib.machinery, importlib.util, os, sys
sys.dont_write_bytecode = True
path = sys.argv[1] + "/tools/new_policy"
loader = importlib.machinery.SourceFileLoader("new_policy", path)
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("new_policy", loader))
loader.exec_module(tool)
replace, left = os.replace, [2]
def failing(*arguments):
    left[0] -= 1
    if left[0] < 0:
        raise OSError(28, "No space left on device")
    replace(*arguments)
os.replace, sys.argv = failing, [path, "schedule", "fresh"]
try:
    tool.main()
except SystemExit as stop:
    assert "No space left" in str(stop.code) and "nothing is changed" in str(stop.code), stop.code
else:
    sys.exit("FAILED: no failure")
PY
sums "$tree" | diff "$work/before" - || fail "a failure in the middle left something behind"
echo "ok a failure in the middle is undone"

# ---- One policy of each concept.
copy "$work/patched"
for concept in $concepts; do
  "$tree/tools/new_policy" "$concept" "fresh_$concept" --dry-run >"$work/patch"
  sums "$tree" | diff "$work/before" - || fail "--dry-run $concept wrote something"
  (cd "$work/patched" && GIT_CEILING_DIRECTORIES=$work git apply "$work/patch")
  "$tree/tools/new_policy" "$concept" "fresh_$concept" >"$work/output"
  for word in "wrote include/" "wrote tests/" "added to docs/method.md" "added to CHANGELOG.md" "ctest -R" "--$concept fresh_$concept"; do
    grep -qF -e "$word" "$work/output" || { cat "$work/output"; fail "$concept: no \"$word\""; }
  done
  sums "$tree" >"$work/before"
  refuses 2 "\"fresh_$concept\"" -- "$concept" "fresh_$concept"
done
diff -r "$tree" "$work/patched" || fail "--dry-run prints another change than is made"
grep -rq '\bMine\|\bmine\b' "$tree"/include/diffmem/*/fresh_* "$tree"/tests/*/fresh_* && fail "a word of the templates is left"
[ "$(sums "$tree" | diff "$work/untouched" - | grep -c '^>')" = 20 ] || fail "other files than 12 new and 8 changed ones"
grep -A1 '`schedule/edm.hpp`' "$tree/docs/method.md" | grep -q 'schedule `fresh_schedule`.*`FreshSchedule`, `schedule/fresh_schedule.hpp` |$' ||
  fail "the row of docs/method.md"
grep -A2 'not yet released' "$tree/CHANGELOG.md" | grep -q '^- The sampler `fresh_sampler`' || fail "the line of CHANGELOG.md"
if command -v clang-format-19 >/dev/null; then
  # Many names of other lengths too: a menu is broken over lines in more than one way.
  cp -r "$tree" "$work/many"
  number=0
  for concept in $concepts; do
    number=$((number + 1))
    for name in z half_moon three_words_here four_words_in_all twenty_four_letters_are; do
      "$work/many/tools/new_policy" "$concept" "$name$number" >/dev/null
    done
  done
  (cd "$work/many" && clang-format-19 --dry-run -Werror include/diffmem/*/menu.hpp $(find include tests -newer "$work/patch" -name '*.?pp')) ||
    fail "clang-format would change something"
  echo "ok clang-format has nothing to change"
fi

# ---- Built: found by the copy's own CMake, and compiled here against the copy's headers.
value() { sed -n "s/^$1:[A-Z]*=//p" "$DIFFMEM_BUILD/CMakeCache.txt"; }
libtorch=$(sed -n 's/^set(LibTorch_FALLBACK_ROOT "\(.*\)")/\1/p' "$DIFFMEM_BUILD/diffmemConfig.cmake")
cmake -G Ninja -S "$tree" -B "$work/listed" "-DDIFFMEM_LIBTORCH=$libtorch" >"$work/log" 2>&1 || { cat "$work/log"; fail "configure"; }
(cd "$work/listed" && ctest -N) >"$work/output"
for room in schedule embedding net skip condition sampler; do
  grep -q ": $room\.fresh_" "$work/output" || fail "ctest does not know $room.fresh_..."
done

mkdir "$work/project"
cat >"$work/project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(new_policy LANGUAGES CXX)
find_package(diffmem REQUIRED)
find_package(Catch2 REQUIRED)
file(GLOB tests "../tree/tests/*/fresh_*_test.cpp")
add_executable(new_policy ${tests} ../tree/tests/script/new_policy.cpp)
target_include_directories(new_policy PRIVATE ../tree/include ../tree/tests)
target_compile_options(new_policy PRIVATE -Wall -Wextra -Wconversion -Werror)
target_link_libraries(new_policy PRIVATE ${MAIN} diffmem::diffmem Catch2::Catch2)
CMAKE
cmake --install "$DIFFMEM_BUILD" --prefix "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; fail "install"; }
rm -r "$work/prefix/include/diffmem"  # the copy's are meant
unset DIFFMEM_LIBTORCH
export CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1
cmake -G Ninja -S "$work/project" -B "$work/build" "-DCMAKE_PREFIX_PATH=$work/prefix" "-DMAIN=$DIFFMEM_BUILD/tests/libdiffmem_test_main.a" \
  "-DCMAKE_BUILD_TYPE=$(value CMAKE_BUILD_TYPE)" "-DCMAKE_CXX_FLAGS=$(value CMAKE_CXX_FLAGS)" -DCMAKE_CXX_FLAGS_RELEASE=-O0 \
  "-DCMAKE_CXX_COMPILER=$(value CMAKE_CXX_COMPILER)" "-DCMAKE_CXX_COMPILER_LAUNCHER=$(value DIFFMEM_CCACHE)" >"$work/log" 2>&1 ||
  { cat "$work/log"; fail "configure"; }
begun=$SECONDS
cmake --build "$work/build" -j 2 >"$work/log" 2>&1 || { cat "$work/log"; fail "build"; }
echo "ok built in $((SECONDS - begun)) s"
"$work/build/new_policy" -w NoAssertions
