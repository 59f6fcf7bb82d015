#!/bin/sh
# Trains the six-layer GPT in mixed precision in many processes with one seed, and prints how often
# each sequence of losses came out. One line means that all were equal, bit for bit. Fails if a
# process did.
#
#   bench/soak.sh tuned|plain PROCESSES STEPS [AT_ONCE]
#
# tuned: by the launcher, which sets up the allocator. plain: glibc's allocator as it is.
set -eu

case ${1:-} in tuned | plain) ;; *)
  echo "usage: bench/soak.sh tuned|plain PROCESSES STEPS [AT_ONCE]" >&2
  exit 2
  ;;
esac
allocator=$1
processes=${2:?PROCESSES}
steps=${3:?STEPS}
at_once=${4:-1}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Threads that wait actively would stop the processes beside them.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
export OPT_OUT_TRACKING=true
"$home/pullback" --version >"$work/log" # builds what is out of date

train() {
  if [ "$allocator" = tuned ]; then
    "$home/pullback" train "$@"
  else
    # 8 arenas a core is glibc's default. A choice made here keeps the program from making its own.
    MALLOC_ARENA_MAX=$((8 * $(nproc))) "${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -Xmn32m \
      -jar "$home/transformer-train/target/pullback.jar" train "$@"
  fi
}

# Trains once, in $work/$1, and prints a digest of the losses.
losses() {
  train --data "$home/LICENSE" --preset nanogpt --batch 8 --dropout 0 --precision mixed --seed 1 \
    --max-steps "$steps" --warmup-steps 0 --out "$work/$1" >"$work/$1.log" 2>&1 || {
    cat "$work/$1.log" >&2
    echo "failed"
    return
  }
  sed -n 's/.*"loss":\([^,]*\),.*/\1/p' "$work/$1/metrics.jsonl" | sha256sum
  rm -rf "${work:?}/$1"
}

# Every worker takes its share of the processes.
worker() {
  i=$1
  while [ "$i" -lt "$processes" ]; do
    losses "$i"
    i=$((i + at_once))
  done
}

w=0
while [ "$w" -lt "$at_once" ]; do
  worker "$w" >"$work/digests.$w" &
  w=$((w + 1))
done
wait
cat "$work"/digests.* | sort | uniq -c
! grep -q failed "$work"/digests.*
