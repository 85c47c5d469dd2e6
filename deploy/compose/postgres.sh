#!/bin/bash
# One of two nodes of PostgreSQL, in the image postgres, whose entry point knows no standby: NODE is this one's name, PEER the other's. Whoever finds the other one to be
# the primary becomes its standby; so the primary of before a failover comes back as the standby. It does not decide who is to be
# the primary: failover.sh does, by a person's order.
set -euo pipefail
NODE=${NODE:?} PEER=${PEER:?}
readonly secrets=/run/secrets domain=kassaflow.internal
readonly home=/var/lib/postgresql/data
readonly cluster=$home/cluster
export PGPASSFILE=$secrets/pgpass
readonly fenced=$home/fenced
peer="host=$PEER.$domain user=kassaflow_standby sslmode=verify-full sslrootcert=$secrets/authority.pem connect_timeout=5 application_name=$NODE"
umask 077

peer_is_primary() { [[ $(psql -X -w -A -t -d "$peer dbname=postgres" -c 'select pg_is_in_recovery()' 2>/dev/null) == f ]]; }
await_peer() { until peer_is_primary; do sleep 1; done; }

# What is here stays beside the copy until the next time: nobody's receipts are deleted by a script.
copy_peer() {
  echo "$NODE becomes the standby of $PEER"
  rm -rf "$home/copy"
  pg_basebackup -w -D "$home/copy" -d "$peer" -X stream -c fast -R
  rm -rf "$home/before"
  [[ ! -e $cluster ]] || mv "$cluster" "$home/before"
  mv "$home/copy" "$cluster"
  rm -f "$fenced"
}

if [[ -e $cluster/standby.signal ]]; then
  : # goes on as the standby it was
elif [[ -e $fenced || ($NODE == postgres-standby && ! -s $cluster/PG_VERSION) ]]; then
  await_peer
  copy_peer
elif peer_is_primary; then
  copy_peer
elif [[ ! -s $cluster/PG_VERSION ]]; then
  rm -rf "$home/new"
  initdb -D "$home/new" -U kassaflow --pwfile="$secrets/password" -A scram-sha-256 --locale=C.UTF-8 -E UTF8 --no-instructions
  mv "$home/new" "$cluster"  # only a finished cluster gets the name
fi

{
  cat /etc/kassaflow/pg_hba.conf
  cat <<'HBA'
# In the containers: the superuser for one-shot jobs and for a person in this container, and the standby.
hostssl  all          kassaflow          all  scram-sha-256
hostssl  replication  kassaflow_standby  all  scram-sha-256
hostssl  postgres     kassaflow_standby  all  scram-sha-256
local    all          kassaflow               scram-sha-256
HBA
} >/tmp/pg_hba.conf
exec postgres -D "$cluster" -c listen_addresses='*' -c unix_socket_directories=/tmp -c ssl=on \
  -c "ssl_cert_file=$secrets/$NODE.pem" -c "ssl_key_file=$secrets/$NODE.key" -c hba_file=/tmp/pg_hba.conf \
  -c synchronous_commit=on -c max_connections=200 -c log_line_prefix='%m [%p] %a '
