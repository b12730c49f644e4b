package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceName;

/// What `service-defaults` say of connections: each caller of those that it opens, each service of
/// those that it takes.
public interface ConnectionPolicy {
    /// Nothing.
    ConnectionPolicy NONE =
            new ConnectionPolicy() {
                @Override
                public UpstreamSettings to(ServiceName caller, UpstreamName upstream) {
                    return UpstreamSettings.NONE;
                }

                @Override
                public int mostInto(ServiceName service) {
                    return 0;
                }
            };

    UpstreamSettings to(ServiceName caller, UpstreamName upstream);

    /// How many one sidecar of a service may carry at a time; 0: no limit.
    int mostInto(ServiceName service);
}
