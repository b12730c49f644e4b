// as in the documentation of Consul
Kind           = "service-resolver"
Name           = "shippingservice"
ConnectTimeout = "1s"
Failover = {
  "*" = {
    Targets = [
      {Peer = "lke"},
      {Service = "shipping-backup"},
    ]
  }
}
