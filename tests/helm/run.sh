#!/usr/bin/env bash
# The tests of the chart, with what tools/install.sh makes; what is given goes to unittest, as -v or a name.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
tools=$(tools/install.sh)
eval "$tools"
export HELM CRDS
exec "$VALIDATOR_PYTHON" -m unittest discover -p '*_test.py' "$@"
