package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;

/// One place that can serve an upstream, with all that a sidecar needs to open mTLS to it.
public sealed interface Target {
    ServiceName service();

    /// The name in the ClientHello; empty while it is not known, and then the target is not
    /// healthy.
    String sni();

    /// The server must show exactly one of these identities.
    List<String> spiffeIds();

    /// Whose bundle the server's certificate is checked against.
    TrustDomain trustDomain();

    List<TargetEndpoint> endpoints();

    HealthView health();

    /// The same place with another verdict.
    Target withHealth(HealthView verdict);

    /// Stable within a datacenter: `shippingservice` or `shippingservice.peer.lke`.
    String label();

    /// The instances of this datacenter.
    record LocalTarget(
            ServiceName service,
            String sni,
            List<String> spiffeIds,
            TrustDomain trustDomain,
            List<TargetEndpoint> endpoints,
            HealthView health)
            implements Target {
        public LocalTarget {
            spiffeIds = List.copyOf(spiffeIds);
            endpoints = List.copyOf(endpoints);
        }

        @Override
        public LocalTarget withHealth(HealthView verdict) {
            return new LocalTarget(service, sni, spiffeIds, trustDomain, endpoints, verdict);
        }

        @Override
        public String label() {
            return service.value();
        }
    }

    /// A service that a peer exports to us, reached through gateways.
    record PeerTarget(
            PeerName peer,
            ServiceName service,
            String sni,
            List<String> spiffeIds,
            TrustDomain trustDomain,
            List<TargetEndpoint> endpoints,
            HealthView health)
            implements Target {
        public PeerTarget {
            spiffeIds = List.copyOf(spiffeIds);
            endpoints = List.copyOf(endpoints);
        }

        @Override
        public PeerTarget withHealth(HealthView verdict) {
            return new PeerTarget(peer, service, sni, spiffeIds, trustDomain, endpoints, verdict);
        }

        @Override
        public String label() {
            return service + ".peer." + peer;
        }
    }
}
