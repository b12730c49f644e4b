package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.UpstreamName;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// A sidecar that is connected and says no more than whose it is and where.
public final class ConnectedProxy implements ProxySession {
    private final ProxyIdentity identity;
    private final ProxyPlace place;

    private ConnectedProxy(ProxyIdentity identity, ProxyPlace place) {
        this.identity = identity;
        this.place = place;
    }

    /// Connects one until the publisher is closed.
    public static void sidecar(RoutePublisher publisher, String service, String node) {
        publisher.add(
                new ConnectedProxy(
                        new ProxyIdentity.Sidecar(
                                SpiffeId.service(
                                        new TrustDomain("eks.consul"),
                                        new Datacenter("eks"),
                                        service),
                                new ServiceName(service)),
                        new ProxyPlace(node, service + "-1")));
    }

    @Override
    public ProxyIdentity identity() {
        return identity;
    }

    @Override
    public String name() {
        return place.instance();
    }

    @Override
    public long had() {
        return 0;
    }

    @Override
    public String issuer() {
        return "";
    }

    @Override
    public Collection<UpstreamName> upstreams() {
        return List.of();
    }

    @Override
    public Optional<Sightings> sightings() {
        return Optional.empty();
    }

    @Override
    public Optional<CertificateLife> certificate() {
        return Optional.empty();
    }

    @Override
    public ProxyPlace place() {
        return place;
    }

    @Override
    public void send(RouteSnapshot snapshot) {}

    @Override
    public void servers(List<Endpoint> servers) {}

    @Override
    public void trace(long id, TraceOrder order) {}

    @Override
    public RouteSnapshot acknowledgedRoutes() {
        return RoutePublisher.NOTHING_YET;
    }
}
