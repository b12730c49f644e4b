# rules of a token, as Consul's documentation has them
acl      = "read"
operator = "write"
service "web" {
  policy     = "write"
  intentions = "read"
}
service_prefix "" {
  policy = "read"
}
service "web-sidecar-proxy" { policy = "write" }
node_prefix "" { policy = "read" }
key "it's \"mine\"" { policy = "deny" }
