#!/usr/bin/env bash
# Runs a command in a Debian 13 tree with PostgreSQL 17 and pgvector:
#
#   scripts/debian13.sh scripts/check.sh regress tap
#   scripts/debian13.sh psql --version
#   scripts/debian13.sh                     (a shell)
#
# The first call makes the tree under build/debian13 (some minutes, about 2
# GB) from the mirror that this machine's apt is configured with; later calls
# use it. `rm -rf build/debian13` makes the next call start anew.
# POMAI_DEBIAN_SUITE, POMAI_DEBIAN_SERVER and POMAI_DEBIAN13_DIR name another
# suite, its PostgreSQL and a folder for its tree (CONTRIBUTING.md).
#
# The command runs as root in /pomai, which is this checkout itself, not a
# copy. POMAI_BUILD_DIR is set to /pomai/build/SUITE there, so that objects
# of two Debian versions never mix; other POMAI_* variables are handed on.
#
# Mounts live in a mount namespace of the command's own, and its processes in
# a process namespace: when the command ends, however it ends, the kernel
# takes both away. So a server that it leaves running ends with it.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

suite=${POMAI_DEBIAN_SUITE:-trixie}
server=${POMAI_DEBIAN_SERVER:-17}
tree_dir=${POMAI_DEBIAN13_DIR:-$repo_dir/build/debian13}
tree=$tree_dir/root
packages=(
  "postgresql-$server" "postgresql-server-dev-$server"
  "postgresql-$server-pgvector"
  g++ make cmake pkgconf libhwy-dev libisal-dev liburing-dev
  libgtest-dev libbenchmark-dev libhnswlib-dev
  libipc-run-perl python3 procps
)

# The first archive of apt's own that is Debian's main one.
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' \
    'Created-By: Packages' |
    awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }'
}

# apt's way to the network (proxies, checks), for the tree's apt to share.
apt_settings() {
  apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries)' || true
}

make_tree() {
  local uri proxy=
  need_packages debootstrap
  uri=$(mirror)
  if [ -z "$uri" ]; then
    apt-get update -qq
    uri=$(mirror)
  fi
  [ -n "$uri" ] || die "apt knows no Debian archive to take $suite from"
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  say "making a Debian $suite tree in ${tree#"$repo_dir"/} (once)"
  rm -rf --one-file-system "$tree"
  mkdir -p "$tree"
  chmod 755 "$tree"
  # A debootstrap that does not know the suite makes it as it makes sid.
  http_proxy=${http_proxy:-$proxy} debootstrap --variant=minbase \
    --include=ca-certificates "$suite" "$tree" "$uri" sid
  apt_settings >"$tree/etc/apt/apt.conf.d/50pomai"
  echo 'force-unsafe-io' >"$tree/etc/dpkg/dpkg.cfg.d/pomai"
  printf 'path-exclude=/usr/share/%s/*\n' doc man locale \
    >>"$tree/etc/dpkg/dpkg.cfg.d/pomai"
  # No server starts in the tree, and no cluster is made.
  printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
  chmod 755 "$tree/usr/sbin/policy-rc.d"
  mkdir -p "$tree/etc/postgresql-common/createcluster.d" "$tree/pomai"
  echo 'create_main_cluster = false' \
    >"$tree/etc/postgresql-common/createcluster.d/pomai.conf"
}

# Names the packages that the tree was made with: a longer list above makes
# the next call install what is new.
stamp=$tree_dir/packages
prepare_tree() {
  mkdir -p "$tree_dir"
  exec 9>"$tree_dir/lock"
  flock 9
  if [ "$(cat "$stamp" 2>/dev/null)" != "${packages[*]}" ]; then
    {
      [ -e "$stamp" ] || make_tree
      say "installing its packages"
      run_inside sh -c 'apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
          --no-install-recommends "$@" && apt-get clean' sh "${packages[@]}"
    } >"$tree_dir/log" 2>&1 9>&- || {
      tail -n 30 "$tree_dir/log" >&2
      die "no Debian $suite tree (whole log: $tree_dir/log)"
    }
    echo "${packages[*]}" >"$stamp"
  fi
  exec 9>&-
}

# Process 1 of the namespaces: mounts, then the command.
# shellcheck disable=SC2016
inside='
  set -e
  tree=$1 checkout=$2
  shift 2
  mount --bind "$tree" "$tree"
  mount --bind "$checkout" "$tree/pomai"
  mount -t proc proc "$tree/proc"
  mount --rbind /sys "$tree/sys"
  mount --rbind /dev "$tree/dev"
  mount -t tmpfs -o mode=1777 tmpfs "$tree/dev/shm"
  mount -t tmpfs -o mode=755 tmpfs "$tree/run"
  mkdir -m 1777 "$tree/run/lock"
  cp -L /etc/resolv.conf /etc/hosts "$tree/etc/" 2>/dev/null || true
  trap "exit 130" INT
  set +e
  chroot "$tree" /usr/bin/env -C /pomai "$@"
  exit $?
'

run_inside() {
  local settings=() name child status=0
  for name in $(compgen -e POMAI_); do settings+=("$name=${!name}"); done
  settings+=(
    "HOME=/root" "TERM=${TERM:-dumb}" "LANG=C.UTF-8" "CI=${CI:-}"
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    "POMAI_BUILD_DIR=/pomai/build/$suite"
  )
  setpriv --pdeathsig KILL unshare --mount --pid --ipc --fork \
    --kill-child=KILL bash -c "$inside" inside "$tree" "$repo_dir" \
    -i "${settings[@]}" "$@" <&0 &
  child=$!
  trap 'kill -KILL "$child" 2>/dev/null; exit 130' INT TERM HUP
  wait "$child" || status=$?
  trap - INT TERM HUP
  return "$status"
}

[ "$(id -u)" = 0 ] || exec sudo -- "$(command -v env)" \
  $(env | grep -E '^(POMAI_|CI=)' || true) "$0" "$@"
prepare_tree
[ $# -gt 0 ] || set -- bash
run_inside "$@"
