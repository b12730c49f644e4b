# Against a provider that makes nothing: what would be made, and what is refused.

mock_provider "aws" {
  override_data {
    target = data.aws_availability_zones.here
    values = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000" }
  }

  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }

  mock_resource "aws_eip" {
    defaults = { public_ip = "198.51.100.20" }
  }
}

variables {
  region         = "eu-central-1"
  endpoint_cidrs = ["203.0.113.7/32"]
}

run "the_defaults_make_three_zones_and_one_way_out" {
  assert {
    condition     = length(aws_subnet.private) == 3 && length(aws_subnet.public) == 3
    error_message = "expected three private and three public subnets"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 3
    error_message = "expected one NAT gateway that all three zones use"
  }

  assert {
    condition = length(distinct(concat(
      [for s in aws_subnet.private : s.cidr_block], [for s in aws_subnet.public : s.cidr_block]
    ))) == 6
    error_message = "expected six subnets that do not overlap"
  }

  assert {
    condition     = aws_eks_node_group.this.scaling_config[0].desired_size == 3
    error_message = "expected three nodes, which hold three servers apart"
  }

  assert {
    condition     = aws_launch_template.node.metadata_options[0].http_tokens == "required" && aws_launch_template.node.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "expected that a pod cannot take the node's role"
  }

  assert {
    condition     = one(aws_eks_addon.ebs.pod_identity_association).service_account == "ebs-csi-controller-sa"
    error_message = "expected the EBS CSI driver's rights by pod identity"
  }

  assert {
    condition     = !contains([for a in aws_iam_role_policy_attachment.node : a.policy_arn], "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy")
    error_message = "expected no rights over volumes on the nodes' role"
  }
}

run "nothing_is_open_to_everybody" {
  assert {
    condition = alltrue([
      for rule in concat(
        [aws_vpc_security_group_ingress_rule.api_from_nodes, aws_vpc_security_group_ingress_rule.node_to_node],
        values(aws_vpc_security_group_ingress_rule.nodes_from_cluster),
        values(aws_vpc_security_group_ingress_rule.node_dns),
      ) : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.referenced_security_group_id != null
    ])
    error_message = "expected rules between the cluster's own groups alone"
  }

  assert {
    condition     = contains(keys(aws_vpc_security_group_ingress_rule.nodes_from_cluster), "9443")
    error_message = "expected the injector's webhook port to be reachable for the control plane"
  }

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["203.0.113.7/32"])
    error_message = "expected the Kubernetes API to be open to the named addresses alone"
  }

  assert {
    condition     = yamldecode(output.gateway_values).meshGateway.service.loadBalancerSourceRanges == ["10.0.0.0/32"]
    error_message = "expected a gateway that nobody reaches while no peer is named"
  }
}

run "a_cluster_without_a_public_endpoint" {
  variables {
    endpoint_cidrs = []
    nat_gateways   = "each"
    peer_cidrs     = ["192.0.2.1/32", "192.0.2.2/32"]
  }

  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.vpc_config[0].endpoint_private_access
    error_message = "expected an API that is reached from within the VPC alone"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(output.egress_cidrs) == 3
    error_message = "expected a NAT gateway for each zone"
  }

  assert {
    condition     = length(yamldecode(output.gateway_values).meshGateway.service.loadBalancerSourceRanges) == 2
    error_message = "expected the peers' addresses at the gateway"
  }
}

run "an_api_for_everybody_is_refused" {
  command = plan

  variables {
    endpoint_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.endpoint_cidrs]
}

run "bad_values_are_refused_by_name" {
  command = plan

  variables {
    name               = "Eks_1"
    region             = "Frankfurt"
    kubernetes_version = "1.29"
    vpc_cidr           = "10.0.0.0/24"
    nat_gateways       = "two"
    node_type          = "t2.small"
    node_count         = 1
    peer_cidrs         = ["everybody"]
  }

  expect_failures = [
    var.name, var.region, var.kubernetes_version, var.vpc_cidr, var.nat_gateways, var.node_type, var.node_count, var.peer_cidrs,
  ]
}
