# A Kubernetes cluster at Linode (Akamai), closed but for who is named.

resource "linode_lke_cluster" "this" {
  label       = var.name
  region      = var.region
  k8s_version = var.kubernetes_version
  tags        = concat(["hansa"], var.tags)

  pool {
    type  = var.node_type
    count = var.node_count
  }

  control_plane {
    high_availability = var.high_availability

    acl {
      enabled = true

      addresses {
        ipv4 = var.endpoint_cidrs
      }
    }
  }
}

# In front of the mesh gateway's NodeBalancer. Kubernetes makes the NodeBalancer and puts it behind this firewall, by the
# annotation of the output gateway_values.
resource "linode_firewall" "gateway" {
  label = "${var.name}-gateway"
  tags  = concat(["hansa"], var.tags)

  inbound_policy  = "DROP"
  outbound_policy = "ACCEPT"

  dynamic "inbound" {
    for_each = length(var.peer_cidrs) > 0 ? [var.peer_cidrs] : []

    content {
      label    = "peers"
      action   = "ACCEPT"
      protocol = "TCP"
      ports    = "443"
      ipv4     = inbound.value
    }
  }
}

# The nodes have public addresses, and Kubernetes opens a port on each of them for each Service of type LoadBalancer or
# NodePort: closed but for NodeBalancers, and for what the control plane and the nodes themselves need (by Linode's
# documents for LKE: kubelet, Calico's BGP, WireGuard to the control plane, IPENCAP between nodes).
resource "linode_firewall" "nodes" {
  label   = "${var.name}-nodes"
  tags    = concat(["hansa"], var.tags)
  linodes = [for node in flatten([for pool in linode_lke_cluster.this.pool : pool.nodes]) : node.instance_id]

  inbound_policy  = "DROP"
  outbound_policy = "ACCEPT"

  inbound {
    label    = "nodebalancers"
    action   = "ACCEPT"
    protocol = "TCP"
    ports    = "30000-32767"
    ipv4     = ["192.168.255.0/24"]
  }

  inbound {
    label    = "kubelet-and-bgp"
    action   = "ACCEPT"
    protocol = "TCP"
    ports    = "179,10250"
    ipv4     = ["192.168.128.0/17"]
  }

  inbound {
    label    = "wireguard"
    action   = "ACCEPT"
    protocol = "UDP"
    ports    = "51820"
    ipv4     = ["192.168.128.0/17"]
  }

  inbound {
    label    = "pods"
    action   = "ACCEPT"
    protocol = "IPENCAP"
    ipv4     = ["192.168.128.0/17"]
  }
}

# The way in, for its owner alone.
resource "local_sensitive_file" "kubeconfig" {
  filename             = "${path.root}/${var.name}.kubeconfig"
  content_base64       = linode_lke_cluster.this.kubeconfig
  file_permission      = "0600"
  directory_permission = "0700"
}

# The nodes' own addresses, which the peers see: LKE has no NAT.
data "linode_instances" "nodes" {
  filter {
    name   = "id"
    values = [for node in flatten([for pool in linode_lke_cluster.this.pool : pool.nodes]) : node.instance_id]
  }
}
