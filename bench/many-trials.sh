#!/usr/bin/env bash
# What a trial costs beyond its training: many trials of about a second, each in a process of its
# own, through Spark on this machine. Prints processor time a trial, what of it trained, and the
# driver's resident memory while they ran.
#
#   bench/many-trials.sh [TRIALS] [MASTER]     1000 and local[2] unless told otherwise
#
# Linux.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
trials=${1:-1000}
master=${2:-local[2]}
work=$(mktemp -d)

cat >"$work/plan.yaml" <<PLAN
base:
  preset: nanogpt-cpu
  dataset: plays
  threads: 1
  layers: 1
  heads: 2
  width: 32
  context: 32
  batch: 8
  max-steps: 150
  warmup-steps: 5
  eval-interval: 150
  eval-iters: 10
  save-interval: 0
tuning: {points: $((trials - 1)), seed: 1337}
evaluation: {seeds: [1]}
optimizers:
  adamw:
    optimizer: adamw
    search: {lr: [3e-4, 3e-2, log]}
PLAN
"$home/pullback" study plan "$work/plan.yaml" --out "$work/study" >"$work/plan.log"

"$home/pullback" study run --out "$work/study" --master "$master" >"$work/run.log" 2>&1 &
driver=$!
while kill -0 "$driver" 2>/dev/null; do
  done=$(find "$work/study/trials" -name row.json | wc -l)
  pid=$(pgrep -f "study run --out $work/study --master" | tail -n 1) || pid=
  if [ -n "$pid" ]; then
    echo "$done $(awk '/VmRSS/ {print $2}' "/proc/$pid/status" 2>/dev/null)" >>"$work/memory"
  fi
  sleep 10
done
wait "$driver"
# Seconds of all processes that this shell has waited for, children of children too.
times >"$work/times"

awk -v trials="$trials" -v rows="$work/study/rows.jsonl" -v memory="$work/memory" '
  {gsub(/[ms]/, " "); processor = 60 * $1 + $2 + 60 * $3 + $4}
  END {
    while ((getline line <rows) > 0) {
      split(line, part, /"seconds":/)
      training += part[2] + 0
    }
    while ((getline line <memory) > 0) {
      split(line, part, " ")
      if (part[1] > trials / 10 && !first) first = part[2]
      last = part[2]
      if (part[2] > most) most = part[2]
    }
    printf "%d trials: %.2f s of processor time each, %.2f s of them training steps\n", trials, processor / trials, training / trials
    printf "driver: %d MB after a tenth of the trials, %d MB in the end, at most %d MB\n", first / 1024, last / 1024, most / 1024
  }' "$work/times"
echo "kept in $work"
