{{/*
What the schema cannot say: values that contradict each other, and values of Portieris' chart that would have the wrong meaning
here. Each message names the value to use. NOTES.txt lists those that have none and do no harm.
*/}}
{{- define "doorward.checks" -}}
{{- $v := .Values -}}
{{- $certificates := include "doorward.certificates" . -}}
{{- $old := $v.image -}}
{{- if and (ne $v.arming.by "nobody") (or (eq .Release.Namespace "default") (hasPrefix "kube-" .Release.Namespace)) -}}
{{- fail (printf "nothing in the namespace of the release is judged, and everybody uses %s: install into a namespace of its own, with --namespace doorward --create-namespace" .Release.Namespace) -}}
{{- end -}}
{{- if eq $v.arming.by "chart" -}}
{{- range $argument := $v.extraArgs -}}
{{- if or (hasPrefix "--workload" $argument) (hasPrefix "--image-field" $argument) -}}
{{- fail (printf "extraArgs has %s, for which the configurations of the chart have no rule: use workloads, or arming.by webhook" $argument) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (or $old.host $old.image) (not $old.repository) -}}
{{- fail "image.host and image.image are values of Portieris' chart and name its image: set image.repository beside them" -}}
{{- end -}}
{{- if and ($v.certManagerIssuer | default dict).skipCreation (not ($v.certManagerIssuer | default dict).name) -}}
{{- fail "certManagerIssuer.skipCreation is a value of Portieris' chart: set certificates.issuerRef.name to the issuer" -}}
{{- end -}}
{{- range $name := list "AllowAdmissionSkip" "NamespaceSelectorAdmissionSkip" "ObjectSelectorAdmissionSkip" -}}
{{- if index $v $name -}}
{{- fail (printf "%s is a value of Portieris' chart: with it, anyone who may set a label decides what is judged, and no label takes an object out of the door. excludedNamespaces names what is not judged" $name) -}}
{{- end -}}
{{- end -}}
{{- if and $v.policies.allowedRepositories (ne (include "doorward.preset" .) "portieris") -}}
{{- fail "policies.allowedRepositories is of the preset portieris: set policies.preset to portieris" -}}
{{- end -}}
{{- if and (ne (include "doorward.failurePolicy" .) "Fail") (ne $v.arming.by "chart") -}}
{{- fail "webhooks.failurePolicy: the webhook arms itself with Fail alone. Another is the chart's to write: arming.by chart" -}}
{{- end -}}
{{- if and $v.excludedNamespaces (eq $v.arming.by "nobody") -}}
{{- fail "excludedNamespaces stands in the webhook configurations, which this release does not write: arming.by is nobody" -}}
{{- end -}}
{{- if eq $v.arming.by "chart" -}}
{{- if eq $certificates "selfManaged" -}}
{{- fail "arming.by chart needs a certificate whose authority is known before: certificates.source certManager or provided. A self-managed one is armed by the webhook: arming.by webhook" -}}
{{- end -}}
{{- if and (eq $certificates "provided") (not $v.arming.caBundle) -}}
{{- fail "arming.caBundle is required with arming.by chart and certificates.source provided: the authorities of the certificate, in PEM" -}}
{{- end -}}
{{- else if $v.arming.caBundle -}}
{{- fail "arming.caBundle is for arming.by chart alone: the webhook takes the authorities from ca.crt of the Secret" -}}
{{- end -}}
{{- if and $v.extraAuthorities.configMap $v.extraAuthorities.secret -}}
{{- fail "extraAuthorities has a ConfigMap and a Secret: name one" -}}
{{- end -}}
{{- if and $v.credentialProviders.configMap (not $v.credentialProviders.volume) -}}
{{- fail "credentialProviders.volume is required with credentialProviders.configMap: the volume that has the providers" -}}
{{- end -}}
{{- if and $v.credentialProviders.volume (not $v.credentialProviders.configMap) -}}
{{- fail "credentialProviders.configMap is required with credentialProviders.volume: which provider is for which images" -}}
{{- end -}}
{{- if hasKey $v.credentialProviders.volume "name" -}}
{{- fail "credentialProviders.volume has a name: the chart gives it one, and needs only where the volume comes from" -}}
{{- end -}}
{{- if hasKey $v.kmsPlugins.volume "name" -}}
{{- fail "kmsPlugins.volume has a name: the chart gives it one, and needs only where the volume comes from" -}}
{{- end -}}
{{- if and (or $v.kmsPlugins.folder $v.kmsPlugins.environment) (not $v.kmsPlugins.volume) -}}
{{- fail "kmsPlugins.volume is required with kmsPlugins.folder and kmsPlugins.environment: the volume that has the programs" -}}
{{- end -}}
{{- if and $v.podDisruptionBudget.enabled (kindIs "invalid" $v.podDisruptionBudget.minAvailable) (kindIs "invalid" $v.podDisruptionBudget.maxUnavailable) -}}
{{- fail "podDisruptionBudget: set minAvailable or maxUnavailable" -}}
{{- end -}}
{{- end -}}
