# What the operator's token may: all kinds of entries, and peerings.
mesh = "write"
peering = "write"
service_prefix "" {
  policy = "write"
  intentions = "write"
}
# For kubernetes.catalog: the nodes that stand for the cluster's machines. Without it that may go.
node_prefix "k8s-" {
  policy = "write"
}
