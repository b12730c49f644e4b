# A database of this machine, checked from here, in the mesh.
service {
  name = "db"
  id   = "db-1"
  port = 6379
  tags = ["primary"]
  check {
    tcp      = "127.0.0.1:6379"
    interval = "5s"
    timeout  = "1s"
  }
  connect {
    sidecar_service {
      port = 20000
    }
  }
}
