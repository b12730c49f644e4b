variable "name" {
  description = "The cluster's name, and the prefix of all that belongs to it. Use the datacenter's name: both then say the same."
  type        = string
  default     = "eks"

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.name))
    error_message = "name: expected lower-case letters, digits and dashes, a letter first, 63 at most (it becomes a datacenter's name)."
  }
}

variable "region" {
  description = "AWS region, such as eu-central-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2,3}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: expected the name of an AWS region, such as eu-central-1."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes version of control plane and nodes."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version)) && tonumber(split(".", var.kubernetes_version)[1]) >= 30
    error_message = "kubernetes_version: expected 1.30 or later, such as 1.35 (sidecars are init containers that go on, which 1.29 was the first to have on by default)."
  }
}

variable "endpoint_cidrs" {
  description = "Who may reach the Kubernetes API from outside: your office or VPN. Empty: nobody, the API is reached from within the VPC alone."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.endpoint_cidrs : can(cidrhost(cidr, 0))])
    error_message = "endpoint_cidrs: expected CIDRs, such as 203.0.113.7/32."
  }

  validation {
    condition     = alltrue([for cidr in var.endpoint_cidrs : !can(regex("/0$", cidr))])
    error_message = "endpoint_cidrs: found a /0. The Kubernetes API is not for everybody; name the addresses that you come from."
  }
}

variable "peer_cidrs" {
  description = "Where the peers' gateways come from (the output egress_cidrs of their datacenters). Only these reach the mesh gateway."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.peer_cidrs : can(cidrhost(cidr, 0))])
    error_message = "peer_cidrs: expected CIDRs, such as 198.51.100.20/32."
  }
}

variable "vpc_cidr" {
  description = "The VPC's addresses. Datacenters never share a network, so the same range may be used in each."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && can(regex("/(16|17|18)$", var.vpc_cidr))
    error_message = "vpc_cidr: expected an IPv4 CIDR of /16 to /18, such as 10.0.0.0/16 (three private and three public subnets are cut out of it)."
  }
}

variable "nat_gateways" {
  description = "one: one NAT gateway for all zones, cheap, and one zone's death cuts the way out. each: one for each zone."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["one", "each"], var.nat_gateways)
    error_message = "nat_gateways: expected one or each."
  }
}

variable "node_type" {
  description = "Type of the nodes. The demo shop with sidecars, three servers and two gateways needs about 4 vCPU and 6 GiB in all; a t2.small takes 11 pods only."
  type        = string
  default     = "t3.large"

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", var.node_type)) && !can(regex("\\.(nano|micro|small)$", var.node_type))
    error_message = "node_type: expected an EC2 type that carries servers, sidecars and the shop, such as t3.large; nano, micro and small do not."
  }
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

variable "admin_principal_arns" {
  description = "IAM roles or users who administer the cluster, beside who creates it."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.admin_principal_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/", arn))])
    error_message = "admin_principal_arns: expected ARNs of IAM roles or users, such as arn:aws:iam::123456789012:role/operators."
  }
}

variable "tags" {
  description = "Tags for everything that is made."
  type        = map(string)
  default     = {}
}
