#!/usr/bin/env bash
# failover.sh [OLD [NEW]]: NEW becomes PostgreSQL's primary in place of OLD (postgres-standby in place of postgres), and OLD its standby.
# Nothing is lost when OLD's commits waited for NEW (the job `synchronous`). OLD is ended first and told not to be the primary again,
# so that there are never two; then NEW is promoted; what OLD has lies beside the copy that it takes of NEW, in its volume as `before`.
#   KASSAFLOW_COMPOSE: the command, with its options ("docker compose --profile full")
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
old=${1:-postgres} new=${2:-postgres-standby}
read -ra compose <<<"${KASSAFLOW_COMPOSE:-docker compose --profile full}"

# Its password goes by the environment, where no list of processes shows it.
# shellcheck disable=SC2016  # for the shell in the container
ask() { "${compose[@]}" exec -T "$new" bash -c 'PGPASSWORD=$(</run/secrets/password) psql -X -q -A -t -h /tmp -U kassaflow -d kassaflow -c "$1"' sql "$1"; }

[[ $(ask 'select pg_is_in_recovery()') == t ]] || { echo "$new is no standby: nothing was done" >&2; exit 1; }
"${compose[@]}" stop "$old"
"${compose[@]}" run --rm --no-deps -T --entrypoint touch "$old" /var/lib/postgresql/data/fenced
ask 'select pg_promote()' >/dev/null
echo "$new is the primary"
"${compose[@]}" up -d --no-deps "$old"
"${compose[@]}" run --rm --no-deps -T synchronous  # commits wait for the new standby
echo "$old is its standby"
