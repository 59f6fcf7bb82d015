#!/bin/sh
# Trains the six-layer GPT in mixed precision in one process after another, with one seed, and prints
# how often each sequence of losses came out. One line means that all were equal, bit for bit.
#
#   bench/soak.sh PROCESSES STEPS
#
# The launcher tunes the allocator. For the plain one, set its variables to glibc's defaults first:
#   MALLOC_MMAP_MAX_=65536 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_ARENA_MAX=0 GLIBC_TUNABLES= bench/soak.sh 200 20
set -eu

processes=${1:?PROCESSES}
steps=${2:?STEPS}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

i=0
while [ "$i" -lt "$processes" ]; do
  "$home/pullback" train --data "$home/LICENSE" --preset nanogpt --batch 8 --dropout 0 --precision mixed \
    --seed 1 --max-steps "$steps" --out "$work/run" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
  }
  sed -n 's/.*"loss":\([^,]*\),.*/\1/p' "$work/run/metrics.jsonl" | sha256sum
  rm -rf "$work/run"
  i=$((i + 1))
done | sort | uniq -c
