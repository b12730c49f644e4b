Kind = "mesh"
Meta { a = "b" }
Meta { c = "d" }
