# shellcheck shell=bash
# Apache Kafka in KRaft mode, one node. Its jars come from Maven Central by the pinned deploy/kafka/pom.xml.

readonly KAFKA_VERSION=4.1.1
readonly KAFKA_JARS=${XDG_CACHE_HOME:-$HOME/.cache}/kassaflow/kafka-$KAFKA_VERSION

kafka_java() {
  local java=/usr/lib/jvm/java-17-openjdk-amd64/bin/java
  [[ -x $java ]] || java=java
  printf '%s' "$java"
}

kafka_download() {
  [[ ! -d $KAFKA_JARS ]] || return 0
  say "downloading Kafka $KAFKA_VERSION to $KAFKA_JARS"
  local partial=$KAFKA_JARS.partial.$$
  mvn -B -q -f "$ROOT/deploy/kafka/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$partial" >&2 || { rm -rf "$partial"; die "Maven could not fetch Kafka's jars"; }
  # Another ./dev may have been faster; its copy is as good.
  mv -T "$partial" "$KAFKA_JARS" 2>/dev/null || rm -rf "$partial"
}

kafka_format() {
  local cluster
  cluster=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n' | cut -c1-22)  # 22 characters of base64url are 16 bytes
  rm -rf "$STATE/kafka"
  "$(kafka_java)" -Xmx128m -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$ROOT/deploy/kafka/log4j2.properties" \
    -cp "$KAFKA_JARS/*" kafka.tools.StorageTool format --cluster-id "$cluster" --config "$RUN/server.properties" \
    >>"$LOG/kafka.log" 2>&1 || die "formatting Kafka's storage failed: $LOG/kafka.log"
}

kafka_address() { printf '127.0.0.1:%s' "$(port kafka)"; }
kafka_password() { secret "kafka_password_$1"; }  # USER: the path

# librdkafka's properties of the administrator, for topics.py, tests and other clients.
kafka_config() { printf '%s' "$SECRETS/kafka.properties"; }

kafka_configure() {
  cat >"$(kafka_config)" <<PROPERTIES
bootstrap.servers=$(kafka_address)
security.protocol=sasl_ssl
sasl.mechanism=PLAIN
sasl.username=admin
sasl.password=$(<"$(kafka_password admin)")
ssl.ca.location=$CERTIFICATES/authority.pem
PROPERTIES
  process_runs kafka && return
  cat "$CERTIFICATES/kafka.key" "$CERTIFICATES/kafka.pem" >"$RUN/kafka-store.pem"
  fill "$ROOT/deploy/kafka/jaas.conf.template" "$RUN/kafka-jaas.conf" \
    "KAFKA=$(<"$(kafka_password kafka)")" "ADMIN=$(<"$(kafka_password admin)")" "INGRESS=$(<"$(kafka_password ingress)")" \
    "FISCALIZER=$(<"$(kafka_password fiscalizer)")" "STATUS=$(<"$(kafka_password status)")"
  fill "$ROOT/deploy/kafka/server.properties.template" "$RUN/server.properties" \
    NODE=1 "VOTERS=1@127.0.0.1:$(port kafka_controller)" LISTEN=127.0.0.1 HOST=127.0.0.1 REPLICAS=1 IN_SYNC=1 \
    "BROKER_PORT=$(port kafka)" "CONTROLLER_PORT=$(port kafka_controller)" "DATA_DIR=$STATE/kafka" \
    "KEY_STORE=$RUN/kafka-store.pem" "AUTHORITY=$CERTIFICATES/authority.pem"
}

kafka_launch() {
  process_start kafka "$(kafka_java)" -Xms256m -Xmx512m -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
    -Dlog4j2.configurationFile="$ROOT/deploy/kafka/log4j2.properties" -Djava.security.auth.login.config="$RUN/kafka-jaas.conf" \
    -cp "$KAFKA_JARS/*" kafka.Kafka "$RUN/server.properties"
}

kafka_listens() { (: <>"/dev/tcp/127.0.0.1/$(port kafka)") 2>/dev/null; }

kafka_start() {
  kafka_download
  ! process_runs kafka || grep -q SASL_SSL "$RUN/server.properties" || process_stop TERM kafka  # started by an earlier version
  kafka_configure
  if ! process_runs kafka; then
    [[ -f $STATE/kafka/meta.properties ]] || kafka_format
    kafka_launch
  fi
  process_await kafka kafka_listens || return 1
  local tool
  for tool in topics acls; do
    "$PYTHON" "$ROOT/deploy/kafka/$tool.py" --config "$(kafka_config)" --timeout "$READY_WITHIN_S" >>"$LOG/kafka.log" || return 1
  done
}
