#!/usr/bin/env bash
# run.sh small|full [OPTION...]: whole.py with all it needs. Official images that are not there are replaced by stand-ins; the images are
# built of this tree, or hold the binaries of KASSAFLOW_BIN_DIR.
set -euo pipefail
ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT
cd "$ROOT"
source tests/containers/engine.sh
engine_start
tests/containers/stand_ins.sh
options=()
[[ $KASSAFLOW_CONTAINER_ENGINE != podman ]] || options=(--network host)
if [[ -n ${KASSAFLOW_BIN_DIR:-} ]]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  for binary in registry ingress fiscalizer status kassactl; do cp "$KASSAFLOW_BIN_DIR/$binary" "$folder/"; done
  deploy/images/runtime_packages.sh "$folder"/* >"$folder/packages-of-the-runtime"
  : >"$folder/packages-of-the-build"
  engine build -f tests/containers/finished.Containerfile -t localhost/kassaflow-finished "$folder"
  export KASSAFLOW_CONTAINERFILE=$folder/Containerfile
  sed 's|^FROM build AS binaries|FROM localhost/kassaflow-finished AS binaries|' deploy/images/Containerfile >"$KASSAFLOW_CONTAINERFILE"
fi
./dev images "${options[@]}"
tests/containers/whole.py "$@"
