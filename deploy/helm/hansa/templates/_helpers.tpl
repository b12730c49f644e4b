{{/* How the names of all objects begin. */}}
{{- define "hansa.fullname" -}}
{{- if .Values.global.name -}}
{{- .Values.global.name -}}
{{- else if contains "hansa" .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-hansa" (.Release.Name | trunc 34 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{/* Of every object. */}}
{{- define "hansa.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: hansa
{{ include "hansa.selector" . }}
{{- end -}}

{{/* What Services, Deployments and policies select by; never changes. */}}
{{- define "hansa.selector" -}}
app.kubernetes.io/name: hansa
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "hansa.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The HTTP API of the servers, as pods reach it. */}}
{{- define "hansa.api" -}}
{{- if .Values.externalServers.enabled -}}
{{- printf "https://%s:%v" (first .Values.externalServers.hosts) .Values.externalServers.httpsPort -}}
{{- else -}}
{{- printf "https://%s-server.%s.svc:8501" (include "hansa.fullname" .) .Release.Namespace -}}
{{- end -}}
{{- end -}}

{{/* What certifies it: a volume with the file ca.crt. */}}
{{- define "hansa.caVolume" -}}
- name: ca
{{- if .Values.externalServers.enabled }}
  secret:
    secretName: {{ .Values.externalServers.caSecret.secretName }}
    items:
    - key: {{ .Values.externalServers.caSecret.secretKey }}
      path: ca.crt
{{- else }}
  configMap:
    name: {{ include "hansa.fullname" . }}-ca-cert
    items:
    - key: ca.crt
      path: ca.crt
{{- end }}
{{- end -}}

{{/* The token with which a pod logs in, and nothing else. */}}
{{- define "hansa.loginVolume" -}}
- name: login
  projected:
    defaultMode: 0440
    sources:
    - serviceAccountToken:
        audience: {{ .Values.global.acls.audience | quote }}
        expirationSeconds: 600
        path: token
{{- end -}}

{{/* The token for the API server of Kubernetes, for the one container that asks it. */}}
{{- define "hansa.kubernetesVolume" -}}
- name: kubernetes
  projected:
    defaultMode: 0440
    sources:
    - serviceAccountToken:
        expirationSeconds: 3607
        path: token
    - configMap:
        name: kube-root-ca.crt
        items:
        - key: ca.crt
          path: ca.crt
    - downwardAPI:
        items:
        - path: namespace
          fieldRef:
            fieldPath: metadata.namespace
{{- end -}}

{{- define "hansa.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  # a volume is gone through once: the server's files are its owner's alone, and stay so
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "hansa.containerSecurity" -}}
securityContext:
  runAsNonRoot: true
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
    - ALL
{{- end -}}

{{/* Of each pod: image pull, placing. .part is the values of the part. */}}
{{- define "hansa.placing" -}}
{{- with .root.Values.global.imagePullSecrets }}
imagePullSecrets:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- with .part.nodeSelector }}
nodeSelector:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with .part.tolerations }}
tolerations:
{{- toYaml . | nindent 0 }}
{{- end }}
{{- with .part.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* Pods of one part on different nodes and in different zones, as far as there are. */}}
{{- define "hansa.spread" -}}
topologySpreadConstraints:
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
{{- include "hansa.selector" . | nindent 6 }}
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
{{- include "hansa.selector" . | nindent 6 }}
{{- end -}}

{{/* Annotations of a pod: the user's, and where its metrics are. */}}
{{- define "hansa.podAnnotations" -}}
{{- $all := dict -}}
{{- if and .port .root.Values.global.metrics.enabled -}}
{{- $all = dict "prometheus.io/scrape" "true" "prometheus.io/port" (toString .port) "prometheus.io/path" "/metrics" -}}
{{- end -}}
{{- $all = mergeOverwrite $all (deepCopy .part.annotations) -}}
{{- with $all }}
annotations:
{{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{- define "hansa.podLabels" -}}
{{ include "hansa.labels" . }}
{{- with .root.Values.global.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Environment of each process. */}}
{{- define "hansa.env" -}}
- name: HANSA_LOG_LEVEL
  value: {{ .root.Values.global.logLevel | upper | quote }}
{{- with .java }}
- name: JAVA_TOOL_OPTIONS
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Where pods log in that are not injected: servers' and gateways' init containers. */}}
{{- define "hansa.loginArgs" -}}
- --http-addr={{ include "hansa.api" . }}
- --cacert=/etc/hansa/ca/ca.crt
- --auth-method={{ .Values.global.acls.authMethod }}
- --bearer-token-file=/var/run/secrets/hansa/token
- --out=/hansa/connect
- --namespace=$(POD_NAMESPACE)
{{- end -}}

{{/* Whether the servers answer DNS. Consul's chart has a "-" for its own default. */}}
{{- define "hansa.hasDns" -}}
{{- if and .Values.server.enabled (eq (toString .Values.dns.enabled) "true") -}}yes{{- end -}}
{{- end -}}

{{/* Whether there are servers to be used at all. */}}
{{- define "hansa.hasServers" -}}
{{- if or .Values.server.enabled .Values.externalServers.enabled -}}yes{{- end -}}
{{- end -}}

{{- define "hansa.hasBootstrap" -}}
{{- if and .Values.global.acls.manageSystemACLs (include "hansa.hasServers" .) -}}yes{{- end -}}
{{- end -}}

{{/* Which pods are the service of their account: of namespaces of the mesh alone, whoever makes a pod elsewhere. */}}
{{- define "hansa.servicesSelector" -}}
{{- $inject := .Values.connectInject -}}
{{- $only := list -}}
{{- if not (has "*" $inject.k8sAllowNamespaces) -}}
{{- $allowed := list -}}
{{- range $inject.k8sAllowNamespaces -}}
{{- $allowed = append $allowed (printf "value.namespace == %q" .) -}}
{{- end -}}
{{- $only = append $only (printf "(%s)" (join " or " $allowed)) -}}
{{- end -}}
{{- range $inject.k8sDenyNamespaces -}}
{{- $only = append $only (printf "value.namespace != %q" .) -}}
{{- end -}}
{{- if $only -}}
{{- printf "(%s) and %s" $inject.aclBindingRuleSelector (join " and " $only) -}}
{{- else -}}
{{- $inject.aclBindingRuleSelector -}}
{{- end -}}
{{- end -}}

{{/* A sentence for each value of Consul's chart that has no meaning here. */}}
{{- define "hansa.obsolete" -}}
{{- $values := .Values -}}
{{- range $path, $why := .Files.Get "files/obsolete.yaml" | fromYaml -}}
{{- $at := dict "now" $values "there" true -}}
{{- range splitList "." $path -}}
{{- if and $at.there (kindIs "map" $at.now) (hasKey $at.now .) -}}
{{- $_ := set $at "now" (index $at.now .) -}}
{{- else -}}
{{- $_ := set $at "there" false -}}
{{- end -}}
{{- end -}}
{{- if and $at.there (not (kindIs "invalid" $at.now)) }}
  {{ $path }}: {{ $why }}
{{- end -}}
{{- end -}}
{{- end -}}
