package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.failover.Callers.Count;
import dev.hansa.peering.discovery.CertificateLife;
import dev.hansa.peering.discovery.RoutePublisher.Certified;
import dev.hansa.peering.discovery.RoutePublisher.Told;
import dev.hansa.peering.topology.End;
import dev.hansa.peering.topology.Flows;
import dev.hansa.peering.topology.May;
import dev.hansa.peering.topology.PeerTraffic;
import dev.hansa.peering.topology.Preview;
import dev.hansa.peering.topology.Topology;
import dev.hansa.peering.topology.Topology.Edge;
import dev.hansa.peering.topology.Topology.Side;
import dev.hansa.peering.topology.Topology.Sidecars;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.PeerName;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Who may talk to whom and who does, as JSON. What is not known is null.
final class TopologyJson {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private TopologyJson() {}

    static JsonNode of(Topology topology) {
        var json =
                JSON.objectNode()
                        .put("Service", topology.service().service().value())
                        .put("Peer", topology.service().peer().map(PeerName::value).orElse(""))
                        .put("Datacenter", topology.datacenter().name())
                        .put("DefaultAllow", topology.defaultAllow());
        sidecars(json, topology.sidecars());
        side(json.putObject("Callers"), topology.callers());
        side(json.putObject("Callees"), topology.callees());
        topology.callerPeers()
                .ifPresentOrElse(
                        peers -> {
                            var names = json.putArray("CallerPeers");
                            peers.forEach(peer -> names.add(peer.value()));
                        },
                        () -> json.putNull("CallerPeers"));
        return json;
    }

    private static void sidecars(ObjectNode json, Sidecars sidecars) {
        json.putObject("Sidecars")
                .put("Connected", sidecars.connected())
                .put("Told", sidecars.told());
    }

    private static void side(ObjectNode json, Side side) {
        json.put("All", side.all())
                .put("ByRule", side.byRule())
                .put("ByDefault", side.byDefault())
                .put("Denied", side.denied())
                .put("Elsewhere", side.elsewhere());
        count(json, "Beyond", side.beyond());
        var edges = json.putArray("Edges");
        side.edges().forEach(edge -> edge(edges.addObject(), edge));
    }

    private static void count(ObjectNode json, String key, Optional<Count> count) {
        count.ifPresentOrElse(
                known ->
                        json.putObject(key)
                                .put("Open", known.open())
                                .put("Carried", known.carried()),
                () -> json.putNull(key));
    }

    private static void end(ObjectNode json, End end) {
        json.put("Service", end.service()).put("Peer", end.peer().map(PeerName::value).orElse(""));
    }

    private static void edge(ObjectNode json, Edge edge) {
        end(json, edge.end());
        switch (edge.may()) {
            case May.Allowed(var by) -> json.put("May", "allow").put("By", by(by));
            case May.Denied(var by) -> json.put("May", "deny").put("By", by(by));
            case May.NotExported _ -> json.put("May", "deny").put("By", "exports");
            case May.DecidedAt _ -> json.putNull("May").put("By", "peer");
            case May.Hidden _ -> json.putNull("May").put("By", "");
        }
        edge.may()
                .rule()
                .ifPresentOrElse(
                        rule -> rule(json.putObject("Rule"), rule, edge.group()),
                        () -> json.putNull("Rule"));
        json.put("Upstream", edge.asks());
        count(json, "Connections", edge.flow());
    }

    private static String by(Optional<Intention> rule) {
        return rule.isPresent() ? "rule" : "default";
    }

    private static void rule(ObjectNode json, Intention rule, String group) {
        json.put("SourceName", rule.source())
                .put("SourcePeer", rule.sourcePeer().map(PeerName::value).orElse(""))
                .put("SourceSamenessGroup", group)
                .put("DestinationName", rule.destination())
                .put("Precedence", rule.precedence());
    }

    static JsonNode of(Preview preview) {
        var json = JSON.objectNode();
        preview.connections()
                .ifPresentOrElse(
                        known -> json.put("Connections", known), () -> json.putNull("Connections"));
        json.put("Filtered", preview.filtered());
        sidecars(json, preview.sidecars());
        count(json, "Beyond", preview.beyond());
        var cut = json.putArray("Cut");
        for (var one : preview.cut()) {
            var row = cut.addObject();
            end(row, one.caller());
            row.put("Open", one.open()).put("Rule", one.rule());
        }
        return json;
    }

    static JsonNode traffic(Sidecars sidecars, Map<PeerName, PeerTraffic> peers) {
        var json = JSON.objectNode();
        sidecars(json, sidecars);
        var all = json.putArray("Peers");
        peers.forEach((peer, traffic) -> {
            var row = all.addObject().put("Peer", peer.value());
            count(row, "Out", traffic.out());
            count(row, "In", traffic.in());
            row.put("AllGateways", traffic.gateways().all());
            var gateways = row.putArray("Gateways");
            traffic.gateways()
                    .listed()
                    .forEach(one ->
                            gateways.addObject()
                                    .put("Address", one.address().toString())
                                    .put("Status", one.status().word()));
        });
        return json;
    }

    static JsonNode proxies(List<Told> proxies) {
        var json = JSON.objectNode().put("All", proxies.size());
        var rows = json.putArray("Proxies");
        proxies.stream()
                .limit(Flows.MOST_EDGES)
                .forEach(one -> {
                    var row =
                            rows.addObject()
                                    .put("Node", one.place().node())
                                    .put("ServiceID", one.place().instance());
                    life(row, one.certificate());
                });
        return json;
    }

    private static void life(ObjectNode row, Optional<CertificateLife> certificate) {
        certificate.ifPresentOrElse(
                life ->
                        row.put("NotBefore", life.notBefore().toString())
                                .put("NotAfter", life.notAfter().toString()),
                () -> row.putNull("NotBefore").putNull("NotAfter"));
    }

    /// Those that end first, first; at the end those that do not say it.
    static JsonNode certificates(List<Certified> proxies) {
        var json = JSON.objectNode().put("All", proxies.size());
        var rows = json.putArray("Proxies");
        proxies.stream()
                .sorted(
                        Comparator.comparing((Certified one) ->
                                        one.certificate()
                                                .map(CertificateLife::notAfter)
                                                .orElse(Instant.MAX))
                                .thenComparing(Certified::service)
                                .thenComparing(one -> one.place().node())
                                .thenComparing(one -> one.place().instance()))
                .limit(Flows.MOST_EDGES)
                .forEach(one ->
                        life(
                                rows.addObject()
                                        .put("Service", one.service())
                                        .put("Node", one.place().node())
                                        .put("ServiceID", one.place().instance()),
                                one.certificate()));
        return json;
    }
}
