package dev.hansa.gateway.wire;

import dev.hansa.exportedservices.Endpoint;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/// Turns an endpoint into a socket address without ever blocking a loop on DNS: numbers at once,
/// host names through the JVM's resolver on a thread of its own. Of those that a snapshot names,
/// only one that has not been looked up yet comes here.
final class HostNames {
    private HostNames() {}

    /// What came of the resolution; called on any thread.
    interface Resolved {
        void to(InetSocketAddress address);
    }

    static void resolve(Endpoint endpoint, Resolved done) {
        if (!endpoint.isNamed()) {
            done.to(new InetSocketAddress(endpoint.host(), endpoint.port()));
            return;
        }
        Thread.ofVirtual()
                .name("resolve-" + endpoint.host())
                .start(() -> {
                    try {
                        done.to(
                                new InetSocketAddress(
                                        InetAddress.getByName(endpoint.host()), endpoint.port()));
                    } catch (UnknownHostException e) {
                        // unresolved: the connect that follows fails and names the host
                        done.to(
                                InetSocketAddress.createUnresolved(
                                        endpoint.host(), endpoint.port()));
                    }
                });
    }
}
