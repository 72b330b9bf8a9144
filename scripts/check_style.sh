#!/usr/bin/env bash
# The rules of CONTRIBUTING.md that a script can see.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
complain() {
  printf '%s\n' "$*"
  failed=1
}

find core src \( -name '*.h' -o -name '*.cc' \) | sort | xargs awk '
  function complain(why) { print why; failed = 1 }
  function end_file() {
    if (lines > 400) complain(file ": " lines " lines, at most 400")
  }
  FNR == 1 {
    end_file()
    file = FILENAME
    folder = name = stem = file
    sub(/\/[^\/]*$/, "", folder)
    # The public headers of what core/db does.
    sub(/^core\/include\/pomai$/, "core/db", folder)
    sub(/.*\//, "", name)
    stem = name
    sub(/\..*/, "", stem)
    if (name !~ /^[a-z0-9_]+(-inl)?\.(h|cc)$/)
      complain(file ": not snake_case")
    if (name ~ /\.h$/ && $0 !~ /^(\/\/|\/\*)/)
      complain(file ": does not start with a comment that says what it is")
    # One noun, one file: only the .h and .cc of a pair share a base name.
    if (stem in home && home[stem] != folder)
      complain(file ": a file of that name is in " home[stem] " too")
    home[stem] = folder
  }
  { lines = FNR }
  END { end_file(); if (!NR) complain("no sources found"); exit failed }
' || failed=1

# Each version of an extension that a control file names has its script.
for control in *.control; do
  version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$control")
  script=sql/${control%.control}--$version.sql
  [ -e "$script" ] || complain "$control: there is no $script"
done
exit "$failed"
