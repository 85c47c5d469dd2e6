#!/usr/bin/env bash
# stand_ins.sh: images with the names and the interfaces of the official ones that docker-compose.yml and deploy/images/Containerfile
# name, made of Debian's packages and Kafka's pinned jars, where no registry of images is reached. For tests only.
# Grafana is not in Debian: it has none.
set -euo pipefail
ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT
cd "$ROOT"
source scripts/common.sh
source scripts/kafka.sh
source tests/containers/engine.sh
engine_start

has() { engine image inspect "docker.io/$1" >/dev/null 2>&1; }
named() { sed -n "s|^ *image: \($1:.*\)|\1|p" docker-compose.yml | head -n 1; }  # the image as docker-compose.yml names it

base() {
  has library/debian:12-slim && return
  local archive=$ENGINE_HOME/base.tar
  # Without documentation and package lists, as the official one.
  # shellcheck disable=SC2016  # mmdebstrap's hook has its own $1
  mmdebstrap --quiet --variant=minbase --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' bookworm "$archive" \
    'deb http://deb.debian.org/debian bookworm main' 'deb http://deb.debian.org/debian bookworm-updates main' \
    'deb http://deb.debian.org/debian-security bookworm-security main' </dev/null
  engine import -c 'CMD ["bash"]' "$archive" docker.io/library/debian:12-slim
  rm "$archive"
}

# stand_in NAME CONTEXT: of the stage NAME of tests/containers/Containerfile.
stand_in() {
  local image
  image=$(named "$1")
  [[ $image == */* ]] || image=library/$image
  has "$image" || engine build --network host -f tests/containers/Containerfile --target "${1##*/}" -t "docker.io/$image" "$2"
}

base
kafka_download
stand_in apache/kafka "$KAFKA_JARS"
stand_in postgres tests/containers
stand_in prom/prometheus tests/containers
stand_in prom/alertmanager tests/containers
