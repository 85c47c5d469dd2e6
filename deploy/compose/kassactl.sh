#!/bin/bash
# kassactl of docker-compose.yml: it asks each fiscalizer for its registers, so it is given the addresses of all there are.
set -euo pipefail
addresses=$(getent ahostsv4 fiscalizer | awk '{ print $1 ":9000" }' | sort -u | paste -sd ,) || true
export KASSAFLOW_FISCALIZER_GRPC=${addresses:-fiscalizer:9000}
exec kassactl "$@"
