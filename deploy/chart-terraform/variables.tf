variable "kubeconfig" {
  description = "The kubeconfig that knows the cluster."
  type        = string
  default     = "~/.kube/config"
}

variable "context" {
  description = "The cluster's context in it."
  type        = string
}

variable "datacenter" {
  description = "The datacenter's name; each peer needs another."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.datacenter))
    error_message = "datacenter: expected lower-case letters, digits and dashes, a letter first, 63 at most."
  }
}

variable "namespace" {
  description = "Where Hansa runs; made if it is not there."
  type        = string
  default     = "hansa"
}

variable "chart" {
  description = "The chart: a folder, or oci://REGISTRY/charts/hansa as deploy/publish.sh left it."
  type        = string
  default     = "../helm/hansa"
}

variable "chart_version" {
  description = "The chart's version, for a chart of a registry."
  type        = string
  default     = null
}

variable "value_files" {
  description = "Files of values, later ones win: the cluster's gateway.yaml, and yours."
  type        = list(string)
  default     = []
}
