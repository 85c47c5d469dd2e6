#!/usr/bin/env bash
# Makes what nobody has to know by heart: certificates, passwords, keys. Once: what is there stays. All of it lies in /safe, which no
# other container has; each reader gets a folder of its own (a volume) with what is its own, for its user alone.
set -euo pipefail
umask 077
readonly SAFE=/safe READERS=/readers DOMAIN=kassaflow.internal
readonly SERVICE=10001 KAFKA=1000 POSTGRES=999 GRAFANA=472  # users of the images

secret() {  # NAME: prints 32 random bytes as hex, the same each time
  if [[ ! -s $SAFE/$1 ]]; then
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$SAFE/$1.new"
    mv "$SAFE/$1.new" "$SAFE/$1"
  fi
  cat "$SAFE/$1"
}

give() {  # READER USER NAME: a file of standard input; complete or as it was
  local file=$READERS/$1/$3
  cat >"$file.new"
  chown "$2:$2" "$file.new"
  mv "$file.new" "$file"
}

reader() {  # READER USER: its folder, and whom it believes
  chmod 0700 "$READERS/$1"
  chown "$2:$2" "$READERS/$1"
  give "$1" "$2" authority.pem <"$SAFE/tls/authority.pem"
}

certificate() {  # READER USER NAME
  give "$1" "$2" "$3.pem" <"$SAFE/tls/$3.pem"
  give "$1" "$2" "$3.key" <"$SAFE/tls/$3.key"
}

postgres_uri() {  # USER[:PASSWORD]: whichever of both hosts may be written to
  printf 'postgresql://%s@postgres.%s,postgres-standby.%s/kassaflow?target_session_attrs=read-write&sslmode=verify-full&sslrootcert=%s' \
    "$1" "$DOMAIN" "$DOMAIN" /run/secrets/authority.pem
}

/opt/kassaflow/scripts/certificates.sh "$SAFE/tls" registry ingress fiscalizer status kafka-1 kafka-2 kafka-3 postgres postgres-standby

for service in registry ingress fiscalizer status; do
  reader "$service" "$SERVICE"
  certificate "$service" "$SERVICE" "$service"
  [[ $service == ingress ]] || postgres_uri "kassaflow_$service:$(secret "postgres_$service")" | give "$service" "$SERVICE" postgres
  [[ $service == registry ]] || secret "kafka_$service" | give "$service" "$SERVICE" kafka_password
done
secret master_key | give registry "$SERVICE" master_key
secret id_master | give registry "$SERVICE" id_master

reader kafka "$KAFKA"
for broker in kafka-1 kafka-2 kafka-3; do
  cat "$SAFE/tls/$broker.key" "$SAFE/tls/$broker.pem" | give kafka "$KAFKA" "$broker.pem"
done
secret kafka_cluster >/dev/null
cut -c1-22 "$SAFE/kafka_cluster" | give kafka "$KAFKA" cluster  # 22 characters of base64url are 16 bytes
jaas=$(</opt/kassaflow/deploy/kafka/jaas.conf.template)
for user in kafka admin ingress fiscalizer status; do jaas=${jaas//"@${user^^}@"/"$(secret "kafka_$user")"}; done
give kafka "$KAFKA" jaas.conf <<<"$jaas"

reader postgres "$POSTGRES"
certificate postgres "$POSTGRES" postgres
certificate postgres "$POSTGRES" postgres-standby
secret postgres_password | give postgres "$POSTGRES" password
give postgres "$POSTGRES" pgpass <<<"*:*:*:kassaflow_standby:$(secret postgres_standby)"

# For the other one-shot jobs.
reader admin "$SERVICE"
postgres_uri kassaflow | give admin "$SERVICE" postgres
for role in password registry fiscalizer status standby; do secret "postgres_$role" | give admin "$SERVICE" "postgres_$role"; done
give admin "$SERVICE" kafka.properties <<PROPERTIES
bootstrap.servers=$KASSAFLOW_KAFKA
security.protocol=sasl_ssl
sasl.mechanism=PLAIN
sasl.username=admin
sasl.password=$(secret kafka_admin)
ssl.ca.location=/run/secrets/authority.pem
PROPERTIES

reader operator "$SERVICE"  # kassactl; the job `token` adds its token
reader grafana "$GRAFANA"
secret grafana_password | give grafana "$GRAFANA" password
