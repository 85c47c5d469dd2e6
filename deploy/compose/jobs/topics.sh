#!/usr/bin/env bash
# The topics, and who may do what with them.
set -euo pipefail
readonly KAFKA=/opt/kassaflow/deploy/kafka CONFIG=/run/secrets/kafka.properties
"$KAFKA/topics.py" --config "$CONFIG" --timeout 180 --replication-factor "$KASSAFLOW_REPLICAS" --min-insync-replicas "$KASSAFLOW_IN_SYNC"
"$KAFKA/acls.py" --config "$CONFIG" --timeout 180
