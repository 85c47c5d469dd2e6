#!/usr/bin/env bash
# By hand: a real kube-apiserver takes the chart, rendered with each file of values, and refuses what it must. The first time it builds
# kube-apiserver from its Go module, which takes the machine for a quarter of an hour; Debian's etcd keeps its objects. Nothing of them runs.
# Both listen on 127.0.0.1 and end with this script.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
readonly CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/kassaflow
readonly VERSION=1.34.4
readonly SERVER=$CACHE/kube-apiserver-$VERSION ETCD=$CACHE/etcd
readonly WITHIN_S=120

die() {
  printf 'api-server.sh: %s\n' "$*" >&2
  exit 1
}

build_server() {
  [[ ! -x $SERVER ]] || return 0
  local source go
  source=$(mktemp -d)
  go=$(tools/install.sh go)
  GOTOOLCHAIN=local "$go" mod download -json "k8s.io/kubernetes@v$VERSION" >"$source/module.json"
  cp -r "$(sed -n 's/^\t"Dir": "\(.*\)",\?$/\1/p' "$source/module.json")" "$source/kubernetes"
  chmod -R u+w "$source/kubernetes"
  # The module takes its parts from its own folders, which a module does not bring; they are published under v0.
  (
    cd "$source/kubernetes"
    rm -f go.work go.work.sum
    sed -i -e '/^replace (/,/^)/d' -e '/^replace /d' -e "s#^\(\s*k8s.io/[a-z-]*\) v0.0.0\$#\1 v0.${VERSION#1.}#" go.mod
    GOTOOLCHAIN=local GOFLAGS='-buildvcs=false -mod=mod' "$go" build -p "$(nproc)" -trimpath \
      -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$VERSION -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${VERSION:2:2}" \
      -o "$SERVER.new" ./cmd/kube-apiserver
  ) >&2 || die 'kube-apiserver could not be built'
  mv "$SERVER.new" "$SERVER"
  rm -rf "$source"
}

fetch_etcd() {
  [[ ! -x $ETCD/usr/bin/etcd ]] || return 0
  local folder
  folder=$(mktemp -d)
  # Not installed: the package would start a server of the machine's.
  (cd "$folder" && apt-get download -qq etcd-server && dpkg -x etcd-server_*.deb "$ETCD") >&2 || die "no etcd of Debian's"
  rm -rf "$folder"
}

free_port() { /usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

await() {  # PID COMMAND...: until the command succeeds
  local pid=$1 deadline=$((SECONDS + WITHIN_S))
  shift
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || die "it ended: $(tail -5 "$state"/*.log)"
    ((SECONDS < deadline)) || die "it does not answer: $*"
    sleep 0.5
  done
}

mkdir -p "$CACHE"
build_server
fetch_etcd
tools=$(tools/install.sh)
eval "$tools"
export HELM CRDS

state=$(mktemp -d)
pids=()
# shellcheck disable=SC2317  # called by the trap
clean() {
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  wait
  rm -rf "$state"
}
trap clean EXIT

client=$(free_port) peer=$(free_port) port=$(free_port) token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
"$ETCD/usr/bin/etcd" --data-dir "$state/etcd" --listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
  --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
  --initial-cluster "default=http://127.0.0.1:$peer" >"$state/etcd.log" 2>&1 &
pids+=($!)
openssl genrsa -out "$state/accounts.key" 2048 2>/dev/null
printf '%s,operator,operator,system:masters\n' "$token" >"$state/tokens"
await "${pids[0]}" curl -fsS "http://127.0.0.1:$client/health"
"$SERVER" --etcd-servers "http://127.0.0.1:$client" --bind-address 127.0.0.1 --secure-port "$port" --cert-dir "$state/certificates" \
  --service-cluster-ip-range 10.96.0.0/16 --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$state/accounts.key" \
  --service-account-signing-key-file "$state/accounts.key" --token-auth-file "$state/tokens" --authorization-mode RBAC \
  --disable-admission-plugins ServiceAccount >"$state/server.log" 2>&1 &
pids+=($!)
await "${pids[1]}" curl -fsSk -H "Authorization: Bearer $token" "https://127.0.0.1:$port/readyz"
"$VALIDATOR_PYTHON" apply_to_server.py "https://127.0.0.1:$port" "$token"

# Helm itself: installs, changes everything that the values change, and goes back. The jobs are left out, as nothing runs them.
cat >"$state/kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: test, namespace: released}}]
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$port", insecure-skip-tls-verify: true}}]
users: [{name: test, user: {token: $token}}]
YAML
export KUBECONFIG=$state/kubeconfig
chart=../../helm/kassaflow
release() {
  local verb=$1
  shift
  "$HELM" "$verb" kassaflow "$@" --no-hooks >"$state/helm.log" 2>&1 || die "helm $verb: $(<"$state/helm.log")"
  printf 'helm %s\n' "$verb"
}
release install "$chart" -f "$chart/values-small.yaml" --create-namespace
grep -q 'first-token' "$state/helm.log" || die 'no notes'
release upgrade "$chart" -f "$chart/values-production.yaml"
release rollback 1
release uninstall
