output "kubeconfig_command" {
  description = "Writes a context of this cluster into your kubeconfig; its name is the datacenter's."
  value       = "aws eks update-kubeconfig --region ${var.region} --name ${aws_eks_cluster.this.name} --alias ${var.name}"
}

output "storage_class_command" {
  description = "Makes gp3 the class of the servers' volumes."
  value       = "kubectl --context ${var.name} apply -f ${abspath(path.module)}/storage-class.yaml"
}

output "egress_cidrs" {
  description = "Where this datacenter's gateways come from, as its peers see it: their peer_cidrs."
  value       = [for zone in local.nat_zones : "${aws_eip.nat[zone].public_ip}/32"]
}

output "gateway_values" {
  description = "Values for the chart: a network load balancer for the mesh gateway that only the peers reach. terraform output -raw gateway_values > gateway.yaml"
  value = yamlencode({
    meshGateway = {
      service = {
        type = "LoadBalancer"
        annotations = {
          "service.beta.kubernetes.io/aws-load-balancer-type" = "nlb"
        }
        # nobody, where no peer is named yet: an empty list would mean everybody
        loadBalancerSourceRanges = length(var.peer_cidrs) > 0 ? var.peer_cidrs : ["${cidrhost(var.vpc_cidr, 0)}/32"]
      }
    }
  })
}
