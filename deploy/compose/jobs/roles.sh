#!/usr/bin/env bash
# The database, the roles of deploy/postgres/roles.sql, and that of a standby, with the passwords that the job `secrets` has made.
set -euo pipefail
readonly SECRETS=/run/secrets
uri=$(<"$SECRETS/postgres")
PGPASSWORD=$(<"$SECRETS/postgres_password")  # no list of processes shows it
export PGPASSWORD
for role in registry fiscalizer status standby; do export "KASSAFLOW_${role^^}_PASSWORD=$(<"$SECRETS/postgres_$role")"; done
server=${uri/\/kassaflow\?//postgres?}
[[ $(psql -X -A -t -d "$server" -c "select 1 from pg_database where datname = 'kassaflow'") == 1 ]] || psql -X -q -d "$server" -c 'create database kassaflow'
psql -X -q -d "$uri" -f /opt/kassaflow/deploy/postgres/roles.sql
psql -X -q -d "$uri" -v ON_ERROR_STOP=1 <<'SQL'
\getenv standby KASSAFLOW_STANDBY_PASSWORD
select 'create role kassaflow_standby' where to_regrole('kassaflow_standby') is null \gexec
alter role kassaflow_standby login replication password :'standby';
SQL
