#!/usr/bin/env bash
# A PostgreSQL of one's own, for tests: nothing outside its folder is touched.
#   tools/pg.sh with COMMAND...   runs COMMAND with SJ_TEST_PG=postgresql://... and stops it again
#   tools/pg.sh start DIR         starts one in DIR (made if need be) and prints its URL
#   tools/pg.sh stop DIR          stops it and deletes what start made in DIR
set -euo pipefail
bin=/usr/lib/postgresql/15/bin

fail() { printf 'pg.sh: %s\n' "$*" >&2; exit 1; }

# PostgreSQL refuses to run as root; another user may not be able to enter our folder.
as_owner() {
  if ((EUID != 0)); then
    (cd / && LC_ALL=C "$@")
  else
    (cd / && LC_ALL=C runuser -u "$owner" -- "$@")
  fi
}
owner=postgres
id -u "$owner" >/dev/null 2>&1 || owner=nobody

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
  local dir=$1 port durable="-c fsync=off"
  # Tests make a database each and never pull the plug; benchmarks set SJ_PG_DURABLE=1.
  [[ -z ${SJ_PG_DURABLE:-} ]] || durable=""
  [[ -x $bin/initdb ]] || fail "no $bin/initdb; ./dev setup installs postgresql-15"
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  mkdir "$dir/data" "$dir/socket" || fail "$dir is in use"
  : >"$dir/log"
  if ((EUID == 0)); then chown "$owner" "$dir/data" "$dir/socket" "$dir/log"; fi
  as_owner "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 ||
    { cat "$dir/log" >&2; fail "initdb failed; may user $owner enter $dir?"; }
  for _ in 1 2 3 4 5; do # somebody else may take the port in between
    port=$(free_port)
    if as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 start \
      -o "$durable -c listen_addresses=127.0.0.1 -p $port -k '$dir/socket'" >/dev/null 2>&1; then
      printf 'postgresql://postgres@127.0.0.1:%s/postgres\n' "$port"
      return
    fi
  done
  tail -n 20 "$dir/log" >&2
  fail "PostgreSQL did not start"
}

stop() {
  local dir=$1
  [[ -d $dir/data ]] || fail "nothing was started in $dir"
  dir=$(cd "$dir" && pwd)
  if [[ -f $dir/data/postmaster.pid ]]; then
    as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 60 stop >/dev/null ||
      fail "PostgreSQL in $dir did not stop"
  fi
  rm -rf "$dir/data" "$dir/socket" "$dir/log"
}

with() {
  local dir status=0
  dir=$(mktemp -d /tmp/sj-pg-XXXXXX)
  chmod 711 "$dir"
  # shellcheck disable=SC2064 # the folder of now
  trap "[[ ! -d $dir/data ]] || stop $dir; rm -rf $dir" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  SJ_TEST_PG=$(start "$dir")
  export SJ_TEST_PG
  "$@" || status=$?
  exit "$status"
}

case ${1:-} in
  start | stop) [[ $# == 2 ]] || fail "which folder?"; "$1" "$2" ;;
  with) [[ $# -ge 2 ]] || fail "which command?"; shift; with "$@" ;;
  *) sed -n '2,5s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 1 ;;
esac
