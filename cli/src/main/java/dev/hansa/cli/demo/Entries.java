package dev.hansa.cli.demo;

import java.util.List;
import java.util.Map;

/// The config entries of the story, in the shape of Consul's JSON.
final class Entries {
    /// Who calls whom in the shop; everything else is denied by default.
    static final List<Map<String, ?>> SHOP_INTENTIONS =
            List.of(
                    intentions("cartservice", List.of(allow("frontend"), allow("checkoutservice"))),
                    intentions(
                            Datacenter.SHIPPING,
                            List.of(allow("frontend"), allow("checkoutservice"))),
                    intentions("checkoutservice", List.of(allow("frontend"))),
                    intentions("paymentservice", List.of(allow("checkoutservice"))),
                    intentions("redis-cart", List.of(allow("cartservice"))));

    static final Map<String, ?> MESH =
            Map.of("Kind", "mesh", "Peering", Map.of("PeerThroughMeshGateways", true));

    private Entries() {}

    static Map<String, ?> exportShipping(String peer) {
        return Map.of(
                "Kind", "exported-services",
                "Name", "default",
                "Services",
                        List.of(
                                Map.of(
                                        "Name",
                                        Datacenter.SHIPPING,
                                        "Consumers",
                                        List.of(Map.of("Peer", peer)))));
    }

    static Map<String, ?> exportNothing() {
        return Map.of("Kind", "exported-services", "Name", "default", "Services", List.of());
    }

    /// The peer's callers beside the own ones.
    static Map<String, ?> shippingIntentionsWith(String peer) {
        return intentions(
                Datacenter.SHIPPING,
                List.of(
                        allow("frontend"),
                        allow("checkoutservice"),
                        allowFrom("frontend", peer),
                        allowFrom("checkoutservice", peer),
                        allowFrom("debug", peer)));
    }

    static Map<String, ?> shippingFailsOverTo(String peer) {
        return Map.of(
                "Kind",
                "service-resolver",
                "Name",
                Datacenter.SHIPPING,
                "ConnectTimeout",
                "1s",
                "Failover",
                Map.of("*", Map.of("Targets", List.of(Map.of("Peer", peer)))));
    }

    private static Map<String, ?> intentions(
            String destination, List<Map<String, String>> sources) {
        return Map.of("Kind", "service-intentions", "Name", destination, "Sources", sources);
    }

    private static Map<String, String> allow(String source) {
        return Map.of("Name", source, "Action", "allow");
    }

    private static Map<String, String> allowFrom(String source, String peer) {
        return Map.of("Name", source, "Peer", peer, "Action", "allow");
    }
}
