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
{{- $portieris := or .Values.image.host .Values.image.image -}}
{{ $repository }}:{{ ternary "" .Values.image.tag (not (empty $portieris)) | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What a file of values for Portieris' chart says that is not read here, a line each. */}}
{{- define "doorward.unread" -}}
{{- $v := .Values -}}
{{- if or $v.image.host $v.image.image }}
* image.host, image.image{{ if $v.image.tag }} and image.tag{{ end }} name the image of Portieris. {{ include "doorward.image" . }} runs. Take them out to
  choose another tag, or set image.digest.
{{- end }}
{{- if $v.service.targetPort }}
* service.targetPort: reviews are taken on port 8443 of the Pod.
{{- end }}
{{- if $v.service.metricsPort }}
* service.metricsPort: metrics are on port 8080 of the Pod, and on the Service doorward-metrics.
{{- end }}
{{- if ($v.UseGeneratedCerts | default dict).enabled }}
* UseGeneratedCerts: the certificate is {{ template "doorward.certificate" . }} A private key is no value: take it out. To bring
  your own, put it into a Secret, set certificates.source to provided and certificates.secretName to the Secret.
{{- end }}
{{- if $v.SkipSecretCreation }}
* SkipSecretCreation: this chart makes no Secret, and the certificate is {{ template "doorward.certificate" . }} To bring your own, set
  certificates.source to provided and certificates.secretName to a Secret that has tls.crt, tls.key and ca.crt.
{{- end }}
{{- if and ($v.certManagerIssuer | default dict).name (ne true ($v.certManagerIssuer | default dict).skipCreation) }}
* certManagerIssuer.name: without skipCreation the release makes an issuer of its own. For one that is there, set
  certificates.issuerRef.name.
{{- end }}
{{- if and ($v.clusterPolicy | default dict).allowedRepositories (ne (include "doorward.preset" .) "portieris") }}
* clusterPolicy.allowedRepositories: it is of the policy set IKS (policies.preset portieris). Nothing is admitted by it.
{{- end }}
{{- end -}}

{{/* Where the certificate comes from, in words. */}}
{{- define "doorward.certificate" -}}
{{- $source := include "doorward.certificates" . -}}
{{- if eq $source "certManager" -}}cert-manager's.
{{- else if eq $source "provided" -}}what the Secret {{ .Values.certificates.secretName }} has.
{{- else -}}the webhook's own, which it makes and renews.
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

{{/* The issuer of cert-manager that Portieris' values name: one that is there. Else its chart made one, as this does. */}}
{{- define "doorward.oldIssuer" -}}
{{- $old := .Values.certManagerIssuer | default dict -}}
{{- ternary $old dict (eq true $old.skipCreation) | toYaml -}}
{{- end -}}

{{/* The issuer of cert-manager that signs the serving certificate. */}}
{{- define "doorward.issuer" -}}
{{- $old := include "doorward.oldIssuer" . | fromYaml -}}
name: {{ $old.name | default .Values.certificates.issuerRef.name | default "doorward" }}
kind: {{ $old.kind | default .Values.certificates.issuerRef.kind }}
group: {{ .Values.certificates.issuerRef.group }}
{{- end -}}

{{/* Whether the release makes an authority of its own. */}}
{{- define "doorward.ownAuthority" -}}
{{- $old := include "doorward.oldIssuer" . | fromYaml -}}
{{- if and (eq (include "doorward.certificates" .) "certManager") (not $old.name) (not .Values.certificates.issuerRef.name) -}}yes{{- end -}}
{{- end -}}
