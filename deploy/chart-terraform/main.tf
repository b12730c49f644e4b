# The chart, by Terraform: a configuration of its own, so that a cluster and what runs in it are never planned together (a
# provider cannot be set up from a cluster that is not there yet).

terraform {
  required_version = ">= 1.9"

  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.0, < 4.0"
    }
  }
}

provider "helm" {
  kubernetes = {
    config_path    = pathexpand(var.kubeconfig)
    config_context = var.context
  }
}

resource "helm_release" "hansa" {
  name             = "hansa"
  namespace        = var.namespace
  create_namespace = true
  chart            = var.chart
  version          = var.chart_version
  atomic           = true
  timeout          = 600

  values = concat(
    [yamlencode({ global = { datacenter = var.datacenter } })],
    [for file in var.value_files : file(file)],
  )
}
