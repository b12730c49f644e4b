package dev.hansa.gateway.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

class SniGatewayTest extends SniGatewayContract {
    @Override
    InetSocketAddress listen(SniGateway gateway, InetAddress host) throws IOException {
        return (InetSocketAddress)
                transport
                        .listen(
                                new InetSocketAddress(host, 0),
                                true,
                                Admission.unlimited("gateway", _ -> {}),
                                gateway::accept)
                        .localAddress();
    }
}
