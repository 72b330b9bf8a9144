#!/usr/bin/env bash
# Includes go downwards only:
#
#   src/{am,sql} -> core/engine -> core/{memtable,segment,codebook,manifest}
#     -> core/{rabitq,kernel,host} -> core/base
#
# - A folder includes folders of its own rank or below; folders of one rank
#   must not include each other in a circle.
# - core/ includes nothing of src/, and nothing of PostgreSQL.
# - Only src/pg/server.h includes the server's headers.
set -euo pipefail
cd "$(dirname "$0")/.."

# folder rank
ranks='
core/base 0
core/kernel 1
core/host 1
core/rabitq 2
core/codebook 3
core/segment 3
core/memtable 3
core/manifest 3
core/engine 4
core/host_file 5
core/db 6
core/include/pomai 6
src/pg 7
src/host_pg 8
src/am 9
src/sql 9
'

# Lines of "file<TAB>included", without the marks around the name; a name in
# angle brackets keeps its first one. Highway's own lines are left out.
includes() {
  find core src -name '*.h' -o -name '*.cc' | sort | xargs awk '
    /^[ \t]*#[ \t]*include[ \t]*["<]/ {
      match($0, /["<][^">]+/)
      name = substr($0, RSTART, RLENGTH)
      sub(/^"/, "", name)
      if (name !~ /^<?hwy\//) print FILENAME "\t" name
    }'
}

includes | awk -F'\t' -v ranks="$ranks" '
  BEGIN {
    system_headers = "^<(sys/|linux/|unistd|fcntl|dirent|immintrin|setjmp)"
    count = split(ranks, line, "\n")
    for (i = 1; i <= count; i++)
      if (split(line[i], field, " ") == 2) rank[field[1]] = field[2]
  }
  function fail(why) { print $1 ": " $2 ": " why; failed = 1 }
  $1 == "src/pg/server.h" { next }
  {
    # Public headers are included as those who install them do.
    sub(/^pomai\//, "core/include/pomai/", $2)
    own = $1; sub(/\/[^\/]*$/, "", own)
    other = $2; sub(/\/[^\/]*$/, "", other)
    if (!(own in rank)) { fail("a folder without a rank"); next }
    if ($2 ~ /^</) {
      # Server headers are found by their ending: the C++ library has none.
      if ($2 ~ /\.h$/ && $2 !~ system_headers &&
          !(own == "core/host_file" && $2 ~ /^<(liburing|isa-l\/crc)\.h/))
        fail("a C header (include the C++ one, or go through server.h)")
      next
    }
    if (other !~ /^(core|src)\//) {
      fail("not written from the root")
      next
    }
    if (!(other in rank)) { fail("a folder without a rank"); next }
    # The Makefile compiles with fault points what names them.
    if ($1 ~ /\.h$/ && $2 ~ /\/fault_(point|setting)\.h$/)
      fail("fault points in a header")
    if (rank[own] < rank[other]) fail("includes upwards")
    if (own != other && rank[own] == rank[other])
      print own " " other > "/dev/fd/3"
  }
  END { exit failed }
' 3>"${TMPDIR:-/tmp}/pomai-layers.$$" || failed=1
trap 'rm -f "${TMPDIR:-/tmp}/pomai-layers.$$"' EXIT
tsort "${TMPDIR:-/tmp}/pomai-layers.$$" >/dev/null || {
  echo "folders of one rank include each other in a circle (above)"
  failed=1
}
exit "${failed:-0}"
