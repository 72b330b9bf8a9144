# Shell functions that every script of this folder shares. To be sourced:
#
#   . "$(dirname "$0")/lib/common.sh"
#   need_packages cmake libhwy-dev
#   say "building"
#
# Sets: repo_dir (the checkout), build_dir (everything that is made, never in
# git), jobs (parallel compilers).

repo_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build_dir=${POMAI_BUILD_DIR:-$repo_dir/build}
jobs=${POMAI_JOBS:-$(nproc)}

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# as_root COMMAND...: runs it as root, through sudo when we are not.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    die "needs root or sudo to run: $*"
  fi
}

have_package() {
  local status
  status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) || return 1
  [ "${status:0:2}" = ii ]
}

# need_packages NAME...: installs the Debian packages that are missing. Asks
# apt for nothing when none is. The package lists are brought up to date only
# when installing with the ones at hand fails. One at a time: apt waits for
# nobody.
need_packages() {
  local missing=() name status=0
  for name; do have_package "$name" || missing+=("$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    die "please install (no apt-get here): ${missing[*]}"
  say "installing ${missing[*]}"
  mkdir -p "$build_dir"
  (
    flock 8
    without_main_cluster apt_install "${missing[@]}" >/dev/null 2>&1 && exit
    as_root apt-get update -qq
    without_main_cluster apt_install "${missing[@]}" >/dev/null
  ) 8>"$build_dir/packages.lock" || status=$?
  return "$status"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@"
}

# The package of a server makes and starts a cluster "main", which nobody
# asked us for. So a setting says no while we install. A machine that has
# postgresql-common already is left alone: its owner has decided.
without_main_cluster() {
  local folder=/etc/postgresql-common/createcluster.d status=0
  if [ -e /etc/postgresql-common ]; then
    "$@"
    return
  fi
  as_root mkdir -p "$folder"
  echo 'create_main_cluster = false' |
    as_root tee "$folder/pomai.conf" >/dev/null
  "$@" || status=$?
  as_root rm -f "$folder/pomai.conf"
  return "$status"
}
