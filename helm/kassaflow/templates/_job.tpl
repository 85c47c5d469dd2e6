{{/* (list $ "migrations" hooks weight): the head of a job of Helm's. It is there before anything else of a release, so it has no
service account, no certificate and no ConfigMap but its own. A failed one stays with its pods, to be looked at, until it runs again. */}}
{{- define "kassaflow.hook" -}}
helm.sh/hook: {{ index . 2 }}
helm.sh/hook-weight: {{ index . 3 | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* (list $ "migrations") */}}
{{- define "kassaflow.jobPod" -}}
{{- include "kassaflow.podSecurity" . }}
{{ include "kassaflow.scheduling" . | trim }}
restartPolicy: Never
{{- end -}}

{{- define "kassaflow.jobContainer" -}}
image: {{ include "kassaflow.image" (list . "setup") }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{ include "kassaflow.containerSecurity" . }}
{{- end -}}
