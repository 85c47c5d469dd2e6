#!/bin/bash
# A broker in the image apache/kafka: our configuration (deploy/kafka) in place of what the image would make of its environment,
# which cannot give each broker a certificate of its own.
#   NODE 1, 2, 3; REPLICAS, IN_SYNC; BROKERS: how many there are
set -euo pipefail
readonly secrets=/run/secrets data=/var/lib/kafka/data properties=/tmp/server.properties kafka=/opt/kafka/bin
umask 077
NODE=${NODE:?}
voters=
for ((node = 1; node <= BROKERS; node++)); do voters+=${voters:+,}$node@kafka-$node.kassaflow.internal:9094; done
text=$(</etc/kassaflow/server.properties.template)
for pair in "NODE=$NODE" "VOTERS=$voters" LISTEN=0.0.0.0 "HOST=kafka-$NODE.kassaflow.internal" BROKER_PORT=9093 CONTROLLER_PORT=9094 \
  "DATA_DIR=$data" "KEY_STORE=$secrets/kafka-$NODE.pem" "AUTHORITY=$secrets/authority.pem" "REPLICAS=$REPLICAS" "IN_SYNC=$IN_SYNC"; do
  text=${text//"@${pair%%=*}@"/"${pair#*=}"}
done
printf '%s\n' "$text" >"$properties"
export LOG_DIR=/tmp/kafka-logs KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=/etc/kassaflow/log4j2.properties
"$kafka/kafka-storage.sh" format --ignore-formatted --cluster-id "$(<"$secrets/cluster")" --config "$properties"
export KAFKA_OPTS="-Djava.security.auth.login.config=$secrets/jaas.conf -XX:+ExitOnOutOfMemoryError"
export EXTRA_ARGS='-name kafkaServer'  # no log of the garbage collector: /tmp is memory
exec "$kafka/kafka-server-start.sh" "$properties"
