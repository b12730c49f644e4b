service web {
  policy = "write"
}
partition "default" "a" { x = 1 }
partition "default" b
{
  x = 2
}
agent { policy = "read" }
