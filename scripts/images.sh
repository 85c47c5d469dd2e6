# shellcheck shell=bash
# The images, by podman or docker, whichever is there (KASSAFLOW_CONTAINER_ENGINE names one).

readonly IMAGES=(kassaflow setup edge demo)
readonly IMAGE_REGISTRY=ghcr.io/kassaflow

container_engine() {
  local engine
  for engine in ${KASSAFLOW_CONTAINER_ENGINE:-podman docker}; do
    if command -v "$engine"; then return; fi
  done
  die "images need podman or docker"
}

# The version that docker-compose.yml asks for: its images and these belong together.
images_version() { sed -n 's/^ *image: .*KASSAFLOW_VERSION:-\([^}]*\)}$/\1/p' docker-compose.yml | head -n 1; }

# images_build [ENGINE OPTION...]: all targets of deploy/images/Containerfile, or of KASSAFLOW_CONTAINERFILE. Times in them are those of the last commit, so that
# the same sources on the same packages make the same files.
images_build() {
  local engine version revision image options=()
  engine=$(container_engine)
  version=${KASSAFLOW_VERSION:-$(images_version)}
  revision=$(git rev-parse HEAD 2>/dev/null || printf unknown)
  SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || printf 0)}
  export SOURCE_DATE_EPOCH
  [[ $engine != *podman ]] || options=(--format docker --timestamp "$SOURCE_DATE_EPOCH")
  for image in "${IMAGES[@]}"; do
    say "building $IMAGE_REGISTRY/$image:$version"
    "$engine" build -f "${KASSAFLOW_CONTAINERFILE:-deploy/images/Containerfile}" --target "$image" -t "$IMAGE_REGISTRY/$image:$version" --build-arg "VERSION=$version" \
      --build-arg "REVISION=$revision" --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" "${options[@]}" "$@" . >&2 \
      || die "$image was not built"
  done
  "$engine" images --format '{{.Repository}}:{{.Tag}}  {{.Size}}' | grep "^$IMAGE_REGISTRY/.*:$version "
}
