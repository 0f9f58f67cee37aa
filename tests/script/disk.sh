#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A full disk and a shared folder that goes away in the middle of a training: a word that says what to do, and the same
# command goes on once the cause is gone, to the results of an undisturbed run, bit for bit.
set -euo pipefail
if [ -z "${DIFFMEM_OWN_MOUNTS:-}" ]; then
  unshare -m true 2>/dev/null || { echo "skipped: mounting a small disk wants root"; exit 77; }
  DIFFMEM_OWN_MOUNTS=1 exec unshare -m bash "$0"
fi
work=$(mktemp -d)
disk=$work/disk
mkdir "$disk"
clean_up() {
  umount "$disk" "$work/aside" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
mount -t tmpfs -o size=40m tmpfs "$disk" 2>/dev/null || { echo "skipped: no tmpfs can be mounted here"; exit 77; }
study() {
  "$DIFFMEM_BUILD/studies/demo" --sizes 12,16 --jobs 1 --threads 1 --checkpoint-seconds 0.2 --out "$1" --set net.base=16 \
    --set train.batch=8 --set train.length=600 --set train.evaluations=2 --set sample.images=24 --set sample.batch=24
}
fail() { echo "FAILED: $*"; cat "$work"/*.log; exit 1; }
says() {  # says LOG WORD...
  local log=$1; shift
  for word in "$@"; do grep -qF -e "$word" "$log" || fail "no \"$word\" in $(basename "$log")"; done
  grep -F -e "$1" "$log" | head -1
}
same() {
  for run in "$work"/whole/runs/*; do
    for file in weights.safetensors progress.jsonl; do
      cmp "$run/$file" "$1/runs/$(basename "$run")/$file" || fail "$file of $(basename "$run") differs"
    done
  done
  [ -s "$1/demo/report.html" ] || fail "no report in $1"
  [ "$(ls "$1"/runs | wc -l)" -eq 2 ] || fail "runs in $1"
}
study "$work/whole" >"$work/whole.log" 2>&1 || fail "a run that nobody disturbed"

# Full in the middle of the first run: the second one is not begun.
study "$disk/out" >"$work/full.log" 2>&1 &
pid=$!
for ((i = 0; i < 300; ++i)); do ls "$disk"/out/runs/*/checkpoints/step-*/manifest.json >/dev/null 2>&1 && break; sleep 0.1; done
dd if=/dev/zero of="$disk/ballast" bs=4k 2>/dev/null || true
code=0
wait $pid || code=$?
[ $code -eq 1 ] || fail "a full disk: ended with $code"
says "$work/full.log" "error: " "No space left on device" "free some disk space and run the same command again"
[ "$(ls "$disk"/out/runs | wc -l)" -eq 1 ] || fail "a second run was begun on a full disk"
code=0
study "$disk/out" >"$work/still_full.log" 2>&1 || code=$?
[ $code -eq 1 ] || fail "a disk that is still full: ended with $code"
says "$work/still_full.log" "error: " "No space left on device"
rm "$disk/ballast"
study "$disk/out" >"$work/freed.log" 2>&1 || fail "after there was room again"
says "$work/freed.log" "continues from step"
same "$disk/out"
rm -r "$disk/out"

# Gone: renamed, as seen by a program when a server's folder is taken away.
study "$work/shared" >"$work/lost.log" 2>&1 &
pid=$!
for ((i = 0; i < 300; ++i)); do ls "$work"/shared/runs/*/checkpoints/step-*/manifest.json >/dev/null 2>&1 && break; sleep 0.1; done
mv "$work/shared" "$work/elsewhere"
code=0
wait $pid || code=$?
[ $code -eq 1 ] || fail "a lost folder: ended with $code"
says "$work/lost.log" "error: " "as it was when this command began" "bring it back and run the same command again"
[ ! -e "$work/shared" ] || fail "another folder was made in the lost one's place"
mv "$work/elsewhere" "$work/shared"
study "$work/shared" >"$work/found.log" 2>&1 || fail "after the folder was back"
says "$work/found.log" "continues from step"
same "$work/shared"

# Gone: unmounted, so that an empty folder is in its place.
study "$disk/out" >"$work/unmounted.log" 2>&1 &
pid=$!
for ((i = 0; i < 300; ++i)); do ls "$disk"/out/runs/*/checkpoints/step-*/manifest.json >/dev/null 2>&1 && break; sleep 0.1; done
mkdir "$work/aside"
mount --move "$disk" "$work/aside" 2>/dev/null || { mount --bind "$disk" "$work/aside" && umount -l "$disk"; }
code=0
wait $pid || code=$?
[ $code -eq 1 ] || fail "an unmounted folder: ended with $code"
says "$work/unmounted.log" "error: " "as it was when this command began"
[ -z "$(ls "$disk")" ] || fail "something was written below the mount point"
mount --move "$work/aside" "$disk" 2>/dev/null || mount --bind "$work/aside" "$disk"
study "$disk/out" >"$work/mounted.log" 2>&1 || fail "after it was mounted again"
same "$disk/out"

# SIGTERM: saved, and at once.
study "$work/stopped" >"$work/stopped.log" 2>&1 &
pid=$!
for ((i = 0; i < 300; ++i)); do grep -q "step " "$work/stopped.log" 2>/dev/null && break; sleep 0.1; done
began=$(date +%s)
kill -TERM "$(pgrep -P $pid || echo $pid)"
code=0
wait $pid || code=$?
[ $code -eq 130 ] || fail "SIGTERM: ended with $code"
[ $(($(date +%s) - began)) -le 15 ] || fail "SIGTERM: took longer than half of what a scheduler gives"
says "$work/stopped.log" "saved"
study "$work/stopped" >"$work/continued.log" 2>&1 || fail "after SIGTERM"
same "$work/stopped"
echo "a full disk, a lost folder and SIGTERM: the same command went on, with equal results"
