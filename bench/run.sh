#!/usr/bin/env bash
# A whole comparison: data, programs, extension, cluster, measurement, plot.
#
#   bench/run.sh glove                     hnsw, ivfflat and pomai
#   bench/run.sh fashion --indexes pomai --update
#   bench/run.sh --here glove --indexes pomai-real --column 'real[]'
#
# It runs in a Debian 13 tree with PostgreSQL 17 and pgvector (the first time
# that tree is made, which takes minutes); with --here on this machine's own
# PostgreSQL. Everything after the data set goes to bench/compare.py. Results:
# bench/results/NAME.json and NAME.svg.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
root=$(dirname "$here")

install_pomai() {
  make -s -C "$root" -j"$(nproc)" >/dev/null
  make -s -C "$root" install >/dev/null
}

# Runs where the server is: compiles what is needed there, then measures.
measure() {
  make -s -C "$here/client"
  case " $* " in
    *" --indexes "*pomai*) install_pomai ;;
    *" --indexes "*) ;;
    *) install_pomai ;;
  esac
  exec python3 "$here/compare.py" "$@"
}

case ${1:-} in
  --inside) shift && measure "$@" ;;
  --here) shift && "$here/prepare.sh" "${1:-}" && measure "$@" ;;
  *)
    "$here/prepare.sh" "${1:-}"
    exec "$root/scripts/debian13.sh" bench/run.sh --inside "$@"
    ;;
esac
