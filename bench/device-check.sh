#!/bin/sh
# Whether a device computes what the CPU computes, and how much faster: golden files, 200 steps of
# the preset nanogpt, the losses of a few steps on both, and the optimisers' steps on both. Fails if
# something of that is wrong.
#
#   bench/device-check.sh [gpu|gpu:N|cpu]
#
# Without an argument: the first GPU; where there is none, a line that says so, and nothing more.
# With cpu it compares the CPU with itself, which tries the script. STEPS (200) and CPU_STEPS (5) are
# the steps trained on the device, and on both.
#
# The build has libtorch for the CPU. Another one, of the same version and with CUDA, is taken from
# where these say, such as the folder torch/lib of a Python that has it:
#   PYTORCH_LIBRARY_PATH=.../torch/lib PYTORCH_VERSION=2.7.1 PYTORCH_FLAVOR=cu128 bench/device-check.sh
# libtorch of another version needs DJL's JNI library built for it, as libdjl_torch.so in it.
#
# Where nothing can be built, PULLBACK=COMMAND takes the place of ./pullback, and GOLDEN=COMMAND, which
# is given names of test classes, that of Maven.
set -eu

device=${1:-gpu}
steps=${STEPS:-200}
cpu_steps=${CPU_STEPS:-5}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$home"
export LC_ALL=C.UTF-8
pullback=${PULLBACK:-./pullback}

if ! "$pullback" bench --only machine --device "$device" >"$work/machine" 2>"$work/why"; then
  reason=$(grep '^pullback: ' "$work/why") || { cat "$work/why" >&2; exit 1; }
  if [ $# -eq 0 ]; then
    echo "Nothing to check: ${reason#pullback: }"
    exit 0
  fi
  echo "$reason" >&2
  exit 2
fi
head -n 1 "$work/machine"

# The tests take the first device that the engine sees. They expect float32 of float32 convolutions,
# for which cuDNN takes TF32 by default.
golden() {
  case $device in
  cpu) export CUDA_VISIBLE_DEVICES= ;;
  gpu:*)
    number=${device#gpu:}
    CUDA_VISIBLE_DEVICES=$(echo "${CUDA_VISIBLE_DEVICES:-$(seq -s , 0 "$number")}" | cut -d , -f $((number + 1)))
    export CUDA_VISIBLE_DEVICES
    ;;
  esac
  export NVIDIA_TF32_OVERRIDE=0
  if [ -n "${GOLDEN:-}" ]; then
    "$GOLDEN" dev.pullback.optim.GoldenTrajectoriesTest dev.pullback.train.model.GoldenGptTest \
      dev.pullback.train.model.GoldenResNetTest
  else
    ./mvnw -q -B test -pl djl-optim,transformer-train -am -Dsurefire.failIfNoSpecifiedTests=false \
      -Dtest='GoldenTrajectoriesTest,GoldenGptTest,GoldenResNetTest'
  fi >"$work/golden" 2>&1
}
echo
echo "Golden files ..."
(golden) || {
  grep -m 20 '^\[ERROR\]' "$work/golden" >&2 || tail -n 40 "$work/golden" >&2
  echo "golden files: failed" >&2
  exit 1
}
echo "golden files: equal"

# train NAME DEVICE STEPS [OPTION ...]: writes $work/NAME.losses, a line of step, loss and seconds each.
train() {
  name=$1 on=$2 count=$3
  shift 3
  echo
  echo "nanogpt, $count steps on $on ..."
  "$pullback" train --preset nanogpt --dataset plays --device "$on" --max-steps "$count" \
    --warmup-steps 0 --eval-interval 1000000 --eval-iters 1 --save-interval 0 --seed 1 \
    --out "$work/$name" "$@" >"$work/log" 2>&1 || {
    tail -n 5 "$work/log" >&2
    exit 1
  }
  awk '
    function value(key) {
      return match($0, "\"" key "\":[^,}]*") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) : "none"
    }
    /"split":"train"/ { print value("step"), value("loss"), value("seconds") }
  ' "$work/$name/metrics.jsonl" >"$work/$name.losses"
  [ "$(wc -l <"$work/$name.losses")" = "$count" ] || {
    echo "$(wc -l <"$work/$name.losses") losses, not $count" >&2
    exit 1
  }
}

# Milliseconds of a step, without the first.
milliseconds() {
  awk 'NR == 1 { first = $3 } END { printf "%.1f", 1e3 * ($3 - first) / (NR - 1) }' "$1"
}

train long "$device" "$steps"
awk -v ms="$(milliseconds "$work/long.losses")" '
  NR == 1 { first = $2 } { last = $2 }
  END {
    printf "loss %.4f at step 1, %.4f at step %d; %s ms a step\n", first, last, NR, ms
    exit !(last < first)
  }' "$work/long.losses" || { echo "the loss did not fall" >&2; exit 1; }

# Dropout draws other numbers on another device.
train device "$device" "$cpu_steps" --dropout 0
train cpu cpu "$cpu_steps" --dropout 0
paste -d ' ' "$work/device.losses" "$work/cpu.losses" |
  awk -v on="$(milliseconds "$work/device.losses")" -v cpu="$(milliseconds "$work/cpu.losses")" '
    { d = $2 - $5; if (d < 0) d = -d; if (d / $5 > most) most = d / $5 }
    END {
      printf "losses differ by %.1e relative at most; device / CPU: %s / %s ms = %.3f\n",
        most, on, cpu, on / cpu
      exit !(NR > 0 && most < 1e-3)
    }' || { echo "the losses are not those of the CPU" >&2; exit 1; }

# optimizers DEVICE: a line of name and milliseconds each.
optimizers() {
  "$pullback" bench --only optimizer --device "$1" 2>"$work/log" >"$work/table" || {
    tail -n 5 "$work/log" >&2
    exit 1
  }
  sed -n 's/^| \([a-z][^|]*\) | \([0-9.,]*\) | .* to .*/\1 \2/p' "$work/table" | tr -d ,
}
echo
echo "Optimiser step, 20 million float32 parameters, ms: device, CPU, device / CPU"
optimizers "$device" >"$work/device.steps"
optimizers cpu >"$work/cpu.steps"
paste -d ' ' "$work/device.steps" "$work/cpu.steps" |
  awk '{ printf "%-16s %10.2f %10.2f %8.3f\n", $1, $2, $4, $2 / $4; n++ } END { exit !(n > 0) }'
