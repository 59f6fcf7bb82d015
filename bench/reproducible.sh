#!/bin/sh
# Builds the files of this checkout twice, in two folders, with what a release has beside the jars,
# and compares every jar and every list of components byte by byte. Prints their SHA-256; fails if
# two differ or one is missing.
#
#   bench/reproducible.sh [ARGUMENT OF MAVEN ...]     such as -pl tokenizer -am; not -o
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() {
  folder=$work/$1
  shift
  mkdir "$folder"
  (cd "$home" && git ls-files -z | tar --null --files-from=- -cf -) | tar -xf - -C "$folder"
  (cd "$folder" && ./mvnw -q -B -Prelease -DskipTests "$@" package)
  (cd "$folder" && find . -path '*/target/*' ! -path '*/target/lib/*' \
    \( -name '*.jar' -o -path '*/target/bom.*' \) -type f | sort | xargs sha256sum) >"$folder.sums"
}

build first "$@"
build the-second-in-another-folder "$@"
cat "$work/first.sums"
for kind in -sources.jar -javadoc.jar bom.json; do
  grep -q -- "$kind" "$work/first.sums" || {
    echo "no $kind was built (offline, Maven makes no bom.json)" >&2
    exit 1
  }
done
diff "$work/first.sums" "$work/the-second-in-another-folder.sums"
echo "$(wc -l <"$work/first.sums") files, the same in both builds"
