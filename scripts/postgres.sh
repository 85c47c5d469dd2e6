# shellcheck shell=bash
# A PostgreSQL cluster of our own. PostgreSQL refuses to run as root; then it runs as the system user `postgres`.

readonly POSTGRES_BIN=/usr/lib/postgresql/15/bin

as_postgres() {
  if ((EUID == 0)); then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups --reset-env "$@")
  else
    "$@"
  fi
}

# The folder of the cluster, empty before it was chosen.
postgres_home() {
  [[ ! -f $STATE/postgres_home ]] || cat "$STATE/postgres_home"
}

# Under the state folder; for root beside it, since nobody else may enter there, and the user `postgres` must reach its own.
postgres_choose_home() {
  local home=$STATE/postgres
  if ((EUID == 0)); then
    home=/var/lib/kassaflow-$(printf '%s' "$STATE" | sha256sum | cut -c1-12)
    say "the database is in $home"
    install -d -m 0700 -o postgres -g postgres "$home"
  else
    install -d -m 0700 "$home"
  fi
  printf '%s\n' "$home" >"$STATE/postgres_home"
}

# A database that lies where the user `postgres` cannot reach it moves.
postgres_leave_state() {
  [[ $EUID == 0 && $(postgres_home) == "$STATE"/* ]] || return 0
  process_stop INT postgres
  local old
  old=$(postgres_home)
  postgres_choose_home
  [[ ! -d $old/data ]] || mv "$old/data" "$(postgres_home)/data"
  rm -rf "$old"
}

postgres_initialise() {
  local home=$1
  rm -rf "$home/new"
  install -m 0600 "$(secret postgres_password)" "$home/password"
  ((EUID != 0)) || chown postgres:postgres "$home/password"
  as_postgres "$POSTGRES_BIN/initdb" -D "$home/new" -U kassaflow --pwfile="$home/password" -A scram-sha-256 \
    --locale=C.UTF-8 -E UTF8 --no-instructions >>"$LOG/postgres.log" 2>&1 || die "initdb failed: $LOG/postgres.log"
  rm -f "$home/password"
  mv "$home/new" "$home/data"  # only a finished cluster gets the name
}

# The superuser's, for tests and tools.
postgres_uri() {
  printf 'postgresql://kassaflow:%s@127.0.0.1:%s/kassaflow' "$(<"$(secret postgres_password)")" "$(port postgres)"
}

# postgres_uri_of SERVICE: with its own role (deploy/postgres/roles.sql), by TLS. The host is the name in the server's certificate.
postgres_uri_of() {
  printf 'postgresql://kassaflow_%s:%s@postgres.kassaflow.internal:%s/kassaflow?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=%s' \
    "$1" "$(<"$(secret "postgres_password_$1")")" "$(port postgres)" "$CERTIFICATES/authority.pem"
}

# psql as the superuser, whose password no list of processes shows.
postgres_sql() {  # DATABASE OPTION...
  PGPASSWORD=$(<"$(secret postgres_password)") psql -X -w -h 127.0.0.1 -p "$(port postgres)" -U kassaflow -d "$@"
}

postgres_answers() { "$POSTGRES_BIN/pg_isready" -q -h 127.0.0.1 -p "$(port postgres)" -d postgres -t 1; }

# A postmaster killed where nobody reaps zombies (a container without an init) looks alive to PostgreSQL's own check.
postgres_drop_stale_lock() {
  local pid
  process_sweep postgres
  { read -r pid <"$1"; } 2>/dev/null || return 0
  process_start_time "$pid" >/dev/null || rm -f "$1"
}

# The server's certificate and who may come in, at the places where PostgreSQL looks for them.
postgres_doors() {
  local owner=()
  ((EUID != 0)) || owner=(-o postgres -g postgres)
  install -m 0600 "${owner[@]}" "$CERTIFICATES/postgres.pem" "$1/server.crt"
  install -m 0600 "${owner[@]}" "$CERTIFICATES/postgres.key" "$1/server.key"
  install -m 0600 "${owner[@]}" "$ROOT/deploy/postgres/pg_hba.conf" "$1/pg_hba.conf"
}

postgres_launch() {
  local home
  home=$(postgres_home)
  local command=("$POSTGRES_BIN/postgres" -D "$home/data" -c listen_addresses=127.0.0.1 -c port="$(port postgres)"
    -c unix_socket_directories= -c ssl=on -c synchronous_commit=on -c max_connections=200 -c log_line_prefix='%m [%p] %a ')
  postgres_doors "$home/data"
  postgres_drop_stale_lock "$home/data/postmaster.pid"
  if ((EUID == 0)); then
    process_start postgres setpriv --reuid=postgres --regid=postgres --init-groups env -C / "${command[@]}"
  else
    process_start postgres "${command[@]}"
  fi
}

postgres_start() {
  postgres_leave_state
  [[ -n $(postgres_home) ]] || postgres_choose_home
  [[ -d $(postgres_home)/data ]] || postgres_initialise "$(postgres_home)"
  process_runs postgres || postgres_launch
  process_await postgres postgres_answers || return 1
  if [[ $(postgres_sql postgres -At -c 'show ssl') == off ]]; then  # started by an earlier version
    process_stop INT postgres
    postgres_launch
    process_await postgres postgres_answers || return 1
  fi
  local database
  database=$(postgres_sql postgres -At -c "select 1 from pg_database where datname = 'kassaflow'") || return 1
  [[ $database == 1 ]] || postgres_sql postgres -q -c 'create database kassaflow' || return 1
  postgres_roles
}

postgres_roles() {
  KASSAFLOW_REGISTRY_PASSWORD=$(<"$(secret postgres_password_registry)") \
    KASSAFLOW_FISCALIZER_PASSWORD=$(<"$(secret postgres_password_fiscalizer)") \
    KASSAFLOW_STATUS_PASSWORD=$(<"$(secret postgres_password_status)") \
    postgres_sql kassaflow -q -f "$ROOT/deploy/postgres/roles.sql"
}
