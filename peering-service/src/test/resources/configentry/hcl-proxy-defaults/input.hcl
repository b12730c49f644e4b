/* for all proxies */
Kind = "proxy-defaults"
Config {
  protocol = "tcp"
  local_x  = { a = [1] }
}
