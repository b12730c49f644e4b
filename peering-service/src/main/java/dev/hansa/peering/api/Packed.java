package dev.hansa.peering.api;

import dev.hansa.peering.ui.Gzip;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/// Which answers travel as gzip, and their way there.
///
/// Whoever can put words into an answer and watch how long it is on the wire learns what else is in
/// it, byte for byte (BREACH). So only lists without a secret are packed, named one by one: none of
/// tokens, logins and access control, and no config entry, of which nobody knows what is in it.
final class Packed {
    /// One that fits into a segment or two comes no sooner for being shorter.
    private static final int LEAST = 2_048;

    private static final Set<String> LISTS =
            Set.of(
                    "/v1/catalog/nodes",
                    "/v1/catalog/services",
                    "/v1/catalog/service/:service",
                    "/v1/catalog/connect/:service",
                    "/v1/catalog/node/:node",
                    "/v1/catalog/node-services/:node",
                    "/v1/health/service/:service",
                    "/v1/health/connect/:service",
                    "/v1/health/checks/:service",
                    "/v1/health/node/:node",
                    "/v1/health/state/:state",
                    "/v1/peerings",
                    "/v1/exported-services",
                    "/v1/imported-services",
                    "/v1/connect/intentions",
                    "/v1/hansa/services",
                    "/v1/hansa/peerings",
                    "/v1/hansa/imported-services",
                    "/v1/hansa/topology/:service",
                    "/v1/hansa/traffic",
                    "/v1/hansa/proxies",
                    "/v1/hansa/proxies/:service",
                    "/v1/hansa/failovers",
                    "/v1/hansa/failover/readiness",
                    "/v1/hansa/history");

    private Packed() {}

    /// The same of an answer that is in memory already, in both forms.
    static void end(RoutingContext call, SharedAnswer answer) {
        var response = call.response();
        response.putHeader("Vary", "Accept-Encoding");
        if (Gzip.isTaken(call.request().getHeader("Accept-Encoding"))) {
            response.putHeader("Content-Encoding", Gzip.NAME).end(answer.packed());
        } else {
            response.end(answer.plain());
        }
    }

    /// Ends a call whose headers are set. Who waits for a change is told of it at once: such an
    /// answer is not packed.
    static void end(RoutingContext call, String text) {
        var response = call.response();
        var route = call.currentRoute();
        if (route == null
                || !LISTS.contains(String.valueOf(route.getPath()))
                || !call.request().method().name().equals("GET")) {
            response.end(text);
            return;
        }
        response.putHeader("Vary", "Accept-Encoding");
        var query = call.queryParams();
        if (text.length() < LEAST
                || query.contains("index")
                || query.contains("hash")
                || !Gzip.isTaken(call.request().getHeader("Accept-Encoding"))) {
            response.end(text);
            return;
        }
        // a megabyte takes ten milliseconds, which others on this loop would wait
        call.vertx()
                .executeBlocking(() -> Gzip.quick(text.getBytes(StandardCharsets.UTF_8)), false)
                .onComplete(packed -> {
                    if (response.ended() || response.closed()) {
                        return;
                    }
                    if (packed.failed()) {
                        response.end(text);
                        return;
                    }
                    response.putHeader("Content-Encoding", Gzip.NAME)
                            .end(Buffer.buffer(packed.result()));
                });
    }
}
