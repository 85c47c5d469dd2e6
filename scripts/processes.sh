# shellcheck shell=bash
# Processes of the stack. Each is a session leader of its own, so that it survives the shell and its children can be
# found. run/NAME.pid holds "PID START_TIME": a pid that was given to another process since does not match.

# Field 22 of /proc/PID/stat (clock ticks since boot); fails for a process that is gone or a zombie.
process_start_time() {
  local stat fields
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != [ZX] ]] || return 1
  printf '%s' "${fields[19]}"
}

# process_pid NAME: prints the pid when it runs and is ours.
process_pid() {
  local pid started
  { read -r pid started <"$RUN/$1.pid"; } 2>/dev/null || return 1
  [[ $(process_start_time "$pid") == "$started" ]] || return 1
  printf '%s' "$pid"
}

process_runs() { process_pid "$1" >/dev/null; }

# process_start NAME COMMAND...: detached, output to its log.
process_start() {
  local name=$1 pid
  shift
  process_sweep "$name"
  setsid "$@" >>"$LOG/$name.log" 2>&1 </dev/null {LOCK_FD}>&- &
  pid=$!
  # Readers see the whole line or none. The start time is read here, as the parent: the pid cannot have been reused.
  printf '%s %s\n' "$pid" "$(process_start_time "$pid" || printf 0)" >"$RUN/$name.pid.new"
  mv "$RUN/$name.pid.new" "$RUN/$name.pid"
}

# Ends what a killed leader left behind: nginx workers hold the listening socket, PostgreSQL's children the memory.
process_sweep() {
  local pid _ signal member left
  { read -r pid _ <"$RUN/$1.pid"; } 2>/dev/null || return 0
  ! process_start_time "$pid" >/dev/null || return 0
  for signal in TERM TERM TERM TERM KILL; do
    left=''
    for member in $(process_leftovers "$1" "$pid"); do
      kill -s "$signal" "$member" 2>/dev/null || true
      left=1
    done
    [[ -n $left ]] || return 0
    sleep 0.5
  done
}

# Members of the dead leader's session; PostgreSQL's children make sessions of their own. The working folder proves
# that a process is of this stack.
process_leftovers() {
  local candidates home=$ROOT member
  if [[ $1 == postgres ]]; then
    candidates=$(pgrep -x postgres || true)
    home=$(postgres_home)/data
  else
    candidates=$(pgrep -s "$2" || true)
  fi
  for member in $candidates; do
    [[ $(readlink "/proc/$member/cwd") != "$home" ]] || printf '%s\n' "$member"
  done
}

# process_await NAME CONDITION...: until the condition holds; fails, with the end of the log, when the process died.
process_await() {
  local name=$1 deadline=$((SECONDS + READY_WITHIN_S))
  shift
  until "$@"; do
    if ! process_runs "$name"; then
      say "$name died; the end of $LOG/$name.log:"
      tail -n 15 "$LOG/$name.log" >&2
      return 1
    fi
    if ((SECONDS > deadline)); then
      say "$name is not ready after $READY_WITHIN_S s; see $LOG/$name.log"
      return 1
    fi
    sleep 0.1
  done
}

# process_stop SIGNAL NAME...: signals all, then waits for each.
process_stop() {
  local signal=$1 name pid deadline=$((SECONDS + 45))
  shift
  for name in "$@"; do
    if pid=$(process_pid "$name"); then kill -s "$signal" "$pid" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    while pid=$(process_pid "$name"); do
      if ((SECONDS > deadline)); then
        say "$name does not stop; killed"
        kill -s KILL "$pid" 2>/dev/null || true
        deadline=$((SECONDS + 5))
      fi
      sleep 0.1
    done
    process_sweep "$name"
    rm -f "$RUN/$name.pid"
  done
}

answers_200() { curl -s -o /dev/null --noproxy '*' --fail --max-time 2 "$1"; }
