#!/bin/sh
# Writes a model state of 2.5 GiB, in which one tensor is larger than 2 GiB, and reads it in another
# process, each with 300 MB of Java heap. Prints times, a digest of the values before and after, and
# the peak of resident memory; fails if the digests differ or the peak is above 1.2 times the state.
#
#   bench/large-safetensors.sh [FOLDER]
#
# The file (2.7 GB) lies in a folder of its own in FOLDER, or in the folder for temporary files, and
# is removed in the end. With KEEP=1 it stays, to be read by something else.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d ${1:+-p "$1"})
[ "${KEEP:-}" = 1 ] || trap 'rm -rf "$work"' EXIT
file=$work/model.safetensors

(cd "$home" && ./mvnw -q -B -DskipTests -pl bench -am package)

export OPT_OUT_TRACKING=true
large() {
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx300m -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp "$home/bench/target/benchmarks.jar" dev.pullback.bench.LargeSafetensors "$1" "$file" |
    tee "$work/$1.log"
}

large write
large read
ls -l "$file"
[ "$(grep sha256 "$work/write.log")" = "$(grep sha256 "$work/read.log")" ]
[ "$(grep -c "times the state;" "$work/write.log" "$work/read.log" | grep -c ':1$')" = 2 ]
echo "equal"
