#!/usr/bin/env bash
# Installs the library that build/unit holds below build/install, and builds and
# runs examples/ and the tool against it.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(wc -l <examples/words.cc)" -le 40 ] || {
  echo 'examples/words.cc has more than 40 lines' >&2
  exit 1
}
prefix=$PWD/build/install
rm -rf "$prefix" build/examples
cmake --install build/unit --prefix "$prefix" >/dev/null
cmake -S examples -B build/examples -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build build/examples
db=build/examples/db
rm -rf "$db"
build/examples/words "$db" | tee build/examples/words.out
grep -qx 'now    id 3 at .*' build/examples/words.out
grep -qx 'before id 2 at .*' build/examples/words.out
for command in info check dump-manifest dump-log; do
  "$prefix/bin/pomai" "$command" "$db"
done
# Two vectors of three dimensions, written and found.
printf '\3\0\0\0\0\0\200\77\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\200\77\0\0\0\0' \
  >build/examples/two.fvecs
"$prefix/bin/pomai" import "$db" build/examples/two.fvecs two
"$prefix/bin/pomai" search "$db" build/examples/two.fvecs 1 two |
  tee build/examples/search.out
grep -qx '0: 0 (0)' build/examples/search.out
grep -qx '1: 1 (0)' build/examples/search.out
"$prefix/bin/pomai" backup "$db" "$db-backup"
"$prefix/bin/pomai" restore "$db-backup" "$db-restored"
"$prefix/bin/pomai" check "$db-restored"
