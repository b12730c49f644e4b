package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;

/// One place that can serve an upstream, with all that a sidecar needs to open mTLS to it.
public sealed interface Target {
    /// The place of targets in this datacenter. No peer is called so in a weighted spread.
    String LOCAL = "local";

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

    /// The same place, reached by others.
    Target withEndpoints(List<TargetEndpoint> others);

    /// Stable within a datacenter: `shippingservice`, `v2.shippingservice` for a subset, or
    /// `shippingservice.peer.lke`.
    String label();

    /// Where it is: `local`, or the peer's name.
    String place();

    /// The instances of this datacenter.
    ///
    /// @param subset of which instances; empty: of all
    record LocalTarget(
            ServiceName service,
            String subset,
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

        /// Of all instances.
        public LocalTarget(
                ServiceName service,
                String sni,
                List<String> spiffeIds,
                TrustDomain trustDomain,
                List<TargetEndpoint> endpoints,
                HealthView health) {
            this(service, "", sni, spiffeIds, trustDomain, endpoints, health);
        }

        @Override
        public LocalTarget withHealth(HealthView verdict) {
            return new LocalTarget(
                    service, subset, sni, spiffeIds, trustDomain, endpoints, verdict);
        }

        @Override
        public LocalTarget withEndpoints(List<TargetEndpoint> others) {
            return new LocalTarget(service, subset, sni, spiffeIds, trustDomain, others, health);
        }

        @Override
        public String label() {
            return subset.isEmpty() ? service.value() : subset + "." + service;
        }

        @Override
        public String place() {
            return LOCAL;
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
        public PeerTarget withEndpoints(List<TargetEndpoint> others) {
            return new PeerTarget(peer, service, sni, spiffeIds, trustDomain, others, health);
        }

        @Override
        public String label() {
            return service + ".peer." + peer;
        }

        @Override
        public String place() {
            return peer.value();
        }
    }
}
