#!/usr/bin/env bash
# What being watched costs a run: the same run with and without --serve, in pairs whose order
# alternates. Every watched one has a client that takes all events. Prints milliseconds a step of
# both, in training steps alone and in all (evaluations, saving and samples included), the ratio of
# each pair, and the median ratio.
#
#   bench/watch-cost.sh [STEPS] [PAIRS] [MORE OPTIONS OF train]     2000 and 5 unless told otherwise
#
# Needs curl and jq. Runs of other processes at the same time spoil it.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
steps=${1:-2000}
pairs=${2:-5}
shift $(($# < 2 ? $# : 2))
work=$(mktemp -d)

# run NAME [--serve 0]: prints milliseconds a step, of training and in all.
run() {
  name=$1
  shift
  "$home/pullback" train --out "$work/$name/run" --dataset plays --max-steps "$steps" "${options[@]}" "$@" \
    >"$work/$name.log" 2>&1 &
  training=$!
  if [ $# -gt 0 ]; then
    until grep -qs '^Watch it: ' "$work/$name.log"; do
      kill -0 $training || { cat "$work/$name.log" >&2; exit 1; }
      sleep 0.2
    done
    curl -sN "$(sed -n 's/^Watch it: //p' "$work/$name.log")events" >"$work/$name.events"
    grep -q '^event: end' "$work/$name.events" || { echo "the client did not see the end" >&2; exit 1; }
  fi
  wait $training
  jq -r "[.seconds, .elapsedSeconds] | map(. * 1000 / $steps) | @tsv" \
    "$work/$name/run/checkpoints/$(cat "$work/$name/run/checkpoints/latest")/state.json"
}

options=("$@")
for pair in $(seq 1 "$pairs"); do
  if [ $((pair % 2)) = 1 ]; then
    plain=$(run "$pair-plain")
    watched=$(run "$pair-watched" --serve 0)
  else
    watched=$(run "$pair-watched" --serve 0)
    plain=$(run "$pair-plain")
  fi
  # The same seed: who watches changes no number.
  cmp <(jq -c 'del(.seconds)' "$work/$pair-plain/run/metrics.jsonl") \
    <(jq -c 'del(.seconds)' "$work/$pair-watched/run/metrics.jsonl")
  echo "$plain $watched" | awk '{printf "plain %.3f ms (in all %.3f), watched %.3f ms (%.3f), ratio %.4f (%.4f)\n",
    $1, $2, $3, $4, $3 / $1, $4 / $2}' | tee -a "$work/ratios"
done
for field in 12 13; do
  awk -v f=$field '{gsub(/[()]/, ""); print $f}' "$work/ratios" | sort -g |
    awk -v what="$([ $field = 12 ] && echo 'training steps' || echo 'in all')" \
      '{v[NR] = $1} END {m = int((NR + 1) / 2); printf "median ratio, %s: %.4f (%.4f to %.4f)\n", what, NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2, v[1], v[NR]}'
done
rm -rf "$work"
