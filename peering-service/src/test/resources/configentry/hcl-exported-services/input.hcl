# what eks may see
Kind = "exported-services"
Name = "default"

Services = [
  {
    Name = "shippingservice"
    Consumers = [
      { Peer = "eks" },
    ]
  },
  {
    Name = "*", Consumers = [{ Peer = "aks" }]
  }
]
