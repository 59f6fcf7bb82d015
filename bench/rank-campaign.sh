#!/usr/bin/env bash
# Kills (SIGKILL) random ranks of one run of several workers, at random moments, once more than half
# of what it takes to start has passed since the last. The run must go on by itself each time, and
# end with the weights, the optimiser state and the losses of the same run without a disturbance,
# byte for byte. Linux.
#
#   bench/rank-campaign.sh [KILLS]      6 unless told otherwise
#
# SEED=N chooses ranks and moments, WORKERS=N their number (2). Exits with 1 at the first failure,
# and keeps the folder.
set -eu

kills=${1:-6}
seed=${SEED:-$(date +%s)}
workers=${WORKERS:-2}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
export PULLBACK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1"
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
RANDOM=$((seed % 32768))
echo "rank campaign: $kills kills of $workers workers, SEED=$seed, in $work"

for i in $(seq 300); do
  echo "line $i: $((i * i * 7919 % 1000)) and nothing more"
done >"$work/text"

# Long enough for all kills, with two hundred steps a second on an idle machine.
steps=$((kills * 300 + 300))
train() { # OUT
  exec "$home/pullback" train --data "$work/text" --layers 1 --heads 2 --width 16 --context 16 \
    --batch $((2 * workers)) --warmup-steps 2 --max-steps "$steps" --eval-interval 20 \
    --save-interval 5 --log-interval 1 --out "$1" --workers "$workers" --threads "$workers" \
    --max-restarts "$kills"
}

fail() {
  echo "FAILED after $killed kills (SEED=$seed): $1; see $work" >&2
  kill -9 "$pid" 2>/dev/null || true
  exit 1
}

outcome() {
  local checkpoint
  checkpoint=$1/checkpoints/$(cat "$1/checkpoints/latest")
  (cd "$checkpoint" && sha256sum model.safetensors optimizer.safetensors)
  sed -n 's/\("step":[0-9]*,"split":"[a-z]*","loss":[^,]*\),.*/\1/p' "$1/metrics.jsonl" | sha256sum
}

pause() { # MILLISECONDS
  sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}

lines() {
  wc -l 2>/dev/null <"$work/run/metrics.jsonl" || echo 0
}

killed=0
(train "$work/run") >"$work/log" 2>&1 &
pid=$!
while [ "$killed" -lt "$kills" ]; do
  # Most while they train, every fifth while they start.
  if [ $((RANDOM % 5)) != 0 ]; then
    before=$(lines)
    while kill -0 "$pid" 2>/dev/null && [ "$(lines)" = "$before" ]; do
      sleep 0.05
    done
  fi
  pause $((RANDOM % 2000))
  kill -0 "$pid" 2>/dev/null || fail "it ended too early"
  mapfile -t ranks < <(pgrep -P "$pid" || true)
  [ "${#ranks[@]}" = "$workers" ] || continue
  victim=$((RANDOM % workers))
  kill -9 "${ranks[$victim]}" 2>/dev/null || continue
  killed=$((killed + 1))
  echo "kill $killed: rank $victim, after $(lines) lines of metrics"
  for _ in $(seq 600); do
    [ "$(grep -c 'restart [0-9]* of' "$work/log" || true)" -ge "$killed" ] && break
    kill -0 "$pid" 2>/dev/null || fail "it ended with the rank"
    sleep 0.1
  done
  [ "$(grep -c 'restart [0-9]* of' "$work/log")" = "$killed" ] || fail "no restart within a minute"
done
wait "$pid" || fail "status $?"
(train "$work/undisturbed") >"$work/log2" 2>&1 || fail "the undisturbed run failed"
[ "$(outcome "$work/run")" = "$(outcome "$work/undisturbed")" ] || fail "another outcome"
rm -rf "$work"
echo "OK: $killed kills, $steps steps, the same outcome byte for byte (SEED=$seed)"
