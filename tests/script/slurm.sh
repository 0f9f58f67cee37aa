#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# label: slurm
# What --slurm writes, by a real Slurm: munged, slurmctld and slurmd of our own on this machine, in a folder of their own.
# An array of three workers makes a study; a second one is told to stop in the middle, queued again by its script, and
# finishes; a third comes to its time limit.
set -euo pipefail
skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "Slurm's daemons want root"
for tool in munged slurmctld slurmd sbatch srun scontrol; do
  command -v $tool >/dev/null || PATH=$PATH:/usr/sbin command -v $tool >/dev/null || skip "no $tool (tools/bootstrap packages slurm)"
done
PATH=$PATH:/usr/sbin
work=$(mktemp -d)
daemons=()
clean_up() {
  local jobs=''
  [ ${#daemons[@]} -lt 3 ] || jobs=$(squeue -h -o %A 2>/dev/null) || true
  if [ -n "$jobs" ]; then scancel --full --signal=KILL $jobs || true; sleep 2; fi  # a failed test's
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${daemons[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap clean_up EXIT
fail() {
  echo "FAILED: $*"
  tail -n 30 "$work"/*.log "$work"/out*/*.log 2>/dev/null || true
  echo "FAILED: $*"
  exit 1
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

export SLURM_CONF=$work/slurm.conf
mkdir "$work/state" "$work/spool"
chmod 755 "$work"
cat >"$SLURM_CONF" <<CONF
ClusterName=diffmem
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1
KillWait=30
NodeName=here NodeHostname=$(hostname) NodeAddr=127.0.0.1 CPUs=4 RealMemory=100000
PartitionName=test Nodes=here Default=YES MaxTime=INFINITE State=UP
CONF
head -c 1024 /dev/urandom >"$work/munge.key"
chmod 600 "$work/munge.key"
munged --force --foreground --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" \
  --seed-file="$work/munge.seed" >"$work/munged.log" 2>&1 &
daemons+=($!)
for ((i = 0; i < 50; ++i)); do [ -S "$work/munge.socket" ] && break; sleep 0.1; done
[ -S "$work/munge.socket" ] || skip "munged does not start: $(tail -1 "$work/munged.log")"
slurmctld -D >"$work/slurmctld.log" 2>&1 &
daemons+=($!)
slurmd -D -N here >"$work/slurmd.log" 2>&1 &
daemons+=($!)
for ((i = 0; i < 100; ++i)); do sinfo -h -o %T 2>/dev/null | grep -qx idle && break; sleep 0.2; done
sinfo -h -o %T 2>/dev/null | grep -qx idle || skip "no node comes up: $(tail -1 "$work/slurmctld.log"); $(tail -1 "$work/slurmd.log")"
echo "Slurm $(sinfo --version): $(sinfo -h -o '%n with %c CPUs is %T')"

# submit NAME SBATCH_OPTION... -- STUDY_OPTION...: sets `job` and `out`.
submit() {
  out=$work/out-$1
  script=$work/$1.sh
  shift
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  "$DIFFMEM_BUILD/studies/demo" --slurm "$script" --out "$out" --jobs 1 --threads 1 --lease 2 "$@" >"$work/plan.log" || fail "--slurm"
  bash -n "$script" || fail "the script is none"
  job=$(sbatch --parsable "${options[@]}" "$script") || fail "sbatch"
}
# finish RUNS SECONDS: waits for `job`; each run is finished, once, and the report is there.
finish() {
  for ((i = 0; i < 5 * $2; ++i)); do jobs=$(squeue -h) && [ -z "$jobs" ] && break; sleep 0.2; done
  [ -z "$jobs" ] || fail "after $2 s there is $jobs"
  [ "$(ls "$out"/runs/*/finished.json | wc -l)" -eq "$1" ] || fail "not $1 runs finished"
  [ "$(cat "$out"/slurm-*.log | grep -c ': done, ')" -eq "$1" ] || fail "a run was finished twice"
  [ -s "$out/demo/report.html" ] || fail "no report"
}

submit array -- --profile smoke --sizes 8,12,16,24 --slurm-tasks 3
grep '^#SBATCH' "$script"
finish 4 120
[ "$(ls "$out"/slurm-"${job}"_*.log | wc -l)" -eq 3 ] || fail "not 3 tasks"
for log in "$out"/slurm-*.log; do echo "--- $(basename "$log")"; grep -E 'done,|another worker|Other workers|report:|all reports' "$log" || true; done

# To be stopped: some 20 s of training.
long=(--sizes 16 --set net.base=16 --set train.batch=8 --set train.evaluations=2 --set sample.images=24 --checkpoint-seconds 600)
training() { grep -q "step " "$out"/slurm-*.log 2>/dev/null; }
# again WHEN: lets the task, once it has saved and is queued again, begin now instead of in two minutes.
again() {
  for ((i = 0; i < 500; ++i)); do grep -qs "saved" "$out"/slurm-*.log && break; sleep 0.2; done
  grep -h "saved" "$out"/slurm-*.log || fail "nothing saved $1"
  for ((i = 0; i < 300; ++i)); do [ -n "$(squeue -h -t PENDING)" ] && break; sleep 0.2; done
  [ -n "$(squeue -h -t PENDING)" ] || fail "not queued again $1"
  sleep 3  # slurmd refuses a job of the second in which it ended
  scontrol update JobId="${job}_0" StartTime=now TimeLimit=10
  finish 1 300
  grep -h "continues from step" "$out"/slurm-*.log || fail "began anew $1"
}
submit stopped -- "${long[@]}" --set train.length=3000
for ((i = 0; i < 300; ++i)); do training && break; sleep 0.2; done
sleep 2
scancel --signal=TERM "$job"
again "after SIGTERM"

submit limit --time=1 --signal=TERM@50 -- "${long[@]}" --set "train.length=${DIFFMEM_LIMIT_STEPS:-8000}"
again "at the time limit"
echo "an array, a job told to stop, and one at its time limit: all runs finished, each once"
