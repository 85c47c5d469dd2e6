# shellcheck shell=bash
# CMake and Ninja by preset.

readonly SERVICES=(registry ingress fiscalizer status)

# Several checkouts share one cache.
export CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1

# build PRESET [TARGET...]: everything when no target is named.
build() {
  local preset=$1
  shift
  [[ -f build/$preset/build.ninja ]] || cmake --preset "$preset" >&2 || die "cmake --preset $preset failed"
  cmake --build --preset "$preset" -j "$(nproc)" ${1:+--target "$@"} >&2 || die "the build of preset $preset failed"
}

bin_dir() { printf '%s' "${KASSAFLOW_BIN_DIR:-$ROOT/build/${KASSAFLOW_PRESET:-release}/bin}"; }

build_services() {
  [[ -n ${KASSAFLOW_BIN_DIR:-} ]] || build "${KASSAFLOW_PRESET:-release}" "${SERVICES[@]}" kassactl
}
