#!/usr/bin/env bash
# runtime_packages.sh BINARY...: the Debian packages of the shared libraries that these are linked with, one a line.
set -euo pipefail
ldd "$@" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | sort -u | while read -r library; do
  # The loader says /lib where dpkg may have noted /usr/lib, or the other way round.
  dpkg-query -S "$library" "/usr$library" "${library#/usr}" "$(realpath "$library")" 2>/dev/null | head -n 1 || true
done | sed 's/:.*//' | sort -u
