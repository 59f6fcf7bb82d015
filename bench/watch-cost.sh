#!/usr/bin/env bash
# What being watched costs: one run with --serve, to which a client that takes all events comes and
# from which it goes in turns, after every BLOCK steps. So both kinds of step share one process and
# all that drifts on the machine; whole runs with and without a client differ by more than is sought.
# Prints the median of the milliseconds a step of both, and the median ratio of a block with the
# client to the mean of the two blocks beside it, with its 95 % interval (ranks of the binomial).
#
#   bench/watch-cost.sh [STEPS] [BLOCK] [MORE OPTIONS OF train]     8,200 and 100 unless told otherwise
#
# Needs curl and jq. Other processes spoil it.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
steps=${1:-8200}
block=${2:-100}
shift $(($# < 2 ? $# : 2))
every=10
[ $((block % every)) = 0 ] && [ "$block" -ge $((2 * every)) ] ||
  { echo "BLOCK is a multiple of $every, from $((2 * every)) on" >&2; exit 2; }
work=$(mktemp -d)
client=
trap 'kill $client 2>/dev/null || true; rm -rf "$work"' EXIT

"$home/pullback" train --out "$work/run" --dataset plays --max-steps "$steps" --log-interval $every \
  --eval-interval "$steps" --save-interval 0 "$@" --serve 0 >"$work/log" 2>&1 &
training=$!
until [ -s "$work/run/metrics.jsonl" ] && grep -q '^Watch it: ' "$work/log"; do
  kill -0 $training || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done
events=$(sed -n 's/^Watch it: //p' "$work/log")events

# A block begins when the line of its first step is written; what lies between that line and the next
# is of neither kind, since the client comes or goes meanwhile. The first two blocks warm up.
while read -r step; do
  [ $((step % block)) = 0 ] || continue
  if [ $((step / block % 2)) = 1 ]; then
    curl -sN "$events" >"$work/events" &
    client=$!
  elif [ -n "$client" ]; then
    kill $client && wait $client 2>/dev/null || true
    client=
    grep -q '^data: ' "$work/events" || { echo "the client was told nothing" >&2; exit 1; }
  fi
done < <(tail -n +1 -s 0.1 -f --pid=$training "$work/run/metrics.jsonl" |
  jq --unbuffered 'select(.split == "train") | .step')
wait $training

jq -nr --argjson block "$block" --argjson every $every '
  def mean: add / length;
  def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;
  def thousandths: . * 1000 | round / 1000;
  def bounds: sort | ([((length + 1 - 1.96 * (length | sqrt)) / 2 | floor), 1] | max) as $k | [.[$k - 1], .[length - $k]];
  [inputs | select(.split == "train")] as $lines
  | [range(1; $lines | length) | {
      block: (($lines[.].step - 1) / $block | floor),
      first: (($lines[.].step - 1) % $block < $every),
      ms: (($lines[.].seconds - $lines[. - 1].seconds) * 1000 / $every)}]
  | map(select(.first | not)) | group_by(.block)
  | map({block: .[0].block, ms: (map(.ms) | mean)}) | map(select(.block >= 2))
  | map(select(.block % 2 == 1)) as $watched | map(select(.block % 2 == 0)) as $alone
  | [range(1; length - 1) as $i | select(.[$i].block % 2 == 1) | .[$i].ms * 2 / (.[$i - 1].ms + .[$i + 1].ms)] as $ratios
  | "\($watched | length) blocks watched, median \($watched | map(.ms) | median | thousandths) ms a step; \($alone | length) not, \($alone | map(.ms) | median | thousandths) ms",
    "median ratio \($ratios | median | thousandths) (\($ratios | bounds | map(thousandths | tostring) | join(" to "))), single blocks \($ratios | min | thousandths) to \($ratios | max | thousandths)"
' "$work/run/metrics.jsonl"
