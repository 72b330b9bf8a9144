#!/usr/bin/env bash
# The rules of CONTRIBUTING.md that a script can see.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
complain() {
  printf '%s\n' "$*"
  failed=1
}

sources=$(find core src -name '*.h' -o -name '*.cc' | sort)
[ -n "$sources" ] || complain "no sources found"

for file in $sources; do
  lines=$(wc -l <"$file")
  [ "$lines" -le 400 ] || complain "$file: $lines lines, at most 400"
  case $file in
    *.h)
      head -n 1 "$file" | grep -qE '^(//|/\*)' ||
        complain "$file: does not start with a comment that says what it is"
      ;;
  esac
  name=$(basename "$file")
  grep -qxE '[a-z0-9_]+(-inl)?\.(h|cc)' <<<"$name" ||
    complain "$file: not snake_case"
done

# One noun, one file: a base name is unique, but for the .h and .cc of a pair.
twice=$(for file in $sources; do
  printf '%s %s\n' "$(basename "${file%.*}")" "$(dirname "$file")"
done | sort -u | cut -d' ' -f1 | uniq -d)
for name in $twice; do complain "$name: names files in several folders"; done

# Each version of an extension that a control file names has its script.
for control in *.control; do
  version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$control")
  script=sql/${control%.control}--$version.sql
  [ -e "$script" ] || complain "$control: there is no $script"
done
exit "$failed"
