output "kubeconfig_command" {
  description = "Uses this cluster in your shell."
  value       = "export KUBECONFIG=${abspath(local_sensitive_file.kubeconfig.filename)}"
}

output "egress_cidrs" {
  description = "Where this datacenter's gateways come from, as its peers see it: every node's own address. They change when a node is replaced."
  value       = [for ip in data.linode_instances.nodes.instances[*].ip_address : "${ip}/32"]
}

output "gateway_values" {
  description = "Values for the chart: a NodeBalancer behind the firewall. terraform output -raw gateway_values > gateway.yaml"
  value = yamlencode({
    meshGateway = {
      service = {
        type = "LoadBalancer"
        annotations = {
          "service.beta.kubernetes.io/linode-loadbalancer-firewall-id" = tostring(linode_firewall.gateway.id)
        }
      }
    }
    # deleted with its claim; linode-block-storage-retain keeps a volume, and its bill, for whoever wants the state back
    server = { storageClass = var.keep_volumes ? "linode-block-storage-retain" : "linode-block-storage" }
  })
}
