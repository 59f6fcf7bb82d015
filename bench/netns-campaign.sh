#!/usr/bin/env bash
# Three workers on three hosts with addresses of their own, which are network namespaces of this
# machine on a bridge. One is cut off for a minute while they train: the run must end or go on, and
# not hang; it must end with the losses of the same run without a disturbance. Linux, root.
#
#   bench/netns-campaign.sh [SECONDS]     60 unless told otherwise
#
# Exits with 1 at the first failure, and keeps the folder.
set -eu

seconds=${1:-60}
home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
name=pullback$$
export PULLBACK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1"
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
pid=

finish() {
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  for host in hub 0 1 2; do
    ip netns del "$name-$host" 2>/dev/null || true
  done
}
trap finish EXIT

fail() {
  echo "FAILED: $1; see $work" >&2
  exit 1
}

# The hub has the bridge, 10.77.0.1, and the process that starts the workers.
ip netns add "$name-hub"
ip -n "$name-hub" link set lo up
ip -n "$name-hub" link add hub0 type bridge
ip -n "$name-hub" address add 10.77.0.1/24 dev hub0
ip -n "$name-hub" link set hub0 up
for host in 0 1 2; do
  ip netns add "$name-$host"
  ip -n "$name-$host" link set lo up
  ip -n "$name-hub" link add "port$host" type veth peer name eth0 netns "$name-$host"
  ip -n "$name-hub" link set "port$host" master hub0 up
  ip -n "$name-$host" address add "10.77.0.1$host/24" dev eth0
  ip -n "$name-$host" link set eth0 up
done

for i in $(seq 300); do
  echo "line $i: $((i * i * 7919 % 1000)) and nothing more"
done >"$work/text"
"$home/pullback" train --workers 3 --help >/dev/null # builds what is out of date

train() { # OUT
  exec ip netns exec "$name-hub" "$home/pullback" train --data "$work/text" --layers 1 --heads 2 \
    --width 16 --context 16 --batch 6 --warmup-steps 2 --max-steps 400 --eval-interval 50 \
    --save-interval 10 --log-interval 1 --out "$1" --workers 3 --threads 3 --bind 10.77.0.1 \
    --worker-timeout 15 --max-restarts 20 --worker-prefix "ip netns exec $name-%d"
}

outcome() {
  sed -n 's/\("step":[0-9]*,"split":"[a-z]*","loss":[^,]*\),.*/\1/p' "$1/metrics.jsonl" | sha256sum
}

begin=$SECONDS
(train "$work/run") >"$work/log" 2>&1 &
pid=$!
until grep -q '"step":30,' "$work/run/metrics.jsonl" 2>/dev/null; do
  kill -0 "$pid" 2>/dev/null || fail "it ended before it was disturbed"
  sleep 0.2
done
echo "cutting host 1 off, after $((SECONDS - begin)) s"
ip -n "$name-hub" link set port1 down
sleep "$seconds"
ip -n "$name-hub" link set port1 up
echo "host 1 is back; so far: $(grep -c 'restart [0-9]* of' "$work/log" || true) restarts"
for _ in $(seq 1200); do
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.5
done
kill -0 "$pid" 2>/dev/null && fail "it still runs after ten minutes"
status=0
wait "$pid" || status=$?
pid=
grep -v '^step' "$work/log" | grep -E 'restart|gone|cannot|pullback:' || true
[ "$status" = 0 ] || fail "it ended with status $status"
(train "$work/undisturbed") >"$work/log2" 2>&1 || fail "the undisturbed run failed"
[ "$(outcome "$work/run")" = "$(outcome "$work/undisturbed")" ] || fail "other losses"
rm -rf "$work"
echo "OK: cut off for $seconds s, recovered, the same losses after $((SECONDS - begin)) s in all"
