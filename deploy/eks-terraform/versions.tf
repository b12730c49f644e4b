# Plain resources, no registry modules: everything here can be read, validated and tested with the AWS provider alone.
terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.100 is what the tests have met; nothing that 6.x took away is used
      version = ">= 5.100, < 7.0"
    }
  }
}

# Credentials come by AWS's standard chain (SSO, environment, profile, role); this configuration takes no keys.
provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ "hansa.dev/datacenter" = var.name }, var.tags)
  }
}
