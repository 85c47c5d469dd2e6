# shellcheck shell=bash
# The gateway's own services: their configuration files, start and readiness.

# The number of fiscalizers wanted, as the last `up --fiscalizers N` said.
fiscalizer_count() {
  if [[ -f $STATE/fiscalizers ]]; then cat "$STATE/fiscalizers"; else printf 1; fi
}

# fiscalizer, fiscalizer-2, ...
fiscalizer_instances() {
  local number
  printf 'fiscalizer\n'
  for ((number = 2; number <= $(fiscalizer_count); number++)); do
    printf 'fiscalizer-%s\n' "$number"
  done
}

# Every process that is a service, in the order of starting.
service_instances() {
  printf 'registry\nstatus\n'
  fiscalizer_instances
  printf 'ingress\n'
}

fiscalizer_addresses() {  # host:port,…
  local name list=''
  for name in $(fiscalizer_instances); do list+=${list:+,}127.0.0.1:$(service_port "$name" grpc); done
  printf '%s' "$list"
}

# Who each service is to its peers, and the stores to them. librdkafka compares the address it was given.
readonly CERTIFICATES=$SECRETS/tls
certificates_make() { "$ROOT/scripts/certificates.sh" "$CERTIFICATES" registry status fiscalizer ingress postgres kafka@127.0.0.1; }

operator_token_file() { printf '%s' "$SECRETS/operator_token"; }

# A token of the operator's for kassactl, made anew before it expires after 30 days. The registry's tool makes it, and knows it at
# once: so it runs before the services do.
operator_token_make() {
  local file
  file=$(operator_token_file)
  [[ ! -s $file || -n $(find "$file" -mtime +20) ]] || return 0
  service_configuration registry >"$RUN/registry.yaml"
  "$(bin_dir)/registry" first-token --config "$RUN/registry.yaml" >"$file.new" || die "no token for kassactl: the registry's tool failed"
  mv "$file.new" "$file"
}

service_port() { port "${1//-/_}_$2"; }  # INSTANCE admin|http|look_up|grpc
service_admin_url() { printf 'http://127.0.0.1:%s' "$(service_port "$1" admin)"; }

service_common() {
  cat <<YAML
admin_address: 127.0.0.1
admin_port: $(service_port "$1" admin)
log_level: info
label_limit: 200
allow_private_endpoints: true
tls_authority_file: $CERTIFICATES/authority.pem
tls_certificate_file: $CERTIFICATES/${1%%-[0-9]*}.pem
tls_key_file: $CERTIFICATES/${1%%-[0-9]*}.key
YAML
}

service_kafka() {  # INSTANCE
  local service=${1%%-[0-9]*}
  cat <<YAML
kafka: $(kafka_address)
kafka_security_protocol: sasl_ssl
kafka_sasl_mechanism: PLAIN
kafka_sasl_username: $service
kafka_sasl_password_file: $(kafka_password "$service")
kafka_ssl_ca_location: $CERTIFICATES/authority.pem
YAML
}

service_listen() {  # INSTANCE http|look_up|grpc
  printf '%s_address: 127.0.0.1\n%s_port: %s\n' "$2" "$2" "$(service_port "$1" "$2")"
}

# service_configuration INSTANCE: its YAML.
service_configuration() {
  local registry status
  registry="registry_grpc: 127.0.0.1:$(service_port registry grpc)"
  status="status_look_up: 127.0.0.1:$(service_port status look_up)"
  service_common "$1"
  case $1 in
    registry)
      service_listen "$1" grpc
      printf 'postgres: "%s"\nmaster_key_file: %s\nid_master_file: %s\npublic_url: %s\nfiscalizer_grpc: %s\n' \
        "$(postgres_uri_of registry)" "$(secret master_key)" "$(secret id_master)" "$(edge_url)" "$(fiscalizer_addresses)"
      ;;
    ingress)
      service_listen "$1" http
      service_kafka "$1"
      printf '%s\n%s\n' "$registry" "$status"
      ;;
    fiscalizer*)
      service_listen "$1" grpc
      service_kafka "$1"
      printf 'postgres: "%s"\n%s\nstatus_grpc: 127.0.0.1:%s\n' \
        "$(postgres_uri_of fiscalizer)" "$registry" "$(service_port status grpc)"
      ;;
    status)
      service_listen "$1" http
      service_listen "$1" look_up
      service_listen "$1" grpc
      service_kafka "$1"
      printf 'postgres: "%s"\n%s\n' "$(postgres_uri_of status)" "$registry"
      ;;
  esac
}

# What tells one build of a binary from another.
service_build() { stat -L -c '%i %Y %s' "$(bin_dir)/${1%%-[0-9]*}"; }

service_launch() {
  if process_runs "$1"; then
    [[ $(<"$RUN/$1.build") != "$(service_build "$1")" ]] || return 0
    say "$1 was built anew: restarting it"
    process_stop TERM "$1"
  fi
  service_configuration "$1" >"$RUN/$1.yaml"
  service_build "$1" >"$RUN/$1.build"
  process_start "$1" "$(bin_dir)/${1%%-[0-9]*}" serve --config "$RUN/$1.yaml"
}

service_ready() { answers_200 "$(service_admin_url "$1")/readyz"; }
