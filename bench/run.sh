#!/usr/bin/env bash
# A whole comparison: data, programs, extension, cluster, measurement, plot.
#
#   bench/run.sh glove                     hnsw, ivfflat and pomai
#   bench/run.sh fashion --indexes pomai --update
#   bench/run.sh --here glove --indexes pomai-real --column 'real[]'
#   bench/run.sh writes glove              inserts, VACUUM (bench/writes.py)
#   bench/run.sh tables glove              recall of odd tables (tables.py)
#
# It runs in a Debian 13 tree with PostgreSQL 17 and pgvector (the first time
# that tree is made, which takes minutes); with --here on this machine's own
# PostgreSQL. Everything after the data set goes to bench/compare.py. Results:
# bench/results/NAME.json and NAME.svg.
set -euo pipefail

program=compare.py
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/../scripts/lib/common.sh"
. "$here/../scripts/lib/server.sh"

# Runs where the server is: compiles what is needed there, then measures.
measure() {
  case $1 in
    writes | tables) program=$1.py && shift ;;
  esac
  need_server
  need_packages libpq-dev make g++ python3
  make -s -C "$here/client"
  case "$program $* " in
    writes.py* | tables.py*) use_pomai ;;
    *" --indexes "*pomai*) use_pomai ;;
    *" --indexes "*) ;;
    *) use_pomai ;;
  esac
  exec python3 "$here/$program" "$@"
}

# A copy of the server with pomai in it, which no other build touches.
use_pomai() {
  say "building pomai"
  build_server bench-pg >"$build_dir/bench/make.log" 2>&1 || {
    tail -n 20 "$build_dir/bench/make.log"
    die "pomai does not build"
  }
  PG_CONFIG=$server_bin/pg_config
}

case ${1:-} in
  --inside) shift && measure "$@" ;;
  --here) shift && "$here/prepare.sh" "${1:-}" && measure "$@" ;;
  *)
    case ${1:-} in
      writes | tables) "$here/prepare.sh" "${2:-}" ;;
      *) "$here/prepare.sh" "${1:-}" ;;
    esac
    exec "$repo_dir/scripts/debian13.sh" bench/run.sh --inside "$@"
    ;;
esac
