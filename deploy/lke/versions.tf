terraform {
  required_version = ">= 1.9"

  required_providers {
    linode = {
      source  = "linode/linode"
      version = ">= 3.0, < 4.0"
    }
    local = {
      source  = "hashicorp/local"
      version = ">= 2.5, < 3.0"
    }
  }
}

# The token comes from LINODE_TOKEN; this configuration takes no keys.
provider "linode" {}
