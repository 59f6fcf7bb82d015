#!/usr/bin/env bash
# Runs the smoke plan on a standalone cluster of Apache Spark on this machine, a master and two
# workers, kills a worker and then the driver (SIGKILL) while trials run, starts the driver again,
# and compares the rows with those of local[2]: nothing may be lost or be there twice. Then a model is
# trained by two ranks, one on each worker: it must be the model of two processes of this machine.
#
#   bench/cluster-campaign.sh [PLAN]     docs/studies/smoke.yaml unless told otherwise
#
# Exits with 1 at the first difference, and keeps the folder. Linux.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
plan=${1:-$home/docs/studies/smoke.yaml}
work=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
master=spark://127.0.0.1:$port
echo "cluster campaign in $work"

opens=
for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util \
  java.util.concurrent java.util.concurrent.atomic sun.nio.ch sun.nio.cs sun.security.action \
  sun.util.calendar; do
  opens="$opens --add-opens=java.base/$package=ALL-UNNAMED"
done

"$home/pullback" study plan "$plan" --out "$work/local"
"$home/pullback" study run --out "$work/local" --master 'local[2]' # builds the module, too
build=$home/.launcher/cluster/$(cat "$home/.launcher/cluster/current")

# A folder with the jars is all of an installation that a standalone cluster needs.
mkdir "$work/spark"
ln -s "$build/lib" "$work/spark/jars"
export SPARK_HOME=$work/spark SPARK_SCALA_VERSION=2.13 SPARK_LOCAL_IP=127.0.0.1
export SPARK_WORKER_DIR=$work/workers
java=java
[ -n "${JAVA_HOME:-}" ] && java=$JAVA_HOME/bin/java

deploy() { # LOG CLASS ARGUMENTS
  local log=$1
  shift
  # shellcheck disable=SC2086
  exec setsid "$java" $opens -Xmx512m -cp "$build/lib/*" "$@" >"$log" 2>&1
}

worker() { # NUMBER
  deploy "$work/worker$1.log" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --cores 1 \
    --memory 1g --webui-port 0 "$master"
}

await() { # FILE TEXT
  for _ in $(seq 600); do
    grep -q "$2" "$1" 2>/dev/null && return
    sleep 0.1
  done
  fail "$1 never said '$2'"
}

fail() {
  echo "FAILED: $1; see $work" >&2
  exit 1
}

pids=
finish() {
  for pid in $pids; do
    kill -9 -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  pids=
}
trap finish EXIT

logging=$work/log4j2.properties
printf 'rootLogger.level = info\nrootLogger.appenderRef.a.ref = a\nappender.a.type = Console\nappender.a.name = a\n' >"$logging"
opens="$opens -Dlog4j2.configurationFile=$logging"
(deploy "$work/master.log" org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$port" \
  --webui-port 0) &
pids="$pids $!"
await "$work/master.log" "elected leader"
(worker 1) &
first=$!
(worker 2) &
pids="$pids $first $!"
await "$work/worker1.log" "Successfully registered"
await "$work/worker2.log" "Successfully registered"

run() {
  exec setsid "$home/pullback" study run --out "$work/cluster" --master "$master" \
    >>"$work/driver.log" 2>&1
}

"$home/pullback" study plan "$plan" --out "$work/cluster"
all=$(wc -l <"$work/local/rows.jsonl")
complete() {
  find "$work/cluster/trials" -name row.json | wc -l
}
await_rows() { # COUNT
  for _ in $(seq 6000); do
    [ "$(complete)" -ge "$1" ] && return
    sleep 0.1
  done
  fail "there are no $1 rows after ten minutes"
}

(run) &
driver=$!
pids="$pids $driver"
await_rows $((all / 4))
echo "killing a worker after $(complete) of $all trials"
# Its executor dies with it or is told to; both have their own process groups.
kill -9 -- "-$first"
address=$(sed -n 's/.*Starting Spark worker \(127\.0\.0\.1:[0-9][0-9]*\).*/\1/p' "$work/worker1.log" | head -n 1)
[ -n "$address" ] || fail "worker1.log does not name its port" # else executors of all would be killed
pkill -9 -f "CoarseGrainedExecutorBackend.*--worker-url.*@$address( |\$)" || true
await_rows $((all / 2))
echo "killing the driver after $(complete) of $all trials"
kill -9 -- "-$driver"
(run) &
driver=$!
pids="$pids $driver"
wait "$driver" || fail "the driver ended with $?"

rows() {
  sed 's/"seconds":[^,}]*//' "$1/rows.jsonl" | sort
}
[ "$(wc -l <"$work/cluster/rows.jsonl")" = "$all" ] || fail "rows are missing, or there twice"
diff <(rows "$work/local") <(rows "$work/cluster") >"$work/difference" || fail "rows differ"
echo "all $all rows are the same as those of local[2]"

(worker 1) &
pids="$pids $!"
await "$work/worker1.log" "Successfully registered"
yes "To be, or not to be." | head -n 500 >"$work/text"
train() { # OUT OPTIONS
  local out=$1
  shift
  "$home/pullback" train --data "$work/text" --layers 2 --heads 2 --width 32 --context 32 --batch 8 \
    --max-steps 200 --eval-interval 100 --save-interval 100 --warmup-steps 10 \
    --workers 2 --out "$out" "$@" >"$out.log" 2>&1 || fail "ranks did not train, see $out.log"
}
train "$work/ranks-local" --threads 2
train "$work/ranks-cluster" --threads 1 --master "$master" --bind 127.0.0.1
weights() {
  cat "$1/checkpoints/$(cat "$1/checkpoints/latest")/model.safetensors"
}
cmp <(weights "$work/ranks-local") <(weights "$work/ranks-cluster") || fail "ranks' weights differ"
echo "two ranks on the cluster end at the weights of two processes of this machine"
finish
rm -rf "$work"
