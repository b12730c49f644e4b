package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.util.Optional;

/// Who a proxy is, by its certificate: the sidecar of one service of this datacenter, or one of its
/// mesh gateways.
public sealed interface ProxyIdentity {
    SpiffeId id();

    record Sidecar(SpiffeId id, ServiceName service) implements ProxyIdentity {}

    record Gateway(SpiffeId id) implements ProxyIdentity {}

    /// Empty for an identity that is no proxy of this datacenter.
    static Optional<ProxyIdentity> of(SpiffeId id, TrustDomain trustDomain, Datacenter datacenter) {
        if (!id.trustDomain().equals(trustDomain)) {
            return Optional.empty();
        }
        if (id.equals(SpiffeId.meshGateway(trustDomain, datacenter))) {
            return Optional.of(new Gateway(id));
        }
        return id.asService()
                .filter(service ->
                        id.equals(SpiffeId.service(trustDomain, datacenter, service.name())))
                .flatMap(service -> {
                    try {
                        return Optional.of(new Sidecar(id, new ServiceName(service.name())));
                    } catch (IllegalArgumentException e) {
                        return Optional.empty();
                    }
                });
    }
}
