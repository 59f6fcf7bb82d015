#!/usr/bin/env bash
# Kills (SIGKILL) training runs that save at every step, at random moments, and goes on with them:
# most while they train and save, every fifth while they start. After each kill the folder must
# hold a complete checkpoint, not older than the one before. Each run must end with the weights,
# the optimiser state and the losses of the same run without a disturbance, byte for byte. Linux.
#
#   bench/kill-campaign.sh [KILLS]      500 unless told otherwise
#
# SEED=N chooses the moments; STEPS=N is the length of a run. Exits with 1 at the first failure,
# and keeps the folder.
set -eu

kills=${1:-500}
seed=${SEED:-$(date +%s)}
steps=${STEPS:-300}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
export PULLBACK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1"
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
RANDOM=$((seed % 32768))
echo "kill campaign: $kills kills, SEED=$seed STEPS=$steps, in $work"
"$home/pullback" --version >"$work/log" # builds what is out of date

for i in $(seq 300); do
  echo "line $i: $((i * i * 7919 % 1000)) and nothing more"
done >"$work/text"

train() { # OUT SEED SAVE_INTERVAL: a new run, or the one in OUT
  if [ -e "$1/checkpoints/latest" ]; then
    exec "$home/pullback" train --resume --out "$1"
  fi
  exec "$home/pullback" train --data "$work/text" --threads 1 --layers 1 --heads 2 --width 16 \
    --context 16 --batch 4 --warmup-steps 2 --max-steps "$steps" --eval-interval 10 \
    --log-interval 1 --seed "$2" --save-interval "$3" --out "$1"
}

fail() {
  echo "FAILED after $killed kills, run $run (SEED=$seed): $1; see $work" >&2
  exit 1
}

# Prints the step of the latest checkpoint, -1 if none has been made.
latest() {
  local name=$1/checkpoints/latest
  if [ -e "$name" ]; then
    name=$(cat "$name")
    echo $((10#$(expr "$name" : 'step-\([0-9]*\)')))
  else
    echo -1
  fi
}

# Every folder with the name of a checkpoint must be complete.
check() {
  [ ! -e "$1/checkpoints/latest" ] && return
  [ -d "$1/checkpoints/$(cat "$1/checkpoints/latest")" ] || fail "latest names nothing"
  local folder file
  for folder in "$1"/checkpoints/step-*; do
    for file in model.safetensors optimizer.safetensors state.json tokenizer.json; do
      [ -s "$folder/$file" ] || fail "$folder has no $file"
    done
  done
}

# Prints what must not depend on disturbances.
outcome() {
  local checkpoint
  checkpoint=$1/checkpoints/$(cat "$1/checkpoints/latest")
  (cd "$checkpoint" && sha256sum model.safetensors optimizer.safetensors)
  sed -n 's/\("step":[0-9]*,"split":"[a-z]*","loss":[^,]*\),.*/\1/p' "$1/metrics.jsonl" | sha256sum
}

# Sleeps for up to so many milliseconds.
pause() {
  local ms=$((RANDOM % $1))
  sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
}

killed=0
run=0
while [ "$killed" -lt "$kills" ]; do
  run=$((run + 1))
  out=$work/run
  complete=
  while [ -z "$complete" ]; do
    before=$(latest "$out")
    (train "$out" "$run" 1) >"$work/log" 2>&1 &
    pid=$!
    if [ "$killed" -lt "$kills" ]; then
      if [ $((RANDOM % 5)) = 0 ]; then
        pause 3000
      else
        while kill -0 $pid 2>/dev/null && [ "$(latest "$out")" = "$before" ]; do
          sleep 0.02
        done
        pause 1000
      fi
      kill -9 $pid 2>/dev/null || true
    fi
    status=0
    wait $pid 2>/dev/null || status=$?
    case $status in
    0) complete=true ;;
    137)
      killed=$((killed + 1))
      [ $((killed % 50)) != 0 ] || echo "$killed kills, step $(latest "$out") of run $run"
      ;;
    *)
      cat "$work/log" >&2
      fail "status $status"
      ;;
    esac
    check "$out"
    [ "$(latest "$out")" -ge "$before" ] || fail "step $(latest "$out") after step $before"
  done
  (train "$work/undisturbed" "$run" 0) >"$work/log" 2>&1 || fail "the undisturbed run failed"
  [ "$(outcome "$out")" = "$(outcome "$work/undisturbed")" ] || fail "another outcome"
  echo "run $run is as without a disturbance; $killed kills so far"
  rm -rf "$out" "$work/undisturbed"
done
rm -rf "$work"
echo "OK: $killed kills in $run runs, nothing lost, all outcomes equal byte for byte (SEED=$seed)"
