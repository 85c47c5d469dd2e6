{{/* (list $ "ingress"): the service's configuration file. Keys are those of print-default-config; tests/helm compares them with
docs/settings. What the chart itself knows cannot be set in values. */}}
{{- define "kassaflow.configuration" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $values := $root.Values -}}
{{- $name := include "kassaflow.fullname" $root -}}
{{- $keys := dict
    "admin_address" "0.0.0.0" "admin_port" 9100
    "tls_authority_file" "/etc/kassaflow/tls/ca.crt"
    "tls_certificate_file" "/etc/kassaflow/tls/tls.crt"
    "tls_key_file" "/etc/kassaflow/tls/tls.key" -}}
{{- if ne $service "ingress" -}}
{{- $_ := merge $keys (dict "grpc_address" "0.0.0.0" "grpc_port" 9000
    "postgres_file" "/run/secrets/kassaflow/postgres" "migrate_at_start" (not $values.migrations.job)) -}}
{{- end -}}
{{- if ne $service "registry" -}}
{{- $kafka := $values.kafka -}}
{{- $_ := merge $keys (dict "registry_grpc" (printf "%s-registry:9000" $name)
    "kafka" $kafka.brokers "kafka_security_protocol" $kafka.securityProtocol) -}}
{{- if hasPrefix "sasl" $kafka.securityProtocol -}}
{{- $_ := merge $keys (dict "kafka_sasl_mechanism" $kafka.saslMechanism "kafka_sasl_username" $service
    "kafka_sasl_password_file" "/run/secrets/kassaflow/kafka_password") -}}
{{- end -}}
{{- if and $kafka.ca.secret (hasSuffix "ssl" $kafka.securityProtocol) -}}
{{- $_ := set $keys "kafka_ssl_ca_location" "/etc/kassaflow/kafka-ca/ca.crt" -}}
{{- end -}}
{{- end -}}
{{- if eq $service "registry" -}}
{{- $_ := merge $keys (dict "master_key_file" "/run/secrets/kassaflow/master_key" "id_master_file" "/run/secrets/kassaflow/id_master"
    "fiscalizer_grpc" (printf "%s-fiscalizer:9000" $name)) -}}
{{- if not (hasKey $values.registry.settings "public_url") -}}
{{- $_ := set $keys "public_url" (include "kassaflow.publicUrl" $root) -}}
{{- end -}}
{{- else if eq $service "ingress" -}}
{{- $_ := merge $keys (dict "http_address" "0.0.0.0" "http_port" 8080 "status_look_up" (printf "%s-status:8081" $name)) -}}
{{- else if eq $service "fiscalizer" -}}
{{- $_ := set $keys "status_grpc" (printf "%s-status:9000" $name) -}}
{{- else if eq $service "status" -}}
{{- $_ := merge $keys (dict "http_address" "0.0.0.0" "http_port" 8080 "look_up_address" "0.0.0.0" "look_up_port" 8081) -}}
{{- end -}}
{{/* Numbers of values are floating point by now; none of the settings is. */}}
{{- range $key, $value := merge $keys (index $values $service).settings $values.settings }}
{{ $key }}: {{ if kindIs "string" $value }}{{ $value | quote }}{{ else if kindIs "bool" $value }}{{ $value }}{{ else }}{{ int64 $value }}{{ end }}
{{- end }}
{{- end -}}

{{/* Where clouds reach the edge, as far as the chart knows it. */}}
{{- define "kassaflow.publicUrl" -}}
{{- $host := .Values.edge.tls.hosts | first | default (printf "%s-edge.%s.svc" (include "kassaflow.fullname" .) .Release.Namespace) -}}
{{- printf "%s://%s" (ternary "https" "http" .Values.edge.tls.enabled) $host -}}
{{- end -}}

{{/* (list $ "ingress" "name" annotations): a ConfigMap with that file. */}}
{{- define "kassaflow.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ index . 2 }}
  labels:
    {{- include "kassaflow.labels" . | nindent 4 }}
  {{- with index . 3 }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
data:
  {{ index . 1 }}.yaml: |
    # Made by the chart; the services' own description of each key: {{ index . 1 }} print-default-config
    {{- include "kassaflow.configuration" . | nindent 4 }}
{{- end -}}
