{{/* Names, labels, and what all pods have in common. */}}

{{- define "kassaflow.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* (list $ "ingress"): what tells a component's pods from all others. */}}
{{- define "kassaflow.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "kassaflow.labels" -}}
{{- $root := index . 0 -}}
{{ include "kassaflow.selector" . }}
app.kubernetes.io/part-of: kassaflow
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* (list $ "setup"): an image by tag, or by digest where one is given. */}}
{{- define "kassaflow.image" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $image := $root.Values.image -}}
{{- $digest := index $image.digests $name -}}
{{- if $digest -}}
{{- printf "%s/%s@%s" $image.registry $name $digest -}}
{{- else -}}
{{- printf "%s/%s:%s" $image.registry $name (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "kassaflow.tlsSecret" -}}
{{- $root := index . 0 -}}
{{- default (printf "%s-%s-tls" (include "kassaflow.fullname" $root) (index . 1)) (index $root.Values.certificates.secrets (index . 1)) -}}
{{- end -}}

{{- define "kassaflow.secret" -}}
{{- $root := index . 0 -}}
{{- default (printf "%s-%s" (include "kassaflow.fullname" $root) (index . 1)) (index $root.Values (index . 1)).existingSecret -}}
{{- end -}}

{{- define "kassaflow.operatorSecret" -}}
{{- default (printf "%s-operator" (include "kassaflow.fullname" .)) .Values.kassactl.existingSecret -}}
{{- end -}}

{{/* A duration of the settings in whole seconds, rounded up. */}}
{{- define "kassaflow.seconds" -}}
{{- if hasSuffix "ms" . -}}
{{- div (add (trimSuffix "ms" . | atoi) 999) 1000 -}}
{{- else if hasSuffix "h" . -}}
{{- mul (trimSuffix "h" . | atoi) 3600 -}}
{{- else if hasSuffix "m" . -}}
{{- mul (trimSuffix "m" . | atoi) 60 -}}
{{- else -}}
{{- trimSuffix "s" . -}}
{{- end -}}
{{- end -}}

{{/* (list $ "ingress"): how long a pod may take to end: the pause before SIGTERM, the service's own deadline, and ten seconds. */}}
{{- define "kassaflow.grace" -}}
{{- $settings := merge (dict) (index (index . 0).Values (index . 1)).settings (index . 0).Values.settings -}}
{{- $deadline := default (ternary "150s" "25s" (eq (index . 1) "fiscalizer")) $settings.shutdown_deadline -}}
{{- add (include "kassaflow.seconds" $deadline) 10 (include "kassaflow.pause" (index . 1)) -}}
{{- end -}}

{{/* Seconds in which those who send requests hear that the pod goes. Nobody sends any to a fiscalizer that he could not send to another. */}}
{{- define "kassaflow.pause" -}}
{{- if eq . "fiscalizer" }}0{{ else }}5{{ end -}}
{{- end -}}

{{/* (list $ "ingress"): the pod's part of scheduling. */}}
{{- define "kassaflow.scheduling" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "kassaflow.spread" -}}
{{- $context := . -}}
{{- with (index . 0).Values.topologySpread }}
topologySpreadConstraints:
  {{- range . }}
  - maxSkew: {{ default 1 .maxSkew }}
    topologyKey: {{ .topologyKey }}
    whenUnsatisfiable: {{ .whenUnsatisfiable }}
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "kassaflow.selector" $context | nindent 8 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Nobody is root, and nobody asks the API server anything. Service links would be KASSAFLOW_* variables, which are settings. */}}
{{- define "kassaflow.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "kassaflow.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{/* (list $ "ingress"): the files of a service but its configuration. */}}
{{- define "kassaflow.mounts" -}}
{{- $values := (index . 0).Values -}}
- {name: secrets, mountPath: /run/secrets/kassaflow, readOnly: true}
{{- if $values.kafka.ca.secret }}
- {name: kafka-ca, mountPath: /etc/kassaflow/kafka-ca, readOnly: true}
{{- end }}
{{- if $values.postgres.ca.secret }}
- {name: postgres-ca, mountPath: /etc/kassaflow/postgres-ca, readOnly: true}
{{- end }}
{{- end -}}

{{/* (list $ "kafka" "postgres"): the authorities of the stores that are named. */}}
{{- define "kassaflow.caVolumes" -}}
{{- $values := (first .).Values -}}
{{- range rest . }}
{{- $ca := (index $values .).ca }}
{{- if $ca.secret }}
- name: {{ . }}-ca
  secret: {secretName: {{ $ca.secret | quote }}, items: [{key: {{ $ca.key | quote }}, path: ca.crt}], defaultMode: 0440}
{{- end }}
{{- end }}
{{- end -}}

{{- define "kassaflow.volumes" -}}
- name: secrets
  secret: {secretName: {{ include "kassaflow.secret" . | quote }}, defaultMode: 0440}
{{- include "kassaflow.caVolumes" (list (index . 0) "kafka" "postgres") }}
{{- end -}}
