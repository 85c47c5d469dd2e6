# shellcheck shell=bash
# Where images are built and containers run. Sourced.
#
# A machine with a running Docker uses that. Elsewhere Debian's podman stands for it: settings and storage of its own in
# $ENGINE_HOME, nothing of /etc/containers is touched, and a service that speaks Docker's API to docker-compose.

readonly ENGINE_HOME=${KASSAFLOW_CONTAINERS_DIR:-/var/lib/kassaflow-containers}
readonly ENGINE_PACKAGES=(podman runc netavark aardvark-dns catatonit docker-compose mmdebstrap)

engine_packages() {
  local missing=() package
  for package in "${ENGINE_PACKAGES[@]}"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  ((${#missing[@]} == 0)) || apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# runc and cgroupfs, because crun refuses a machine with cgroups of both versions; the limits, because podman asks for more
# open files than a machine may allow.
engine_configure() {
  mkdir -p "$ENGINE_HOME"
  cat >"$ENGINE_HOME/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF
  cat >"$ENGINE_HOME/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$ENGINE_HOME/storage"
runroot = "$ENGINE_HOME/run"
CONF
  cat >"$ENGINE_HOME/registries.conf" <<'CONF'
unqualified-search-registries = ["docker.io"]
short-name-mode = "permissive"
CONF
  # Nothing is pulled here, so nothing has to be signed.
  [[ -f $ENGINE_HOME/policy.json ]] || printf '{"default": [{"type": "insecureAcceptAnything"}]}\n' >"$ENGINE_HOME/policy.json"
  export CONTAINERS_CONF=$ENGINE_HOME/containers.conf CONTAINERS_STORAGE_CONF=$ENGINE_HOME/storage.conf
  export CONTAINERS_REGISTRIES_CONF=$ENGINE_HOME/registries.conf
}

# All containers together have the weight of one process against what else the machine does; a store starves so. As many as a stack has.
engine_weigh() {
  local shares=/sys/fs/cgroup/cpu/libpod_parent/cpu.shares
  [[ ! -e ${shares%/*/*}/cpu.shares ]] || { mkdir -p "${shares%/*}" && echo 8192 >"$shares"; }
}

# After it: `engine` builds and runs, KASSAFLOW_CONTAINER_ENGINE is its name, `docker-compose` finds its socket.
engine_start() {
  if docker info >/dev/null 2>&1; then
    engine() { docker "$@"; }
    export KASSAFLOW_CONTAINER_ENGINE=docker
    return
  fi
  engine_packages
  engine_configure
  engine_weigh
  engine() { podman "$@"; }
  export KASSAFLOW_CONTAINER_ENGINE=podman DOCKER_HOST=unix://$ENGINE_HOME/podman.sock
  local deadline=$((SECONDS + 30))
  if ! engine_answers; then
    setsid podman system service --time 0 "$DOCKER_HOST" >"$ENGINE_HOME/service.log" 2>&1 </dev/null &
    until engine_answers; do
      ((SECONDS < deadline)) || { tail "$ENGINE_HOME/service.log" >&2; return 1; }
      sleep 0.2
    done
    # In a session of its own, so that it goes on for as long as the service does.
    # shellcheck disable=SC2016  # for the other shell
    [[ -d /run/systemd/system ]] || setsid bash -c 'source "$0"; engine_configure; engine_check_health' "${BASH_SOURCE[0]}" \
      >/dev/null 2>&1 </dev/null &
  fi
}

# podman leaves health checks to systemd's timers. Where there is no systemd, this asks the containers: those that are not healthy at once
# and often, for somebody waits for them; the others every tenth time.
engine_check_health() {
  local round=0 filters id
  while engine_answers; do
    filters=(--filter health=starting --filter health=unhealthy)
    ((round++ % 10)) || filters=()
    for id in $(podman ps -q "${filters[@]}"); do podman healthcheck run "$id" >/dev/null 2>&1 || true; done
    sleep 1
  done
}

engine_answers() { curl -s --noproxy '*' --max-time 2 --unix-socket "$ENGINE_HOME/podman.sock" http://d/_ping | grep -q OK; }
