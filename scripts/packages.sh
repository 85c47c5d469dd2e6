# shellcheck shell=bash
# Installs what is missing of packages.txt on a bare Debian 12.

# All packages, or with PACKAGES_SECTION those below the comment of these words.
packages_wanted() {
  awk -v section="${PACKAGES_SECTION:-}" '/^#/ { within = section == "" || $0 == "# " section; next } NF && within' "$ROOT/scripts/packages.txt"
}

packages_missing() {
  local wanted
  mapfile -t wanted < <(packages_wanted)
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: install what scripts/packages.txt lists by other means"
    return 0
  fi
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

packages_install() {
  local missing as_root=()
  mapfile -t missing < <(packages_missing)
  ((${#missing[@]})) || return 0
  say "installing: ${missing[*]}"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "needs root or sudo to install: ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" bash -s -- "${missing[@]}" >&2 <<'ROOT' || die "apt-get could not install: ${missing[*]}"
set -eu
export DEBIAN_FRONTEND=noninteractive
# The packages of nginx and PostgreSQL must not start services of their own on this machine.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@" </dev/null
ROOT
}
