{{/* The pod of the Job and of the CronJob. Its keys and names of the API server need no rights of ours: each service account may read them. */}}
{{- define "hansa.bootstrapPod" -}}
{{- $fn := include "hansa.fullname" .root -}}
{{- $ns := .root.Release.Namespace -}}
{{- $v := .root.Values -}}
{{- $domain := $v.global.clusterDomain -}}
{{- $names := list "localhost" -}}
{{- range list "server" "ui" -}}
{{- $names = concat $names (list (printf "%s-%s" $fn .) (printf "%s-%s.%s" $fn . $ns) (printf "%s-%s.%s.svc" $fn . $ns) (printf "%s-%s.%s.svc.%s" $fn . $ns $domain)) -}}
{{- end -}}
{{- $names = concat $names (list (printf "*.%s-servers.%s.svc" $fn $ns) (printf "*.%s-servers.%s.svc.%s" $fn $ns $domain)) $v.global.tls.serverAdditionalDNSSANs -}}
{{- if and $v.server.enabled $v.server.exposeService.enabled -}}
{{- range $number := until (int $v.server.replicas) -}}
{{- $names = append $names ($v.server.exposeService.host | replace "$(POD_NAME)" (printf "%s-server-%d" $fn $number)) -}}
{{- end -}}
{{- $names = uniq $names -}}
{{- end -}}
metadata:
  labels: {{- include "hansa.selector" . | nindent 4 }}
    app.kubernetes.io/part-of: hansa
    {{- with $v.global.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- include "hansa.podAnnotations" . | trim | nindent 2 }}
spec:
  serviceAccountName: {{ $fn }}-bootstrap
  restartPolicy: OnFailure
  enableServiceLinks: false
  {{- include "hansa.podSecurity" .root | nindent 2 }}
  {{- include "hansa.placing" . | nindent 2 }}
  containers:
  - name: bootstrap
    image: {{ include "hansa.image" .root }}
    imagePullPolicy: {{ $v.image.pullPolicy }}
    args:
    - kubernetes
    - bootstrap
    - --http-addr={{ include "hansa.api" .root }}
    - --namespace={{ $ns }}
    - --prefix={{ $fn }}
    - --auth-method={{ $v.global.acls.authMethod }}
    - --audience={{ $v.global.acls.audience }}
    {{- with $v.global.acls.jwksURL }}
    - --service-accounts-keys-url={{ . }}
    {{- end }}
    - {{ printf "--services-selector=%s" (include "hansa.servicesSelector" .root) | quote }}
    - --wait-limit={{ $v.bootstrap.waitLimit }}
    {{- if $v.externalServers.enabled }}
    - --cacert=/etc/hansa/ca/ca.crt
    - --token-file=/etc/hansa/acl/{{ $v.global.acls.bootstrapToken.secretKey }}
    {{- else }}
    - --certificate-dns-names={{ join "," $names }}
    - --certificate-addresses={{ join "," (concat (list "127.0.0.1" "::1") $v.global.tls.serverAdditionalIPSANs) }}
    - --certificate-life={{ $v.global.tls.certificateLife }}
    {{- end }}
    env:
    {{- include "hansa.env" (dict "root" .root "java" "-Xmx96m") | nindent 4 }}
    {{- include "hansa.containerSecurity" .root | nindent 4 }}
    resources: {{- toYaml $v.bootstrap.resources | nindent 6 }}
    terminationMessagePolicy: FallbackToLogsOnError
    volumeMounts:
    {{- if $v.externalServers.enabled }}
    - {name: ca, mountPath: /etc/hansa/ca, readOnly: true}
    - {name: acl, mountPath: /etc/hansa/acl, readOnly: true}
    {{- end }}
    - {name: tmp, mountPath: /tmp}
  volumes:
  {{- if $v.externalServers.enabled }}
  {{- include "hansa.caVolume" .root | nindent 2 }}
  - name: acl
    secret: {secretName: {{ $v.global.acls.bootstrapToken.secretName }}, defaultMode: 0440}
  {{- end }}
  - name: tmp
    emptyDir: {medium: Memory, sizeLimit: 16Mi}
{{- end -}}
