#!/usr/bin/env bash
# check_symbols.sh MODULE [faults]: the module shows only what PostgreSQL calls
# by name, and every C++ name it needs comes from a library that it is linked
# with. (A C++ name left open is found missing only when the server first
# calls it.) Nothing of the fault points is in it, unless `faults` says that it
# was built with them.
set -euo pipefail
module=$1 kind=${2:-}

strange=$(nm -D --defined-only "$module" | awk '{ print $NF }' |
  grep -vxE 'Pg_magic_func|_PG_init|(pg_finfo_)?pomai_[a-z0-9_]+' || true)
[ -z "$strange" ] || {
  echo "exported, but not meant for the server:"
  c++filt <<<"$strange"
  exit 1
}
for name in Pg_magic_func _PG_init; do
  nm -D --defined-only "$module" | grep -qw "$name" || {
    echo "$name is not exported"
    exit 1
  }
done

# Versioned names (name@VERSION) were found in a library when linking.
open=$(nm -D --undefined-only "$module" | awk '$1 == "U" { print $2 }' |
  grep -E '^_Z|^__cxa|^__gxx' | grep -v '@' || true)
[ -z "$open" ] || {
  echo "C++ names that no library has:"
  c++filt <<<"$open"
  exit 1
}
if grep -qaE 'fault_(point|hook)|half-written' "$module"; then
  [ "$kind" = faults ] || { echo "fault points in a module for use"; exit 1; }
elif [ "$kind" = faults ]; then
  echo "no fault points in a module that was built with them"
  exit 1
fi
# It would measure the processor's clock in every session.
if readelf -d "$module" | grep -q 'NEEDED.*libhwy'; then
  echo "linked with libhwy, of which only headers are needed"
  exit 1
fi
echo "$(nm -D --defined-only "$module" | wc -l) exported"
