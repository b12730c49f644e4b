package dev.hansa.gateway;

import dev.hansa.failover.Observation;
import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.TracedWay;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.sidecar.Outbound;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;

/// What a sidecar tells its server of the upstreams of one service.
final class Upstreams {
    private Upstreams() {}

    static List<Observation> observations(List<Outbound> upstreams) {
        var byName = new LinkedHashMap<UpstreamName, Observation>();
        for (var upstream : upstreams) {
            byName.merge(upstream.upstream(), upstream.observation(), Observation::plus);
        }
        return List.copyOf(byName.values());
    }

    static void trace(List<Outbound> upstreams, TraceOrder order, Consumer<List<TracedWay>> done) {
        switch (order) {
            case TraceOrder.OfUpstream(var name) ->
                    upstreams.stream()
                            .filter(upstream -> upstream.upstream().equals(name))
                            .findFirst()
                            .orElseThrow(() ->
                                    new IllegalArgumentException(
                                            "trace: expected one of the upstreams "
                                                    + upstreams.stream()
                                                            .map(Outbound::upstream)
                                                            .toList()
                                                    + "; found '"
                                                    + name
                                                    + "'"))
                            .trace(done);
            case TraceOrder.OfName _ ->
                    throw new IllegalArgumentException(
                            "trace: expected an upstream; found a name, which a gateway has");
        }
    }
}
