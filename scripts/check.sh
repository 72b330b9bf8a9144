#!/usr/bin/env bash
# Runs the tests: all, or the parts that are named.
#
#   scripts/check.sh                   everything, as CI does
#   scripts/check.sh lint unit         some parts
#   scripts/check.sh unit:rabitq       unit tests whose name matches
#   scripts/check.sh regress:insert    one file of test/sql
#   scripts/check.sh tap:003_crash     one file of test/t
#   scripts/check.sh pg17:tap          a part in the Debian 13 tree
#   scripts/check.sh --long            everything, and what takes long
#
#   lint       format, layers and house style
#   unit       the core's unit tests, built with CMake; the command-line tool;
#              the installed library
#   asan       the unit tests under the address and undefined-behaviour
#              sanitizers; built with clang if there is one
#   tsan       (--long) the same under the thread sanitizer
#   regress    test/sql, and the symbols of the module
#   tap        test/t, with fault points in the module
#   pgvector   test/pgvector, on a server that has pgvector
#   pg17       regress, tap and pgvector on PostgreSQL 17 in the Debian 13
#              tree, with the server's assertions and -Werror
#   clang      (--long) the unit tests, built with clang
#   fuzz       each of test/fuzz for some seconds, if there is a clang: from
#              the build of asan (--long: a minute each, and installs clang)
#
# Installs what it needs. A line per step; whole logs are in build/logs. Set
# POMAI_ASSERT=1 to build the extension with assertions and -Werror.
set -uo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/steps.sh"
. "$(dirname "$0")/lib/server.sh"
cd "$repo_dir" || exit

part_lint() {
  need_packages clang-format git
  step format check_format
  step layers scripts/check_layers.sh
  step style scripts/check_style.sh
  step settings scripts/settings_table.sh
}

check_format() {
  local files
  mapfile -t files < <(find core src test bench tool examples \
    \( -name '*.h' -o -name '*.cc' \) 2>/dev/null)
  [ ${#files[@]} -gt 0 ] || return
  clang-format --dry-run -Werror "${files[@]}" 2>"$log_dir/clang-format.log" &&
    return
  echo "not as .clang-format wants them (clang-format -i mends them):"
  sed -n 's/^\([^ :]*\):.*error.*/\1/p' "$log_dir/clang-format.log" | sort -u
  return 1
}

# run_unit NAME PATTERN CMAKE_OPTION...
run_unit() {
  local folder=$build_dir/$1 pattern=$2
  shift 2
  build_core "$folder" all "$@" &&
    ctest --test-dir "$folder" --output-on-failure --no-tests=error \
      -j "$jobs" ${pattern:+-R "$pattern"}
}

# build_core FOLDER TARGETS CMAKE_OPTION...
build_core() {
  local folder=$1 targets=$2
  shift 2
  # shellcheck disable=SC2086
  cmake -S "$repo_dir" -B "$folder" -DPOMAI_BUILD_TESTS=ON "$@" &&
    cmake --build "$folder" -j "$jobs" --target $targets
}

unit_packages=(cmake g++ make pkgconf libhwy-dev libisal-dev liburing-dev
  libgtest-dev)

# A build type of no name of CMake's, so that assert() stays.
sanitize=(-DCMAKE_BUILD_TYPE=Sanitize "-DCMAKE_CXX_FLAGS_SANITIZE=-O1 -g1")

part_unit() {
  need_packages "${unit_packages[@]}" libbenchmark-dev libhnswlib-dev \
    bsdutils perl-base
  step unit run_unit unit "$1" -DCMAKE_BUILD_TYPE=Release \
    -DPOMAI_BUILD_BENCH=ON
  [ -n "$1" ] || step tool scripts/check_tool.sh
  [ -n "$1" ] || step install scripts/check_install.sh
}

# clang's is one build with the fuzz targets, and takes two thirds of the time.
asan_options() {
  need_packages "${unit_packages[@]}"
  [ -z "$long" ] || need_packages clang
  if command -v clang++ >/dev/null; then
    asan=("${sanitize[@]}" -DPOMAI_BUILD_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++)
  else
    asan=("${sanitize[@]}" "-DCMAKE_CXX_FLAGS=-fsanitize=address,undefined \
-fno-sanitize-recover=all")
  fi
}

part_asan() {
  local asan
  asan_options
  step asan run_unit asan "$1" "${asan[@]}"
}

part_tsan() {
  need_packages "${unit_packages[@]}"
  step tsan run_unit tsan "$1" "${sanitize[@]}" \
    -DCMAKE_CXX_FLAGS=-fsanitize=thread
}

part_clang() {
  need_packages "${unit_packages[@]}" clang
  step clang run_unit clang "$1" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_CXX_FLAGS=-Werror
}

part_fuzz() {
  local name asan names seconds=${long:+60}
  asan_options
  if ! command -v clang++ >/dev/null; then
    say "no clang: fuzz is left out"
    return
  fi
  names=$(names_of "$1" test/fuzz/*_fuzz.cc)
  step "build fuzz targets" build_core "$build_dir/asan" "$names" \
    "${asan[@]}" || return
  for name in $names; do
    step "fuzz ${name%_fuzz}" run_fuzz "${name%_fuzz}" "${seconds:-5}"
  done
}

# run_fuzz NAME SECONDS: goes on from the seeds and from what earlier runs
# found. An input that fails is kept in build/fuzz/found.
run_fuzz() {
  local corpus=$build_dir/fuzz/corpus/$1
  mkdir -p "$corpus" "$build_dir/fuzz/found"
  "$build_dir/asan/fuzz/$1" -max_total_time="$2" -len_control=0 -max_len=1024 \
    -timeout=20 -artifact_prefix="$build_dir/fuzz/found/$1-" \
    "$corpus" "test/fuzz/corpus/$1"
}

# Builds the extension, once for all parts that need it. `faults`: with points
# at which tests can break it off.
extension=
with_extension() {
  local kind=${1:-} name options
  [ -z "$extension" ] || { [ "$extension" = built ]; return; }
  extension=failed
  need_server
  name=pg$pg_major
  # Debug information would take a third of the compiler's time.
  if [ -n "${POMAI_ASSERT:-}" ]; then
    name+=-assert
    options=(COPT='-g0 -DUSE_ASSERT_CHECKING -Werror')
  else
    options=(COPT=-g0)
  fi
  [ "$kind" != faults ] || options+=(FAULT_POINTS=1)
  step "build for PostgreSQL $pg_major${kind:+ with $kind}" \
    build_server "$name" "${options[@]}" || return
  step "symbols${kind:+ with $kind}" scripts/check_symbols.sh "$module" "$kind"
  extension=built
}

cluster=
with_cluster() {
  with_extension || return
  [ -z "$cluster" ] || { [ "$cluster" = started ]; return; }
  cluster=failed
  step "start a cluster" start_cluster check 'fsync = off' \
    'shared_buffers = 256MB' 'max_wal_size = 4GB' \
    "wal_consistency_checking = 'generic'" || return
  cluster=started
}

# names_of PATTERN FILE...: base names without extension, of the files whose
# name has PATTERN in it.
names_of() {
  local pattern=$1 file name
  shift
  for file; do
    name=$(basename "${file%.*}")
    [ -e "$file" ] && [[ $name == *"$pattern"* ]] && printf '%s ' "$name"
  done
}

# installcheck TARGET VARIABLE NAMES [MAKE_VARIABLE...]: a run of make whose
# VARIABLE holds the tests to run. Shows the differences when there are any.
installcheck() {
  local target=$1 variable=$2 names=$3
  shift 3
  [ -n "$names" ] || { echo "no tests found"; return 1; }
  make -C "$repo_dir" "${make_options[@]}" "$variable=$names" "$@" "$target" &&
    return
  find "$build_dir/$(basename "${module%/*}")" -name regression.diffs \
    -exec cat {} +
  return 1
}

part_regress() {
  with_cluster || return
  step regress installcheck installcheck \
    REGRESS "$(names_of "$1" test/sql/*.sql)"
}

part_pgvector() {
  [ -d test/pgvector ] || return 0
  need_server
  need_packages "postgresql-$pg_major-pgvector"
  with_cluster || return
  step pgvector installcheck installcheck-pgvector \
    PGVECTOR_REGRESS "$(names_of "$1" test/pgvector/sql/*.sql)"
}

# Its server is another one than that of the other parts.
part_tap() {
  local extension= server_bin module make_options PATH=$PATH
  need_packages libipc-run-perl perl
  with_extension faults || return
  step tap run_tap "$1"
}

# A file system that is soon full, for the tests of full disks. It is gone with
# its mount namespace, however the tests end.
# shellcheck disable=SC2016
mount_small='
  if mkdir -p "$1" && mount -t tmpfs -o "size=24m,mode=700,uid=$2" small "$1"
  then export POMAI_SMALL_DISK="$1"
  fi
  shift 2
  exec "$@"
'

# The tests start servers, so they run as the server's user, on a copy of
# test/ that is its own. One more at a time than processors: they often wait.
run_tap() {
  local name files=() pgxs status=0 as_user=()
  for name in $(names_of "$1" test/t/*.pl); do files+=("test/t/$name.pl"); done
  [ ${#files[@]} -gt 0 ] || { echo "no tests found"; return 1; }
  make_run_dir tap
  reach_server
  pgxs=$(dirname "$("$PG_CONFIG" --pgxs)")/../..
  cp -R test "$run_dir/"
  if [ "$(id -un)" != "$server_user" ]; then
    chown -R "$server_user" "$run_dir"
    as_user=(runuser -u "$server_user" --)
    unshare --mount true && as_user=(unshare --mount sh -c "$mount_small" sh
      "$run_dir/small" "$(id -u "$server_user")" "${as_user[@]}")
  fi
  (
    cd "$run_dir" || exit
    unset "${!PG@}"
    # Not LC_ALL, which their library unsets.
    "${as_user[@]}" env "PATH=$PATH" LANG=C.UTF-8 \
      "PERL5LIB=$pgxs/src/test/perl:$run_dir/test/t/lib" \
      "PG_REGRESS=$pgxs/src/test/regress/pg_regress" \
      POMAI_FAULT_POINTS=1 "TESTDIR=$run_dir" "TESTDATADIR=$run_dir/tmp_check" \
      "TESTLOGDIR=$run_dir/tmp_check/log" \
      prove --timer -j "${POMAI_PROVE_JOBS:-$((jobs + 1))}" "${files[@]}"
  ) || status=$?
  rm -rf "$log_dir/tap"
  cp -R "$run_dir/tmp_check/log" "$log_dir/tap" || true
  return "$status"
}

# Making the Debian 13 tree waits for the network and the disk most of the time,
# so it is begun before the other parts. It goes on when this script is broken
# off; the next one waits for it.
tree_job=
begin_tree() {
  scripts/debian13.sh true >"$log_dir/debian13.log" 2>&1 &
  tree_job=$!
}

await_tree() {
  wait "$tree_job" && return
  cat "$log_dir/debian13.log"
  return 1
}

# Runs this script again in the Debian 13 tree; its steps count as ours.
part_pg17() {
  local log=$log_dir/pg17.log parts=("$1")
  [ -n "$1" ] || parts=(regress tap pgvector)
  step "Debian 13 tree" await_tree || return
  POMAI_ASSERT=1 scripts/debian13.sh scripts/check.sh "${parts[@]}" 2>&1 |
    tee "$log" | sed -u '/^[0-9]* passed, [0-9]* failed$/d; s/^/pg17  /'
  add_steps "$log"
}

add_steps() {
  local counts
  if counts=$(grep -xE '[0-9]+ passed, [0-9]+ failed' "$1"); then
    steps_passed=$((steps_passed + $(cut -d' ' -f1 <<<"$counts")))
    steps_failed=$((steps_failed + $(cut -d' ' -f3 <<<"$counts")))
  else
    steps_failed=$((steps_failed + 1))
  fi
}

known=" lint unit asan tsan regress tap pgvector pg17 clang fuzz "
parts=(lint unit asan fuzz regress tap pg17)
long=
if [ "${1:-}" = --long ]; then
  long=yes
  parts+=(tsan clang)
  shift
fi
[ $# = 0 ] || parts=("$@")
for part in "${parts[@]}"; do
  [[ $known == *" ${part%%:*} "* ]] || die "no such part: $part"
done
[[ " ${parts[*]}" != *" pg17"* ]] || begin_tree
for part in "${parts[@]}"; do
  only=
  [[ $part != *:* ]] || only=${part#*:}
  "part_${part%%:*}" "$only"
done
end_steps
