package dev.hansa.failover;

import java.net.InetAddress;
import java.util.Optional;

/// What an entry that says which addresses of a Kubernetes cluster stand for services may hold. Who
/// writes one and who judges it have to agree: an entry is refused as a whole.
public final class ClusterIpBounds {
    /// As many as a sidecar can hold the ways to.
    public static final int MOST_SERVICES = VirtualServices.MOST;

    /// Kubernetes gives a Service one of each family.
    public static final int MOST_ADDRESSES = 4;

    /// Of one service, those that lead to its one port in the mesh; usually there is one.
    public static final int MOST_PORTS = 16;

    /// Addresses with ports, of all services. Each is some bytes in every snapshot of every sidecar
    /// of that cluster that wants them.
    public static final int MOST_PLACES = 4096;

    private ClusterIpBounds() {}

    /// Empty for what Kubernetes gives to no Service.
    public static Optional<InetAddress> address(String text) {
        try {
            return Optional.of(InetAddress.ofLiteral(text))
                    .filter(address -> !address.isAnyLocalAddress())
                    .filter(address -> !address.isLoopbackAddress())
                    .filter(address -> !address.isLinkLocalAddress())
                    .filter(address -> !address.isMulticastAddress())
                    .filter(address -> VirtualAddress.of(address).isEmpty());
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
