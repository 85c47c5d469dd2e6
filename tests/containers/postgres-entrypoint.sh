#!/usr/bin/env bash
# What the official image's entry point does for `postgres …`: makes the cluster, the user's password and the database where there is
# no cluster yet, runs /docker-entrypoint-initdb.d on it, then becomes the server.
set -euo pipefail
[[ ${1:-} == postgres ]] || exec "$@"
if [[ ! -s $PGDATA/PG_VERSION ]]; then
  [[ -z ${POSTGRES_PASSWORD_FILE:-} ]] || POSTGRES_PASSWORD=$(<"$POSTGRES_PASSWORD_FILE")
  user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
  install -d -m 0700 "$PGDATA"
  eval "initdb -D \"\$PGDATA\" --username=\"\$user\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") ${POSTGRES_INITDB_ARGS:-}"
  export PGPASSWORD=$POSTGRES_PASSWORD
  pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${@:2}" -c listen_addresses= -p 5432)" -w start
  [[ $database == postgres ]] || psql -v ON_ERROR_STOP=1 --no-password --username "$user" -d postgres -c "create database \"$database\""
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) bash "$file" ;;
      *.sql) psql -v ON_ERROR_STOP=1 --no-password --username "$user" -d "$database" -f "$file" ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
fi
exec "$@"
