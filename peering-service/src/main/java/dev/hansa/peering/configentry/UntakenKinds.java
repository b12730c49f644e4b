package dev.hansa.peering.configentry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Kinds of Consul's of which no entry is taken here, each with the reason. Who lists them is told
/// that there are none, as clients expect that walk over all kinds; who writes one is told why not.
public final class UntakenKinds {
    private static final String NO_INGRESS =
            "there are no ingress and API gateways, and what comes from outside the mesh comes by what stands before its services";

    private static final Map<String, String> REASONS = reasons();

    private UntakenKinds() {}

    private static Map<String, String> reasons() {
        var reasons = new LinkedHashMap<String, String>();
        for (var kind :
                List.of(
                        "ingress-gateway",
                        "api-gateway",
                        "bound-api-gateway",
                        "http-route",
                        "tcp-route",
                        "inline-certificate",
                        "file-system-certificate")) {
            reasons.put(kind, NO_INGRESS);
        }
        reasons.put(
                "terminating-gateway",
                "there are no terminating gateways, and a service outside the mesh is called as it is");
        reasons.put("jwt-provider", "sidecars read no requests, and so no JWT that comes with one");
        for (var kind : List.of("control-plane-request-limit", "rate-limit")) {
            reasons.put(
                    kind,
                    "what an address may ask of a server is said by the settings of each server");
        }
        return Map.copyOf(reasons);
    }

    /// Why none of this kind is taken; empty for kinds that are, or that Consul does not have.
    public static Optional<String> reason(String kind) {
        return Optional.ofNullable(REASONS.get(kind));
    }

    /// Their names.
    public static Set<String> names() {
        return REASONS.keySet();
    }
}
