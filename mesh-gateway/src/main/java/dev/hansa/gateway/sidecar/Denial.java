package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.InboundPolicy;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.SpiffeId;
import java.util.Optional;

/// Why a caller whose identity is known may not come in.
///
/// @param intention the rule's label; [#DEFAULT] when none decided
record Denial(String intention, String why) {
    private static final String DEFAULT = "default";

    private static Optional<Denial> of(String why) {
        return Optional.of(new Denial(DEFAULT, why));
    }

    /// Empty when it may call `service`.
    static Optional<Denial> of(TlsEnds present, ServiceName service, SpiffeId caller) {
        var named = caller.asService();
        if (named.isEmpty()) {
            return of("expected the certificate of a service; found '" + caller + "'");
        }
        var policy = present.snapshot().inbound();
        if (policy.isEmpty()) {
            return of("service '" + service + "' has no policy yet");
        }
        var peer =
                Optional.ofNullable(
                        policy.map(InboundPolicy::peers).get().get(caller.trustDomain()));
        var decision = policy.get().intentions().decide(peer, named.get().name(), service.value());
        return decision.allowed()
                ? Optional.empty()
                : Optional.of(
                        new Denial(
                                decision.by().map(Intention::label).orElse(DEFAULT),
                                "'"
                                        + named.get().name()
                                        + "'"
                                        + peer.map(p -> " of peer '" + p + "'").orElse("")
                                        + " may not call '"
                                        + service
                                        + "': "
                                        + decision.by()
                                                .map(rule ->
                                                        "intention " + rule.label() + " denies")
                                                .orElse(
                                                        "no intention allows it and the default is to deny")));
    }
}
