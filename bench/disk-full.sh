#!/usr/bin/env bash
# Trains on a small disk (a tmpfs) that is full in the middle of a save, at many fill levels: every
# second one a run that is continued, the others a new one. Each must end well or stop with one
# line; what was saved before must load while the disk is still full; and with space again the same
# command must end with the weights of a run without a disturbance, byte for byte.
# Linux; mounting needs root.
#
#   bench/disk-full.sh [LEVELS]      50 unless told otherwise
set -eu

levels=${1:-50}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
disk=$work/disk
mkdir "$disk"
if ! mount -t tmpfs -o size=16m pullback-disk-full "$disk" 2>"$work/log"; then
  echo "cannot mount a tmpfs: $(cat "$work/log"); run this as root" >&2
  rm -rf "$work"
  exit 2
fi
trap 'umount "$disk" && rm -rf "$work"' EXIT
export PULLBACK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1"
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
"$home/pullback" --version >"$work/log" # builds what is out of date

for i in $(seq 300); do
  echo "line $i: $((i * i * 7919 % 1000)) and nothing more"
done >"$work/text"

train() { # OUT: a new run, or the one in OUT
  if [ -e "$1/checkpoints/latest" ]; then
    exec "$home/pullback" train --resume --out "$1"
  fi
  exec "$home/pullback" train --data "$work/text" --threads 1 --layers 2 --heads 2 --width 64 \
    --context 16 --batch 4 --warmup-steps 2 --max-steps 25 --eval-interval 5 --log-interval 1 \
    --save-interval 1 --keep-last 1 --seed 1 --out "$1"
}

latest() {
  [ ! -e "$1/checkpoints/latest" ] || cat "$1/checkpoints/latest"
}

outcome() {
  (cd "$1/checkpoints/$(latest "$1")" && sha256sum model.safetensors optimizer.safetensors)
}

fail() {
  echo "FAILED at level $level, $free bytes free: $1" >&2
  cat "$work/log" >&2
  exit 1
}

# The run without a disturbance, and one that was killed early.
level=0
free=any
(train "$work/whole") >"$work/log" 2>&1 || fail "the undisturbed run failed"
expected=$(outcome "$work/whole")
(train "$work/begun") >"$work/log" 2>&1 &
until [ -n "$(latest "$work/begun")" ]; do
  kill -0 $! || fail "the run to be continued failed"
  sleep 0.02
done
kill -9 $!
wait $! 2>/dev/null || true
[ "$(latest "$work/begun")" != step-00000025 ] || fail "the run was not killed in time"
size=$(du -sb "$work/whole/checkpoints/$(latest "$work/whole")" | cut -f1)

stopped=0
while [ "$level" -lt "$levels" ]; do
  # From nothing to somewhat more than a save needs beside the checkpoint before: the newest and
  # the best may both stay.
  free=$((3 * size * level / levels))
  run=$disk/run
  rm -rf "${disk:?}"/*
  [ $((level % 2)) = 1 ] || cp -r "$work/begun" "$run"
  before=$(latest "$run")
  head -c $(($(df --output=avail -B1 "$disk" | tail -1) - free)) /dev/zero >"$disk/filler" ||
    fail "the disk cannot be filled"
  status=0
  (train "$run") >"$work/out" 2>"$work/log" || status=$?
  echo "level $level, $free bytes free: status $status, $(tail -n 1 "$work/log")"
  if [ "$status" != 0 ]; then
    stopped=$((stopped + 1))
    [ "$(grep -cvE '^(step |Training on |[0-9,]+ parameters,)' "$work/log")" = 1 ] ||
      fail "status $status with more or less than a line"
  fi
  if [ -n "$before" ] || [ -n "$(latest "$run")" ]; then
    "$home/pullback" sample --run "$run" --tokens 5 >"$work/out" 2>"$work/log" ||
      fail "the latest checkpoint does not load"
  fi
  rm "$disk/filler"
  (train "$run") >"$work/out" 2>"$work/log" || fail "does not go on with space again"
  [ "$(outcome "$run")" = "$expected" ] || fail "other weights than without a disturbance"
  level=$((level + 1))
done
echo "OK: $levels levels, $stopped stopped with one line, $((levels - stopped)) ended;" \
  "always a checkpoint that loads, always the same weights in the end"
