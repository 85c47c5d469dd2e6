{{/* nginx.conf.template of deploy/edge, filled in for a pod. What stands there and here is what nginx runs: a change there that
this does not know fails the rendering, as no @NAME@ may be left. */}}
{{- define "kassaflow.nginx" -}}
{{- $edge := .Values.edge -}}
{{- $name := include "kassaflow.fullname" . -}}
{{- $listen := "8080" -}}
{{- $variables := "" -}}
{{- range $edge.realIp.from -}}
{{- $listen = printf "%s;\n    set_real_ip_from %s" $listen . -}}
{{- end -}}
{{- if $edge.realIp.from -}}
{{- $listen = printf "%s;\n    real_ip_header %s;\n    real_ip_recursive on" $listen $edge.realIp.header -}}
{{- end -}}
{{- $proxied := ternary " proxy_protocol" "" (eq $edge.realIp.header "proxy_protocol") -}}
{{- if $edge.tls.enabled -}}
{{/* A name with a variable is read at each handshake: so a renewed certificate is served without a restart. */}}
{{- $variables = "\n  map $https $certificate_folder {\n    default /etc/kassaflow/edge-tls;\n  }" -}}
{{- $tls := "ssl_certificate $certificate_folder/tls.crt;\n    ssl_certificate_key $certificate_folder/tls.key;\n    ssl_protocols TLSv1.2 TLSv1.3;\n    ssl_session_cache shared:tls:10m" -}}
{{- $listen = printf "%s;\n    %s;\n    listen 8443 ssl http2%s" $listen $tls $proxied -}}
{{- else if $proxied -}}
{{- $listen = printf "%s;\n    listen 8443%s" $listen $proxied -}}
{{- end -}}
{{- $text := .Files.Get "files/deploy/edge/nginx.conf.template" -}}
{{- range $old, $new := dict
    "user @USER@;" ""
    "@STATE_DIR@/log/edge.log" "/dev/stdout"
    "worker_processes auto;" (printf "worker_processes %d;" (int $edge.workers))
    "\nhttp {" (printf "\nhttp {%s" $variables)
    "listen @LISTEN@ backlog" (printf "listen %s backlog" $listen) -}}
{{- if not (contains $old $text) -}}
{{- fail (printf "deploy/edge/nginx.conf.template: no %q" $old) -}}
{{- end -}}
{{- $text = $text | replace $old $new -}}
{{- end -}}
{{- range $key, $value := dict
    "STATE_DIR" "/tmp" "MODULES" "/usr/lib/nginx/modules"
    "FILES" (add (int $edge.connections) 256) "CONNECTIONS" (int $edge.connections)
    "ADDRESS_RATE" (int $edge.addressRate) "ADDRESS_DELAY" (div (mul 5 (int $edge.addressRate)) 2) "ADDRESS_BURST" (mul 5 (int $edge.addressRate))
    "PORTAL_RATE" (int $edge.portalRate) "PORTAL_DELAY" (mul 4 (int $edge.portalRate)) "PORTAL_BURST" (mul 10 (int $edge.portalRate))
    "INGRESS" (printf "%s-ingress:8080" $name) "STATUS" (printf "%s-status:8080" $name) -}}
{{- $text = $text | replace (printf "@%s@" $key) (toString $value) -}}
{{- end -}}
{{- with regexFind "@[A-Z_]+@" (regexReplaceAll "(?m)#.*$" $text "") -}}
{{- fail (printf "deploy/edge/nginx.conf.template: nothing says what %s is" .) -}}
{{- end -}}
{{- $text -}}
{{- end -}}
