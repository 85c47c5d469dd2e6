#!/usr/bin/env bash
# Waits until a standby follows, then commits wait for it: from here on a failover loses nothing.
set -euo pipefail
uri=$(</run/secrets/postgres)
PGPASSWORD=$(</run/secrets/postgres_password)  # no list of processes shows it
export PGPASSWORD
ask() { psql -X -q -A -t -d "$uri" -c "$1"; }
until [[ $(ask "select count(*) from pg_stat_replication where state = 'streaming'") -gt 0 ]]; do sleep 1; done
ask "alter system set synchronous_standby_names = '*'"
ask 'select pg_reload_conf()' >/dev/null
until [[ $(ask "select count(*) from pg_stat_replication where sync_state = 'sync'") -gt 0 ]]; do sleep 1; done
