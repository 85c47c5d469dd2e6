# shellcheck shell=bash
# What stands for the outer world: two kinds of registers and the portals. Their ledgers are in the state folder.

declare -A SIMULATOR_SCRIPTS=(
  [sim-itkassa]=tests/simulators/itkassa/itkassa_simulator.py
  [sim-bit]=tests/simulators/bit_driver/bit_driver_simulator.py
  [sim-portal]=tests/simulators/bitrix24/portal_simulator.py
)
readonly SIMULATORS=(sim-itkassa sim-bit sim-portal) SIMULATOR_SCRIPTS

simulator_url() { printf 'http://127.0.0.1:%s' "$(port "${1//-/_}")"; }
simulator_answers() { answers_200 "$(simulator_url "$1")/_sim/healthz"; }

simulator_start() {
  if ! process_runs "$1"; then
    mkdir -p "$STATE/$1"
    process_start "$1" "$PYTHON" "$ROOT/${SIMULATOR_SCRIPTS[$1]}" --port "$(port "${1//-/_}")" --state-dir "$STATE/$1"
  fi
  process_await "$1" simulator_answers "$1"
}
