# shellcheck shell=bash
# nginx in front of ingress and status, as deploy/edge/nginx.conf.template says.

edge_url() { printf 'http://127.0.0.1:%s' "$(port edge)"; }

# Of each second; at once 2.5 s' worth of an address and 4 s' worth of a portal, and twice that and more waits: why, says
# deploy/edge/nginx.conf.template. KASSAFLOW_EDGE_ADDRESS_RATE and KASSAFLOW_EDGE_PORTAL_RATE are for a benchmark, whose load comes from one of each.
edge_configure() {
  local files address_rate=${KASSAFLOW_EDGE_ADDRESS_RATE:-2000} portal_rate=${KASSAFLOW_EDGE_PORTAL_RATE:-100}
  files=$(ulimit -Hn)
  if [[ $files == unlimited ]] || ((files > 65536)); then files=65536; fi
  mkdir -p "$STATE/edge"
  fill "$ROOT/deploy/edge/nginx.conf.template" "$RUN/nginx.conf" \
    "USER=$(id -un) $(id -gn)" "FILES=$files" "CONNECTIONS=$((files - 256))" \
    "ADDRESS_RATE=$address_rate" "ADDRESS_DELAY=$((5 * address_rate / 2))" "ADDRESS_BURST=$((5 * address_rate))" \
    "PORTAL_RATE=$portal_rate" "PORTAL_DELAY=$((4 * portal_rate))" "PORTAL_BURST=$((10 * portal_rate))" \
    "STATE_DIR=$STATE" "MODULES=/usr/lib/nginx/modules" "LISTEN=127.0.0.1:$(port edge)" \
    "INGRESS=127.0.0.1:$(port ingress_http)" "STATUS=127.0.0.1:$(port status_http)"
}

edge_answers() { answers_200 "$(edge_url)/healthz"; }

edge_start() {
  if ! process_runs edge; then
    edge_configure
    process_start edge nginx -p "$STATE/edge" -e stderr -c "$RUN/nginx.conf"
  fi
  process_await edge edge_answers
}
