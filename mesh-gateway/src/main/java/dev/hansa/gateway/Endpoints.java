package dev.hansa.gateway;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.PassiveHealth;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/// Addresses as people write them, and what is known of them.
final class Endpoints {
    private Endpoints() {}

    static String text(InetSocketAddress address) {
        return new Endpoint(address.getHostString(), address.getPort()).toString();
    }

    /// For `/health`: `usualMs` where it has answered, `suspect` where it has failed since.
    static Map<String, Object> seen(PassiveHealth.View view) {
        var row = new LinkedHashMap<String, Object>();
        view.usual()
                .ifPresent(usual ->
                        row.put(
                                "usualMs",
                                (double) Math.round((double) usual.toNanos() / 10_000) / 100));
        view.suspicion()
                .ifPresent(suspicion ->
                        row.put(
                                "suspect",
                                suspicion.sign().word()
                                        + ", "
                                        + suspicion.failures()
                                        + " in turn, for "
                                        + suspicion.since().toMillis()
                                        + " ms; tried again in "
                                        + suspicion.nextProbe().toMillis()
                                        + " ms"));
        return row;
    }
}
