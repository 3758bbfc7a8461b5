# A PostgreSQL server of our own for one test run. Sourced by run, which sets $scratch.
# shellcheck shell=bash

postgres_data=''

# The folder with initdb and postgres: the newest that Debian installed, else the one on the PATH.
postgres_folder() {
  local newest
  newest=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null |
    sort --version-sort | tail -n 1)
  [[ -n $newest ]] || newest=$(command -v initdb) || return 1
  dirname "$(readlink -f "$newest")"
}

# PostgreSQL refuses to run as root; then it runs as the user that its package made, or as nobody.
as_postgres() {
  if ((EUID)); then "$@"; return; fi
  local user=nobody
  ! id postgres >/dev/null 2>&1 || user=postgres
  (cd / && setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@")
}

# Loopback and a socket in our own folder only, no password, nothing synced to disk.
start_postgres() {
  local bin port options
  bin=$(postgres_folder)
  port=$(PYTHONPATH=.ci python3 -c 'import demo_walk; print(demo_walk.free_port())')
  chmod 711 "$scratch"
  mkdir -m 777 "$scratch/postgres"
  postgres_data=$scratch/postgres/data
  as_postgres "$bin/initdb" --pgdata "$postgres_data" --username planpush --auth trust \
    --encoding UTF8 --locale C --no-sync >/dev/null
  options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$scratch/postgres"
  options+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
  as_postgres "$bin/pg_ctl" --pgdata "$postgres_data" --log "$scratch/postgres/log" \
    --options "$options" --wait --silent start
  as_postgres "$bin/psql" --quiet --host 127.0.0.1 --port "$port" --username planpush postgres \
    --command 'CREATE DATABASE planpush'
  export PLANPUSH_TEST_POSTGRES=postgresql+psycopg://planpush@127.0.0.1:$port/planpush
}

# Safe to call twice: at the end of its stage and, should anything fail, at exit.
stop_postgres() {
  [[ -n $postgres_data ]] || return 0
  as_postgres "$(postgres_folder)/pg_ctl" --pgdata "$postgres_data" --mode immediate --silent stop || true
  postgres_data=''
  unset PLANPUSH_TEST_POSTGRES
}
