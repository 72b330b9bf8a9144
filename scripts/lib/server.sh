# A PostgreSQL of our own: a private copy of the installed server with pomai
# in it, and clusters of it that end with the script. Nothing is installed
# into the system's folders and no cluster that exists is touched. To be
# sourced after common.sh:
#
#   need_server                 installs the server and the compiler, if need be
#   build_server pg15           build/pg15 (objects), build/pg15-server (copy)
#   start_cluster demo 'shared_buffers = 1GB'
#   psql -c 'SELECT 1'          PGHOST, PGPORT and so on point at it
#
# A cluster is reached over its Unix socket only. It runs as $server_user:
# postgres (or nobody) when the script runs as root, else whoever runs it.

# The server's major version: that of PG_CONFIG if set, else Debian's own.
need_server() {
  local major=
  if [ -z "${PG_CONFIG:-}" ]; then
    case $(. /etc/os-release && echo "${ID:-}${VERSION_ID:-}") in
      debian12) major=15 ;;
      debian13) major=17 ;;
      *) PG_CONFIG=$(command -v pg_config) ||
        die "set PG_CONFIG to the pg_config of the server to use" ;;
    esac
  fi
  if [ -n "$major" ]; then
    need_packages "postgresql-$major" "postgresql-server-dev-$major" \
      g++ make pkgconf libhwy-dev
    PG_CONFIG=/usr/lib/postgresql/$major/bin/pg_config
  fi
  export PG_CONFIG
  pg_major=$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
  server_user=$(id -un)
  if [ "$(id -u)" = 0 ]; then
    server_user=postgres
    id postgres >/dev/null 2>&1 || server_user=nobody
  fi
}

as_server_user() {
  if [ "$(id -un)" = "$server_user" ]; then
    "$@"
  else
    runuser -u "$server_user" -- "$@"
  fi
}

# build_server NAME [MAKE VARIABLE...]: builds the extension into
# build/NAME and installs it into build/NAME-server, a copy of the server. A
# server finds its files relative to its own place, so the copy needs no
# settings. With FAULT_POINTS=1 these are build/NAME/faults and
# build/NAME-faults-server. Sets server_bin, module and make_options (for more
# calls of make).
build_server() {
  local name=$1 kind= place option folder
  shift
  [[ " $* " != *" FAULT_POINTS=1 "* ]] || kind=faults
  make_options=(OBJDIR="$build_dir/$name" "$@")
  place=$build_dir/$name${kind:+-$kind}-server
  mkdir -p "$build_dir/$name" "$place"
  (
    flock 9
    for option in --bindir --pkglibdir --sharedir; do
      folder=$("$PG_CONFIG" "$option")
      mkdir -p "$place$folder" && cp -au "$folder/." "$place$folder/"
    done
    rm -f "$place$("$PG_CONFIG" --sharedir)"/extension/pomai*
    make -C "$repo_dir" -j"$jobs" "${make_options[@]}" &&
      make -C "$repo_dir" "${make_options[@]}" DESTDIR="$place" install
  ) 9>"$build_dir/$name/lock" || return
  server_bin=$place$("$PG_CONFIG" --bindir)
  module=$build_dir/$name/${kind:+$kind/}pomai.so
  PATH=$server_bin:$PATH
}

# make_run_dir NAME: a folder that the server's user owns and can reach:
# under build/ if every folder above lets it in, else in the system's
# temporary folder. Removed when the script ends. Sets run_dir.
make_run_dir() {
  run_dir=$build_dir/run/$1.$$
  mkdir -p "$run_dir"
  if ! as_server_user test -x "$run_dir"; then
    rmdir "$run_dir"
    run_dir=$(mktemp -d "${TMPDIR:-/tmp}/pomai-$1.XXXXXX")
  fi
  chmod 700 "$run_dir"
  [ "$(id -un)" = "$server_user" ] || chown "$server_user" "$run_dir"
  run_dirs+=("$run_dir")
}

# start_cluster NAME [SETTING...]: makes and starts a cluster of the server
# that build_server made; each setting is a line of postgresql.conf.
start_cluster() {
  local name=$1 setting socket_dir
  shift
  make_run_dir "$name"
  reach_server
  # The path of a socket is limited to some 100 bytes.
  socket_dir=$(mktemp -d /tmp/pomai-socket.XXXXXX)
  run_dirs+=("$socket_dir")
  [ "$(id -un)" = "$server_user" ] || chown "$server_user" "$socket_dir"
  export PGHOST=$socket_dir PGPORT=$((20000 + RANDOM)) PGUSER=postgres \
    PGDATABASE=postgres
  (
    cd /
    as_server_user "$server_bin/initdb" -D "$run_dir/data" -U postgres \
      -A trust -E UTF8 --locale=C.UTF-8 --no-sync
    {
      printf '%s\n' "listen_addresses = ''" "port = $PGPORT" \
        "unix_socket_directories = '$socket_dir'"
      for setting; do printf '%s\n' "$setting"; done
    } | as_server_user tee -a "$run_dir/data/postgresql.conf" >/dev/null
    as_server_user "$server_bin/pg_ctl" -D "$run_dir/data" -w -s -t 120 \
      -l "$run_dir/server.log" start
  ) >"$build_dir/logs/cluster-$name.log" 2>&1 9>&- || {
    tail -n 20 "$build_dir/logs/cluster-$name.log" "$run_dir/server.log" >&2
    return 1
  }
  clusters+=("$run_dir/data")
}

# When the server's user can't come to the copy under build/, it gets one in
# the system's temporary folder.
reach_server() {
  as_server_user test -x "$server_bin/postgres" && return
  local place=${server_bin%"$("$PG_CONFIG" --bindir)"} copy
  copy=$(mktemp -d "${TMPDIR:-/tmp}/pomai-server.XXXXXX")
  run_dirs+=("$copy")
  cp -a "$place/." "$copy/"
  chmod 755 "$copy"
  server_bin=$copy${server_bin#"$place"}
  PATH=$server_bin:$PATH
}

clusters=()
run_dirs=()
stop_clusters() {
  local item
  for item in "${clusters[@]}"; do
    (cd / && as_server_user "$server_bin/pg_ctl" -D "$item" -m immediate -s \
      stop) >/dev/null 2>&1 || true
  done
  for item in "${run_dirs[@]}"; do rm -rf "$item"; done
  clusters=()
  run_dirs=()
}
trap stop_clusters EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir -p "$build_dir/logs"
