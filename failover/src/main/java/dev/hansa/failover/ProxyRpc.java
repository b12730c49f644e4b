package dev.hansa.failover;

/// The names of the RPCs between a peering service and its proxies, and the limits that both ends
/// keep.
public final class ProxyRpc {
    public static final String SERVICE = "hansa.proxy.v1.ProxyControl";
    public static final String JOIN = "Join";
    public static final String RENEW = "Renew";
    public static final String ROUTES = "Routes";

    /// A snapshot of 10,000 routes is about 4 MiB; four times that is room to grow, and a bound on
    /// what one message can make the other end hold.
    public static final int MAX_MESSAGE_BYTES = 16 << 20;

    private ProxyRpc() {}
}
