rule = "user-${value.name}-$x-$${y}"
