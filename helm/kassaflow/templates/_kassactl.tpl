{{/* What kassactl needs: where the services are, whom to believe, a token. */}}
{{- define "kassaflow.kassactlEnvironment" -}}
{{- $name := include "kassaflow.fullname" . -}}
- {name: KASSAFLOW_REGISTRY_GRPC, value: "{{ $name }}-registry:9000"}
- {name: KASSAFLOW_STATUS_GRPC, value: "{{ $name }}-status:9000"}
- {name: KASSAFLOW_FISCALIZER_GRPC, value: "{{ $name }}-fiscalizer:9000"}
- {name: KASSAFLOW_TLS_AUTHORITY_FILE, value: /etc/kassaflow/authority/ca.crt}
- {name: KASSAFLOW_TOKEN_FILE, value: /run/secrets/operator/token}
{{- end -}}

{{- define "kassaflow.kassactlMounts" -}}
- {name: authority, mountPath: /etc/kassaflow/authority, readOnly: true}
- {name: token, mountPath: /run/secrets/operator, readOnly: true}
{{- end -}}

{{- define "kassaflow.kassactlVolumes" -}}
- name: authority
  secret: {secretName: {{ include "kassaflow.tlsSecret" (list . "registry") | quote }}, defaultMode: 0440, items: [{key: ca.crt, path: ca.crt}]}
- name: token
  secret: {secretName: {{ include "kassaflow.operatorSecret" . | quote }}, defaultMode: 0440, optional: true}
{{- end -}}
