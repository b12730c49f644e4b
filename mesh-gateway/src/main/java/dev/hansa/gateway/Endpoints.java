package dev.hansa.gateway;

import dev.hansa.exportedservices.Endpoint;
import java.net.InetSocketAddress;

/// Configured addresses as people write them.
final class Endpoints {
    private Endpoints() {}

    static String text(InetSocketAddress address) {
        return new Endpoint(address.getHostString(), address.getPort()).toString();
    }
}
