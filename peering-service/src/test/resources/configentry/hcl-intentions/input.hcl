Kind = "service-intentions"
Name = "shippingservice"
Sources = [ { Name = "frontend" Action = "allow" } ]
Meta { team = "shop" }
