{{/* Labels of everything. */}}
{{- define "doorward.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "doorward.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* Labels that select the Pods. They can never change. */}}
{{- define "doorward.selector" -}}
app.kubernetes.io/name: doorward
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The image that runs. */}}
{{- define "doorward.image" -}}
{{- $repository := required "image.repository is required: the image that you built from the Dockerfile and pushed, without tag and digest" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Where the certificate comes from. */}}
{{- define "doorward.certificates" -}}
{{- if .Values.UseCertManager -}}certManager{{- else -}}{{ .Values.certificates.source }}{{- end -}}
{{- end -}}

{{/* Which policies the release brings. */}}
{{- define "doorward.preset" -}}
{{- if eq (.Values.PolicySet | default "") "IKS" -}}portieris
{{- else if eq (.Values.PolicySet | default "") "None" -}}none
{{- else -}}{{ .Values.policies.preset }}{{- end -}}
{{- end -}}

{{/* What the API server does where nobody answers. */}}
{{- define "doorward.failurePolicy" -}}
{{- $old := .Values.webHooks | default dict -}}
{{ $old.failurePolicy | default .Values.webhooks.failurePolicy }}
{{- end -}}

{{/* The issuer of cert-manager that signs the serving certificate. */}}
{{- define "doorward.issuer" -}}
{{- $old := .Values.certManagerIssuer | default dict -}}
name: {{ $old.name | default .Values.certificates.issuerRef.name | default "doorward" }}
kind: {{ $old.kind | default .Values.certificates.issuerRef.kind }}
group: {{ .Values.certificates.issuerRef.group }}
{{- end -}}

{{/* Whether the release makes an authority of its own. */}}
{{- define "doorward.ownAuthority" -}}
{{- $old := .Values.certManagerIssuer | default dict -}}
{{- if and (eq (include "doorward.certificates" .) "certManager") (not $old.name) (not .Values.certificates.issuerRef.name) -}}yes{{- end -}}
{{- end -}}
