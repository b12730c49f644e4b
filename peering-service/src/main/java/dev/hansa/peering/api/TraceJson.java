package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.failover.TracedWay;
import dev.hansa.peering.discovery.RoutePublisher.Trace;
import dev.hansa.peering.discovery.Traces;
import dev.hansa.peering.failover.CallTrace;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;

/// A trace, as JSON.
final class TraceJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private TraceJson() {}

    static JsonNode of(CallTrace trace) {
        var json =
                JSON.createObjectNode()
                        .put("Service", trace.upstream().service().value())
                        .put("Peer", trace.upstream().peer().map(PeerName::value).orElse(""))
                        .put("Caller", trace.caller().value());
        told(json.put("Sidecar", trace.sidecar().proxy()), trace.sidecar());
        var gateways = json.putArray("Gateways");
        for (var leg : trace.gateways()) {
            told(
                    gateways.addObject()
                            .put("Gateway", leg.trace().proxy())
                            .put("Target", leg.target())
                            .put("SNI", leg.sni()),
                    leg.trace());
        }
        return json;
    }

    private static void told(ObjectNode json, Trace trace) {
        var ways = json.putArray("Ways");
        switch (trace.answer()) {
            case Traces.Answer.Tried(var tried) -> {
                tried.forEach(way -> way(ways.addObject(), way));
                json.put("Problem", "");
            }
            case Traces.Answer.Untold(var sentence) -> json.put("Problem", sentence);
        }
    }

    private static void way(ObjectNode json, TracedWay way) {
        json.put("Target", way.target())
                .put("Address", way.address().toString())
                .put("Reached", way.reached());
        way.connected()
                .ifPresentOrElse(
                        after -> json.put("ConnectedMillis", millis(after)),
                        () -> json.putNull("ConnectedMillis"));
        json.put("TookMillis", millis(way.took()))
                .put("Protocol", way.protocol())
                .put("SpiffeID", way.identity())
                .put("Failure", way.failure().orElse(""));
    }

    private static double millis(Duration duration) {
        return Math.round(duration.toNanos() / 10_000.0) / 100.0;
    }
}
