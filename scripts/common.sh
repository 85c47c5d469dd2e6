# shellcheck shell=bash
# Where things are, and how to speak. Sourced by ./dev first.

STATE=${KASSAFLOW_STATE_DIR:-$ROOT/.local}
[[ $STATE == /* ]] || STATE=$PWD/$STATE
readonly STATE
readonly RUN=$STATE/run LOG=$STATE/log SECRETS=$STATE/secrets
readonly PYTHON=/usr/bin/python3
readonly READY_WITHIN_S=90

say() { printf '%s\n' "$*" >&2; }
die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# Whatever is made in the state folder from here on, also by the stack's processes, is its owner's alone: logs, ledgers and
# configurations hold what shops sell and whom to, keys and passwords.
state_private() { umask 077; }

# Creates the state folder; the marker lets `down --wipe` tell it from a folder that was named by mistake.
state_create() {
  state_private
  install -d -m 0700 "$STATE" "$RUN" "$LOG" "$SECRETS"
  touch "$STATE/.kassaflow-state"
}

state_exists() { [[ -f $STATE/.kassaflow-state ]]; }

# Holds this state folder for the rest of the process: two calls of `up` or `down` take turns.
state_lock() {
  exec {LOCK_FD}>"$STATE/lock"
  flock -w 900 "$LOCK_FD" || die "another ./dev works on $STATE"
}

# port NAME: a free port of 127.0.0.1, chosen once and remembered. Below the ephemeral range, so that no outgoing
# connection takes it while its owner is down.
port() {
  local known
  known=$(port_known "$1")
  if [[ -z $known ]]; then
    known=$("$PYTHON" "$ROOT/scripts/free_port.py" "$STATE/ports") || die "no free port for $1"
    printf '%s=%s\n' "$1" "$known" >>"$STATE/ports"
  fi
  printf '%s' "$known"
}

port_known() {
  [[ ! -f $STATE/ports ]] || sed -n "s/^$1=//p" "$STATE/ports"
}

# secret NAME: the path of a file with 32 random bytes as hex, made once.
secret() {
  local file=$SECRETS/$1
  if [[ ! -s $file ]]; then
    (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$file.new" && mv "$file.new" "$file")
  fi
  printf '%s' "$file"
}

# fill TEMPLATE TARGET NAME=VALUE...: replaces each @NAME@.
fill() {
  local template=$1 target=$2 pair
  shift 2
  local text
  text=$(<"$template")
  for pair in "$@"; do
    text=${text//"@${pair%%=*}@"/"${pair#*=}"}
  done
  printf '%s\n' "$text" >"$target"
}
