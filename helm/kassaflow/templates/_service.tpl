{{/* (list $ "ingress" (dict "http" 8080)): one of our services as a Deployment, with its configuration, its disruption budget and
its Service. A fiscalizer, too, is a Deployment: it keeps nothing, a start is a new worker (its name is made of host, process and
time), and what a lost node held is leased to others, while a StatefulSet would wait for that node. */}}
{{- define "kassaflow.deployment" -}}
{{- $root := index . 0 -}}
{{- $service := index . 1 -}}
{{- $ports := merge (dict "admin" 9100) (index . 2) -}}
{{- $values := index $root.Values $service -}}
{{- $name := printf "%s-%s" (include "kassaflow.fullname" $root) $service -}}
{{- $scaled := or (dig "autoscaling" "enabled" false $values) (dig "keda" "enabled" false $values) -}}
{{- $pause := include "kassaflow.pause" $service | int -}}
{{ include "kassaflow.configMap" (list $root $service $name dict) }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- include "kassaflow.labels" . | nindent 4 }}
spec:
  {{- if not $scaled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  minReadySeconds: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "kassaflow.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "kassaflow.labels" . | nindent 8 }}
      annotations:
        checksum/configuration: {{ include "kassaflow.configuration" . | sha256sum }}
        {{- with $root.Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "kassaflow.podSecurity" . | nindent 6 }}
      {{- include "kassaflow.scheduling" . | nindent 6 }}
      {{- include "kassaflow.spread" . | nindent 6 }}
      terminationGracePeriodSeconds: {{ include "kassaflow.grace" . }}
      containers:
        - name: {{ $service }}
          image: {{ include "kassaflow.image" (list $root "kassaflow") }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          # `args`, as the image's entry point stays: the fiscalizer does not run as process 1.
          args: [{{ $service }}, serve, --config, /etc/kassaflow/config/{{ $service }}.yaml]
          ports:
            {{- range $port, $number := $ports }}
            - {name: {{ $port }}, containerPort: {{ $number }}}
            {{- end }}
          startupProbe:
            httpGet: {path: /healthz, port: admin}
            periodSeconds: 2
            failureThreshold: 30
          livenessProbe:
            httpGet: {path: /healthz, port: admin}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: admin}
            periodSeconds: 5
            timeoutSeconds: 5
            failureThreshold: 2
          {{- if $pause }}
          lifecycle:
            preStop: {sleep: {seconds: {{ $pause }}}}
          {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          {{- include "kassaflow.containerSecurity" . | nindent 10 }}
          volumeMounts:
            - {name: configuration, mountPath: /etc/kassaflow/config, readOnly: true}
            - {name: tls, mountPath: /etc/kassaflow/tls, readOnly: true}
            {{- include "kassaflow.mounts" . | nindent 12 }}
      volumes:
        - name: configuration
          configMap: {name: {{ $name }}}
        - name: tls
          secret: {secretName: {{ include "kassaflow.tlsSecret" . | quote }}, defaultMode: 0440}
        {{- include "kassaflow.volumes" . | nindent 8 }}
---
{{ include "kassaflow.disruptionBudget" . }}
{{- with index . 2 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- include "kassaflow.labels" (list $root $service) | nindent 4 }}
spec:
  {{- if eq $service "fiscalizer" }}
  # Its name stands for every worker, also for one that is not ready: that is when operators have something to decide.
  clusterIP: None
  publishNotReadyAddresses: true
  {{- end }}
  selector:
    {{- include "kassaflow.selector" (list $root $service) | nindent 4 }}
  ports:
    {{- range $port, $number := . }}
    - {name: {{ $port }}, port: {{ $number }}, targetPort: {{ $port }}}
    {{- end }}
{{- end }}
{{- end -}}

{{/* (list $ "ingress") */}}
{{- define "kassaflow.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "kassaflow.fullname" (index . 0) }}-{{ index . 1 }}
  labels:
    {{- include "kassaflow.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ (index (index . 0).Values (index . 1)).maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "kassaflow.selector" . | nindent 6 }}
{{- end -}}

{{/* (list $ "ingress") */}}
{{- define "kassaflow.autoscaler" -}}
{{- $scaling := (index (index . 0).Values (index . 1)).autoscaling -}}
{{- if $scaling.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "kassaflow.fullname" (index . 0) }}-{{ index . 1 }}
  labels:
    {{- include "kassaflow.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "kassaflow.fullname" (index . 0) }}-{{ index . 1 }}}
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ $scaling.cpuPercent }}}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 600}
{{- end -}}
{{- end -}}
