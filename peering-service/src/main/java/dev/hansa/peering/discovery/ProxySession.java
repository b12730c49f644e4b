package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.UpstreamName;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// A connected proxy, as what makes the routes knows it.
interface ProxySession {
    ProxyIdentity identity();

    /// Its identity's path and its own id.
    String name();

    /// Names the certificate that signed the one it uses; empty: not said.
    String issuer();

    Collection<UpstreamName> upstreams();

    /// The version of the routes that it had when it came; 0: none.
    default long had() {
        return 0;
    }

    /// Whether it takes redirected connections.
    default boolean isTransparent() {
        return false;
    }

    /// What the proxy has seen of its connections lately; empty: it has not said anything.
    Optional<Sightings> sightings();

    /// Of the certificate that it uses; empty: not said.
    Optional<CertificateLife> certificate();

    /// Which instance it stands for.
    ProxyPlace place();

    /// The node by which it is known which cluster of Kubernetes it is of.
    default String machine() {
        return place().node();
    }

    /// Hands over a snapshot; never blocks. Only the newest matters.
    void send(RouteSnapshot snapshot);

    /// Says where this datacenter's servers are; never blocks.
    void servers(List<Endpoint> servers);

    /// Asks the proxy to try its ways; never blocks. It answers to [Traces#answered].
    void trace(long id, TraceOrder order);

    /// The newest snapshot that the proxy says it routes by.
    RouteSnapshot acknowledgedRoutes();
}
