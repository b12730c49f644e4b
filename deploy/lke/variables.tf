variable "name" {
  description = "The cluster's label, and the datacenter's name."
  type        = string
  default     = "lke"

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$", var.name))
    error_message = "name: expected lower-case letters, digits and dashes, a letter first, 32 at most (Linode's limit for a label)."
  }
}

variable "region" {
  description = "Linode region, such as de-fra-2. The location of the servers is the datacenter's."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z0-9]+)+$", var.region))
    error_message = "region: expected the id of a Linode region, such as de-fra-2 (linode-cli regions list)."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version)) && tonumber(split(".", var.kubernetes_version)[1]) >= 30
    error_message = "kubernetes_version: expected 1.30 or later, such as 1.35. LKE offers about three minors at a time (linode-cli lke versions-list)."
  }
}

variable "endpoint_cidrs" {
  description = "Who may reach the Kubernetes API: your office or VPN. IPv4 CIDRs; at least one, or nobody reaches it."
  type        = list(string)

  validation {
    condition     = length(var.endpoint_cidrs) > 0 && alltrue([for cidr in var.endpoint_cidrs : can(cidrhost(cidr, 0))])
    error_message = "endpoint_cidrs: expected at least one CIDR, such as 203.0.113.7/32."
  }

  validation {
    condition     = alltrue([for cidr in var.endpoint_cidrs : !can(regex("/0$", cidr))])
    error_message = "endpoint_cidrs: found a /0. The Kubernetes API is not for everybody; name the addresses that you come from."
  }
}

variable "peer_cidrs" {
  description = "Where the peers' gateways come from (for EKS: the output egress_cidrs). Only these reach the mesh gateway."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.peer_cidrs : can(cidrhost(cidr, 0))])
    error_message = "peer_cidrs: expected CIDRs, such as 198.51.100.20/32."
  }
}

variable "node_type" {
  description = "Linode type of the nodes."
  type        = string
  default     = "g6-standard-2"
}

variable "node_count" {
  description = "How many nodes: three hold three servers apart."
  type        = number
  default     = 3

  validation {
    condition     = var.node_count >= 2 && var.node_count <= 50 && floor(var.node_count) == var.node_count
    error_message = "node_count: expected a whole number from 2 to 50."
  }
}

variable "high_availability" {
  description = "A control plane that survives the death of one of its machines. It costs more, and cannot be switched off again."
  type        = bool
  default     = false
}

variable "keep_volumes" {
  description = "Whether the servers' volumes outlive their claims. They cost until somebody deletes them."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of the cluster."
  type        = list(string)
  default     = []
}
