#!/usr/bin/env bash
# The command-line tool that build/unit holds: what it prints, its exit codes,
# and its progress bars, which only a terminal sees.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$PWD/build/unit/bin/pomai
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# expect CODE TEXT ARGUMENT...: how the tool ends, and something it prints. When
# all is well it prints nothing to stderr.
expect() {
  local code=$1 text=$2 found=0
  shift 2
  "${under[@]}" "$tool" "$@" >out 2>err || found=$?
  [ "$found" = "$code" ] ||
    fail "pomai $*: expected exit code $code, found $found: $(cat out err)"
  [[ $(cat out err) == *"$text"* ]] ||
    fail "pomai $*: expected \"$text\", found: $(cat out err)"
  [ "$code" != 0 ] || [ ! -s err ] || fail "pomai $*: not silent: $(cat err)"
}
under=()

# shown WORD ARGUMENT...: on a terminal there is a bar of that name, which gets
# somewhere.
shown() {
  local word=$1
  shift
  script -qec "$(printf '%q ' "$tool" "$@")" typescript >/dev/null </dev/null ||
    fail "pomai $*: failed on a terminal: $(cat typescript)"
  grep -qE "$word +\[#+\.*\] +[0-9]+ %" typescript ||
    fail "pomai $*: no bar \"$word\": $(cat typescript)"
}

# patch_byte FILE OFFSET BYTE (octal)
patch_byte() {
  printf '%b' "\\0$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

perl -e 'srand(1);
  print pack("l<f<8", 8, map { rand() - 0.5 } 1 .. 8) for 1 .. 5000' >base.fvecs
head -c 360 base.fvecs >ten.fvecs
head -c 100 base.fvecs >torn.fvecs

# Arguments.
expect 2 'a command is missing'
expect 2 'usage: pomai COMMAND' frobnicate
expect 0 'usage: pomai COMMAND' --help
expect 2 'info needs DB [MEMBRANE]' info
expect 2 'info needs DB [MEMBRANE]' info db one two
expect 2 'not a number: ten' search db ten.fvecs ten
expect 2 'not a number: 0' search db ten.fvecs 0
expect 2 'a metric is l2, ip or cosine, not l3' import db ten.fvecs m l3
expect 2 'dimensions must be 1 to 16000' bench db 10 99999
expect 1 'nowhere.fvecs: No such file or directory' import db nowhere.fvecs
expect 1 'expected vectors of one length' import db torn.fvecs
expect 2 "a membrane's name is" import db ten.fvecs a/b

# No DB.
rm -rf db
mkdir other && touch other/file
for folder in nowhere other; do
  expect 1 "NotFound: $folder" info "$folder"
  expect 1 "NotFound: $folder" check "$folder"
  expect 1 "NotFound: $folder" search "$folder" ten.fvecs
  expect 1 "NotFound: $folder" backup "$folder" copy
  expect 1 "$folder" dump-manifest "$folder"
  expect 1 "$folder" dump-log "$folder"
  expect 1 "$folder" restore "$folder" copy
done
[ "$(echo * */*)" = 'base.fvecs err other out ten.fvecs torn.fvecs other/file' ] ||
  fail "something was made: $(echo * */*)"

# What it does, off a terminal and on one.
expect 0 '' import db base.fvecs words cosine
expect 0 'words: 5000 rows (5000 versions), 8 dimensions, cosine' info db
expect 0 'words: sound' check db
expect 0 '9: 9 (' search db ten.fvecs 1 words
expect 0 'version  3' dump-manifest db words
expect 0 '' dump-log db words
expect 0 'searches/s' bench db 2000 16
expect 0 '' backup db copy
expect 1 'AlreadyExists: copy' backup db copy
expect 0 '' restore copy db2/
expect 1 'AlreadyExists: db2' restore copy db2
expect 0 'words: sound' check db2 words
expect 1 'NotFound: membrane none' info db none
shown writing import db3 base.fvecs
shown searching search db3 base.fvecs
shown 'checking files' check db3
shown 'checking pages' check db3
shown copying backup db3 copy3
shown copying restore copy3 db4
shown searching bench db3 2000 16

# A DB that somebody has open, one of another version, and a damaged one.
under=(flock db/LOCK)
expect 1 'FailedPrecondition: lock db/LOCK: somebody else holds it' check db
expect 0 'version  3' dump-manifest db words
expect 0 '' dump-log db words
under=()
patch_byte db2/words/MANIFEST 8 2
expect 1 'db2/words/MANIFEST: manifest version 2 is refused' info db2
expect 1 'db2/words/MANIFEST: manifest version 2 is refused' dump-manifest db2 words
patch_byte db2/words/MANIFEST 8 3
expect 0 'words: sound' check db2
patch_byte "$(echo db2/words/rows-0-*)" 3000 377
expect 1 'words: Corruption: db2/words/rows-0-' check db2
grep -q '1 problems' err || fail "no count: $(cat err)"
