# Which ports are open: from the control plane to the nodes, from node to node, and nothing from outside. What reaches the
# mesh gateway's load balancer is opened by Kubernetes itself, for the source ranges of its Service (output gateway_values).

resource "aws_security_group" "cluster" {
  name_prefix = "${var.name}-cluster-"
  description = "The Kubernetes API of ${var.name}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-cluster" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "node" {
  name_prefix = "${var.name}-node-"
  description = "The nodes of ${var.name}"
  vpc_id      = aws_vpc.this.id

  tags = {
    Name = "${var.name}-node"
    # by this tag Kubernetes finds the group that it opens for a load balancer
    "kubernetes.io/cluster/${var.name}" = "owned"
  }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # the control plane's calls: port and reason
  from_cluster = {
    443   = "webhooks and extension API servers"
    4443  = "metrics server"
    9443  = "webhooks, Hansa's injector among them"
    10250 = "kubelet"
  }
}

resource "aws_vpc_security_group_ingress_rule" "api_from_nodes" {
  security_group_id            = aws_security_group.cluster.id
  referenced_security_group_id = aws_security_group.node.id
  description                  = "nodes call the Kubernetes API"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "cluster_to_nodes" {
  for_each = local.from_cluster

  security_group_id            = aws_security_group.cluster.id
  referenced_security_group_id = aws_security_group.node.id
  description                  = each.value
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.key)
  to_port                      = tonumber(each.key)
}

resource "aws_vpc_security_group_ingress_rule" "nodes_from_cluster" {
  for_each = local.from_cluster

  security_group_id            = aws_security_group.node.id
  referenced_security_group_id = aws_security_group.cluster.id
  description                  = each.value
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.key)
  to_port                      = tonumber(each.key)
}

resource "aws_vpc_security_group_ingress_rule" "node_to_node" {
  security_group_id            = aws_security_group.node.id
  referenced_security_group_id = aws_security_group.node.id
  description                  = "pods on other nodes: servers, sidecars, gateways, applications"
  ip_protocol                  = "tcp"
  from_port                    = 1025
  to_port                      = 65535
}

resource "aws_vpc_security_group_ingress_rule" "node_dns" {
  for_each = toset(["tcp", "udp"])

  security_group_id            = aws_security_group.node.id
  referenced_security_group_id = aws_security_group.node.id
  description                  = "DNS on other nodes"
  ip_protocol                  = each.value
  from_port                    = 53
  to_port                      = 53
}

resource "aws_vpc_security_group_egress_rule" "node_out" {
  security_group_id = aws_security_group.node.id
  description       = "images, AWS's APIs, and the peers' gateways"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}
