package dev.hansa.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.StreamSupport;

/// Follows one connection from sidecar to sidecar by what each process counted on the wire: a
/// gateway that relays hands on what it gets, to the byte, in both directions.
final class Legs {
    private Legs() {}

    /// Looks for a connection to `service` that all four processes have counted alike.
    static Patience.Look<String> compare(
            String service, JsonNode caller, JsonNode near, JsonNode far, JsonNode destination) {
        for (var leg : caller) {
            if (!leg.path("listener").asText().equals("upstream")
                    || !leg.path("purpose").asText().startsWith(service + ".peer.")
                    || !leg.path("refusal").asText().isEmpty()) {
                continue;
            }
            var out = leg.path("upstreamOut").asLong();
            var in = leg.path("upstreamIn").asLong();
            if (out > 0
                    && in > 0
                    && relayed(near, service, out, in)
                    && relayed(far, service, out, in)
                    && arrived(destination, service, out, in)) {
                return new Patience.Look.Found<>(
                        "one call to peer, sidecar to gateway to gateway to sidecar: "
                                + out
                                + " bytes there and "
                                + in
                                + " bytes back on every leg");
            }
        }
        return new Patience.Look.NotYet<>("no connection that all four have counted alike");
    }

    private static boolean relayed(JsonNode gateway, String service, long out, long in) {
        return StreamSupport.stream(gateway.spliterator(), false)
                .anyMatch(leg ->
                        leg.path("listener").asText().equals("gateway")
                                && leg.path("sni").asText().startsWith(service + ".")
                                && leg.path("downstreamIn").asLong() == out
                                && leg.path("upstreamOut").asLong() == out
                                && leg.path("upstreamIn").asLong() == in
                                && leg.path("downstreamOut").asLong() == in);
    }

    private static boolean arrived(JsonNode sidecar, String service, long out, long in) {
        return StreamSupport.stream(sidecar.spliterator(), false)
                .anyMatch(leg ->
                        leg.path("listener").asText().equals("inbound")
                                && leg.path("service").asText().equals(service)
                                && leg.path("downstreamIn").asLong() == out
                                && leg.path("downstreamOut").asLong() == in);
    }
}
