# shellcheck shell=bash
# nginx in front of ingress and status, as deploy/edge/nginx.conf.template says.

edge_url() { printf 'http://127.0.0.1:%s' "$(port edge)"; }

edge_configure() {
  mkdir -p "$STATE/edge"
  fill "$ROOT/deploy/edge/nginx.conf.template" "$RUN/nginx.conf" \
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
