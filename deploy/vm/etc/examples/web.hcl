# A service that calls others: one of this datacenter, and one of the peer 'lke'.
service {
  name = "web"
  port = 8080
  check {
    http     = "http://127.0.0.1:8080/healthz"
    interval = "5s"
    timeout  = "2s"
  }
  connect {
    sidecar_service {
      port = 20001
      proxy {
        upstreams = [
          { destination_name = "db",       local_bind_port = 6379 },
          { destination_name = "shipping", destination_peer = "lke", local_bind_port = 50051 }
        ]
      }
    }
  }
}
