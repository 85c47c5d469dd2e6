# shellcheck shell=bash
# The local stack as a whole: PostgreSQL, Kafka, simulators, services, edge.

# Every process of the stack, in the order of starting.
stack_members() {
  printf 'postgres\nkafka\n'
  printf '%s\n' "${SIMULATORS[@]}"
  service_instances
  printf 'edge\n'
}

member_answers() {
  case $1 in
    postgres) postgres_answers ;;
    kafka) kafka_listens ;;
    edge) edge_answers ;;
    sim-*) simulator_answers "$1" ;;
    *) service_ready "$1" ;;
  esac
}

member_address() {
  case $1 in
    postgres) printf '127.0.0.1:%s' "$(port postgres)" ;;
    kafka) kafka_address ;;
    edge) edge_url ;;
    sim-*) simulator_url "$1" ;;
    ingress) printf 'http://127.0.0.1:%s' "$(service_port "$1" http)" ;;
    status) printf 'http://127.0.0.1:%s grpc 127.0.0.1:%s' "$(service_port "$1" http)" "$(service_port "$1" grpc)" ;;
    *) printf 'grpc 127.0.0.1:%s' "$(service_port "$1" grpc)" ;;
  esac
}

# Runs commands side by side; fails when one does.
together() {
  local command pids=() pid failed=
  for command in "$@"; do
    # shellcheck disable=SC2086  # a command and its argument
    $command &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  [[ -z $failed ]]
}

# All ports are chosen before anything starts side by side.
stack_choose_ports() {
  local name instance
  for name in postgres kafka kafka_controller edge "${SIMULATORS[@]//-/_}" ingress_http status_http status_look_up status_grpc registry_grpc; do
    port "$name" >/dev/null
  done
  for instance in $(service_instances); do
    service_port "$instance" admin >/dev/null
    [[ $instance != fiscalizer* ]] || service_port "$instance" grpc >/dev/null
  done
}

# Fiscalizers beyond the wanted number, after `up --fiscalizers` with a smaller one.
stack_stop_surplus() {
  local file name
  for file in "$RUN"/fiscalizer-*.pid; do
    [[ -f $file ]] || continue
    name=$(basename "$file" .pid)
    fiscalizer_instances | grep -qx "$name" || process_stop TERM "$name"
  done
}

stack_up() {
  local fiscalizers='' instance
  while (($#)); do
    case $1 in
      --fiscalizers) fiscalizers=${2:-}; shift 2 || die "--fiscalizers needs a number" ;;
      *) die "up: unknown option $1" ;;
    esac
  done
  [[ -z $fiscalizers || $fiscalizers =~ ^[1-9][0-9]?$ ]] || die "--fiscalizers takes 1 to 99, not '$fiscalizers'"
  state_create
  state_lock
  [[ -z $fiscalizers ]] || printf '%s\n' "$fiscalizers" >"$STATE/fiscalizers"
  stack_choose_ports
  secret postgres_password >/dev/null
  certificates_make

  local starts=(postgres_start kafka_start)
  for instance in "${SIMULATORS[@]}"; do starts+=("simulator_start $instance"); done
  together "${starts[@]}" || die "the stack did not start"
  stack_stop_surplus
  operator_token_make
  for instance in $(service_instances); do service_launch "$instance"; done
  starts=(edge_start)
  for instance in $(service_instances); do starts+=("process_await $instance service_ready $instance"); done
  together "${starts[@]}" || die "the stack did not start"
}

stack_down() {
  local wipe=
  case ${1:-} in
    '') ;;
    --wipe) wipe=1 ;;
    *) die "down: unknown option $1" ;;
  esac
  if ! state_exists; then
    say "nothing runs: $STATE has no stack"
    return 0
  fi
  state_private
  state_lock
  process_stop TERM edge
  local file names=()
  for file in "$RUN"/*.pid; do
    [[ -f $file ]] || continue
    case $(basename "$file" .pid) in
      postgres | kafka | sim-*) ;;
      *) names+=("$(basename "$file" .pid)") ;;
    esac
  done
  process_stop TERM "${names[@]}"
  process_stop TERM "${SIMULATORS[@]}" kafka
  process_stop INT postgres  # its TERM would wait for every psql to leave
  [[ -z $wipe ]] || stack_wipe
}

stack_wipe() {
  local home
  home=$(postgres_home)
  case $home in
    "$STATE"/postgres | /var/lib/kassaflow-*) rm -rf "$home" ;;
  esac
  rm -rf "$STATE"
}

stack_status() {
  state_exists || die "no stack in $STATE; ./dev up starts one"
  local name pid state failed=
  printf '%-14s %-10s %-8s %s\n' NAME STATE PID ADDRESS
  for name in $(stack_members); do
    pid=$(process_pid "$name") || pid=-
    if [[ $pid == - ]]; then state=down failed=1
    elif member_answers "$name"; then state=up
    else state='not ready' failed=1
    fi
    printf '%-14s %-10s %-8s %s\n' "$name" "$state" "$pid" "$(member_address "$name")"
  done
  [[ -z $failed ]]
}

stack_logs() {
  (($# == 1)) || die "usage: ./dev logs SERVICE; there are: $(stack_members | tr '\n' ' ')"
  [[ -f $LOG/$1.log ]] || die "no log of $1; there are: $(cd "$LOG" 2>/dev/null && printf '%s ' *.log)"
  cat "$LOG/$1.log"
}

# NAME=VALUE for the shell.
assign() { printf 'KASSAFLOW_%s=%q\n' "$1" "$2"; }

stack_env() {
  state_exists || die "no stack in $STATE; ./dev up starts one"
  local name pid suffix
  assign STATE_DIR "$STATE"
  assign EDGE_URL "$(edge_url)"
  assign INGRESS_URL "http://127.0.0.1:$(service_port ingress http)"
  assign STATUS_URL "http://127.0.0.1:$(service_port status http)"
  assign REGISTRY_GRPC "127.0.0.1:$(service_port registry grpc)"
  assign STATUS_GRPC "127.0.0.1:$(service_port status grpc)"
  assign FISCALIZER_GRPC "$(fiscalizer_addresses)"
  assign TLS_AUTHORITY_FILE "$CERTIFICATES/authority.pem"
  assign TOKEN_FILE "$(operator_token_file)"
  assign KAFKA "$(kafka_address)"
  assign KAFKA_CONFIG "$(kafka_config)"
  assign POSTGRES "$(postgres_uri)"
  assign SIM_ITKASSA_URL "$(simulator_url sim-itkassa)"
  assign SIM_BIT_URL "$(simulator_url sim-bit)"
  assign SIM_PORTAL_URL "$(simulator_url sim-portal)"
  for name in $(service_instances); do
    suffix=${name^^}
    assign "METRICS_${suffix//-/_}" "$(service_admin_url "$name")/metrics"
  done
  for name in $(stack_members); do
    pid=$(process_pid "$name") || continue
    suffix=${name^^}
    assign "PID_${suffix//-/_}" "$pid"
  done
}

# with_stack_env COMMAND...: runs it with the assignments of `env` exported.
with_stack_env() {
  local assignments
  assignments=$(stack_env) || exit 1
  (
    set -a
    eval "$assignments"
    set +a
    exec "$@"
  )
}

stack_kassactl() { with_stack_env "$(bin_dir)/kassactl" "$@"; }

stack_demo() {
  with_stack_env env KASSAFLOW_KASSACTL="$(bin_dir)/kassactl" "$PYTHON" "$ROOT/scripts/demo.py" || return 1
  local name
  printf 'The stack stays up:\n\n'
  for name in edge ingress status "${SIMULATORS[@]}"; do printf '  %-11s %s\n' "$name" "$(member_address "$name")"; done
  printf '\n./dev status, ./dev kassactl receipts list --tenant demo, ./dev down\n'
}
