Kind = "mesh"
Peers = 1
