#!/usr/bin/env bash
# Trains the same small model with one process, two and four workers, and compares the losses step
# by step: they may differ by rounding, 1e-5 relative in 200 steps. An optimiser that makes more of
# rounding than that, as soap_metric does, is compared with itself: one process with two threads
# instead of one, and with portable kernels, is then as far away, to a factor of 3. Then 500 steps on
# two and four workers, whose weights and states must stay equal bit for bit, which they compare
# every 50 steps.
#
#   bench/rank-equality.sh [OPTIMIZER...]     sgd adamw sgd_rms soap_metric muon unless told otherwise
#
# Exits with 1 at the first failure, and keeps the folder.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
[ $# -gt 0 ] || set -- sgd adamw sgd_rms soap_metric muon
echo "rank equality of $* in $work"

for i in $(seq 300); do
  echo "line $i: $((i * i * 7919 % 1000)) and nothing more"
done >"$work/text"

fail() {
  echo "FAILED: $1; see $work" >&2
  exit 1
}

train() { # OUT WORKERS STEPS OPTIMIZER OPTIONS
  local out=$1 workers=$2 steps=$3 optimizer=$4
  shift 4
  [ "$workers" = 1 ] || set -- --workers "$workers" --compare-interval 50 "$@"
  "$home/pullback" train --data "$work/text" --layers 2 --heads 2 --width 32 --context 32 --batch 8 \
    --dropout 0 --optimizer "$optimizer" --warmup-steps 10 --max-steps "$steps" \
    --eval-interval "$steps" --save-interval "$steps" --log-interval 1 \
    --threads "${THREADS:-$workers}" --out "$out" "$@" >"$out.log" 2>&1 ||
    fail "$optimizer on $workers workers, see $out.log"
}

losses() {
  sed -n 's/.*"split":"train","loss":\([^,]*\),.*/\1/p' "$1/metrics.jsonl"
}

apart() { # OUT OUT: the largest relative difference
  paste <(losses "$1") <(losses "$2") |
    awk '{ d = ($1 - $2) / $1; if (d < 0) d = -d; if (d > worst) worst = d }
      END { if (NR != 200) worst = 1e9; print worst }'
}

most() { # NUMBER LIMIT
  awk "BEGIN { exit !($1 <= $2) }"
}

for optimizer; do
  train "$work/$optimizer-1" 1 200 "$optimizer"
  control=
  for workers in 2 4; do
    train "$work/$optimizer-$workers" "$workers" 200 "$optimizer"
    worst=$(apart "$work/$optimizer-1" "$work/$optimizer-$workers")
    echo "$optimizer, 1 and $workers workers: losses of 200 steps at most $worst relative apart"
    if ! most "$worst" 1e-5; then
      if [ -z "$control" ]; then
        THREADS=2 train "$work/$optimizer-threads" 1 200 "$optimizer"
        train "$work/$optimizer-portable" 1 200 "$optimizer" --kernels portable
        threads=$(apart "$work/$optimizer-1" "$work/$optimizer-threads")
        control=$(apart "$work/$optimizer-1" "$work/$optimizer-portable")
        echo "$optimizer, one process: $threads apart with 2 threads, $control with portable kernels"
        control=$(awk "BEGIN { print 3 * ($threads > $control ? $threads : $control) }")
      fi
      most "$worst" "$control" || fail "$optimizer, 1 and $workers workers"
    fi
    train "$work/$optimizer-$workers-long" "$workers" 500 "$optimizer"
    echo "$optimizer, $workers workers: equal bit for bit after 500 steps"
  done
done
rm -rf "$work"
echo OK
