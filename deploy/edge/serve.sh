#!/bin/bash
# The edge in a container: fills in nginx.conf.template and runs nginx. Its state is in /tmp, none of it has to last.
#   KASSAFLOW_EDGE_INGRESS, KASSAFLOW_EDGE_STATUS   host:port of the services (ingress:8080, status:8080)
#   KASSAFLOW_EDGE_LISTEN   what nginx listens on (8080)
#   KASSAFLOW_EDGE_ADDRESS_RATE, KASSAFLOW_EDGE_PORTAL_RATE   requests a second (2000, 100)
# nginx asks for a host's addresses only once. A container has another one after it was started again, and there may be several,
# so the names are looked up every LOOK_UP_EVERY_S seconds, and nginx reads its configuration again when they have changed.
set -euo pipefail
readonly LOOK_UP_EVERY_S=1
readonly state=/tmp/edge
template=$(dirname -- "${BASH_SOURCE[0]}")/nginx.conf.template
readonly template
address_rate=${KASSAFLOW_EDGE_ADDRESS_RATE:-2000} portal_rate=${KASSAFLOW_EDGE_PORTAL_RATE:-100}
files=$(ulimit -Hn)
if [[ $files == unlimited ]] || ((files > 65536)); then files=65536; fi

# servers HOST:PORT: what belongs behind the `server` of an upstream. While nobody has the name, one that refuses: the portal is
# answered as when the service is down.
servers() {
  local address list=''
  for address in $(timeout "$LOOK_UP_EVERY_S" getent ahostsv4 "${1%:*}" | awk '{ print $1 }' | sort -u); do
    list+=${list:+ max_fails=0; server }$address:${1##*:}
  done
  printf '%s' "${list:-127.0.0.1:9}"
}

configuration() {
  local text pair
  text=$(<"$template")
  for pair in "FILES=$files" "CONNECTIONS=$((files - 256))" "STATE_DIR=$state" "MODULES=/usr/lib/nginx/modules" \
    "ADDRESS_RATE=$address_rate" "ADDRESS_DELAY=$((5 * address_rate / 2))" "ADDRESS_BURST=$((5 * address_rate))" \
    "PORTAL_RATE=$portal_rate" "PORTAL_DELAY=$((4 * portal_rate))" "PORTAL_BURST=$((10 * portal_rate))" \
    "LISTEN=${KASSAFLOW_EDGE_LISTEN:-8080}" "INGRESS=$(servers "${KASSAFLOW_EDGE_INGRESS:-ingress:8080}")" \
    "STATUS=$(servers "${KASSAFLOW_EDGE_STATUS:-status:8080}")"; do
    text=${text//"@${pair%%=*}@"/"${pair#*=}"}
  done
  text=${text/user @USER@;/}  # nginx runs as who we are
  printf '%s\n' "${text//"$state/log/edge.log"//dev/stdout}"
}

install -d -m 0700 "$state" "$state/edge"
configuration >"$state/nginx.conf"
nginx -p "$state/edge" -e stderr -c "$state/nginx.conf" &
nginx=$!
trap 'kill -QUIT "$nginx"' TERM INT  # what is under way is answered
while kill -0 "$nginx" 2>/dev/null; do
  sleep "$LOOK_UP_EVERY_S" &
  wait -n "$!" "$nginx" || true
  configuration >"$state/nginx.conf.new"
  if ! cmp -s "$state/nginx.conf" "$state/nginx.conf.new"; then
    mv "$state/nginx.conf.new" "$state/nginx.conf"
    kill -HUP "$nginx"
  fi
done
wait "$nginx"
