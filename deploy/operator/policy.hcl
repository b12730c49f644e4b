# What the operator's token may: all kinds of entries, and peerings.
mesh = "write"
peering = "write"
service_prefix "" {
  policy = "write"
  intentions = "write"
}
