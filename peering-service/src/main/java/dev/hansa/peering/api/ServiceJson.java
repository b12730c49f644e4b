package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.Remarks;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.peering.store.VirtualAddresses;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Instances in the three shapes of Consul's API: health, catalog and agent.
///
/// @param peer where they were imported from; empty for the datacenter's own
/// @param virtual the addresses that stand for services
record ServiceJson(Optional<PeerName> peer, VirtualAddresses virtual) {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// As an agent knows it, which is not told of virtual addresses.
    static final ServiceJson LOCAL = new ServiceJson(Optional.empty(), VirtualAddresses.NONE);

    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    /// The tag under which Consul shows a virtual address.
    private static final String VIRTUAL = "consul-virtual";

    /// Node, service and checks, as one item of `/v1/health/service`.
    ObjectNode health(ServiceInstance instance) {
        var json = JSON.objectNode();
        json.set("Node", node(instance.node(), instance));
        json.set("Service", agent(instance));
        json.set("Checks", checks(instance));
        return json;
    }

    ArrayNode checks(ServiceInstance instance) {
        var checks = JSON.arrayNode();
        instance.checks().forEach(check -> checks.add(check(instance, check)));
        return checks;
    }

    /// A check of the node names no service.
    ObjectNode check(ServiceInstance instance, HealthCheck check) {
        var isOfNode = check.isOfNode();
        var json =
                JSON.objectNode()
                        .put("Node", instance.node().name())
                        .put("CheckID", check.id())
                        .put("Name", check.name())
                        .put("Status", check.status().word())
                        .put("Notes", check.definition().map(CheckDefinition::notes).orElse(""))
                        .put("Output", check.output())
                        .put("ServiceID", isOfNode ? "" : instance.id())
                        .put("ServiceName", isOfNode ? "" : instance.name());
        texts(json, "ServiceTags", isOfNode ? List.of() : instance.tags());
        var way = check.definition().flatMap(CheckDefinition::way);
        var asked = way.filter(one -> one.kind() != Kind.TTL);
        json.put("Type", check.type())
                .put("Interval", asked.map(one -> text(one.interval())).orElse(""))
                .put("Timeout", asked.map(one -> text(one.timeout())).orElse(""))
                .put("ExposedPort", 0);
        var definition = json.putObject("Definition");
        definition(definition, way);
        check.definition()
                .map(CheckDefinition::said)
                .filter(said -> !said.isEmpty())
                .ifPresent(said -> definition.setAll(KeptBlock.kept(said)));
        return indexed(json, instance);
    }

    private static String text(Duration duration) {
        return GoDuration.format(duration);
    }

    /// What headers hold is not shown.
    private static void definition(ObjectNode json, Optional<Way> defined) {
        if (defined.isEmpty()) {
            return;
        }
        var way = defined.get();
        switch (way.kind()) {
            case TTL -> json.put("TTL", text(way.interval()));
            case TCP -> json.put("TCP", way.target());
            case GRPC -> {
                var target = URI.create(way.target());
                json.put(
                                "GRPC",
                                target.getAuthority()
                                        + (target.getPath().equals("/") ? "" : target.getPath()))
                        .put("GRPCUseTLS", target.getScheme().equals("grpcs"))
                        .put("TLSSkipVerify", way.ask().skipVerify());
            }
            case HTTP -> {
                json.put("HTTP", way.target()).put("Method", way.ask().method());
                json.put("TLSSkipVerify", way.ask().skipVerify());
                if (!way.ask().headers().isEmpty()) {
                    var headers = json.putObject("Header");
                    way.ask()
                            .headers()
                            .keySet()
                            .forEach(name -> headers.putArray(name).add("<hidden>"));
                }
            }
        }
        if (way.kind() != Kind.TTL) {
            json.put("Interval", text(way.interval())).put("Timeout", text(way.timeout()));
        }
        if (!way.deregisterAfter().isZero()) {
            json.put("DeregisterCriticalServiceAfter", text(way.deregisterAfter()));
        }
    }

    /// Consul's agents say where their node is on the LAN and the WAN, and clients in Java take no
    /// node that does not: the one address that a node has is both.
    private static Map<String, String> tagged(NodeRecord node) {
        var address = node.address();
        if (!node.taggedAddresses().isEmpty() || address.isEmpty()) {
            return node.taggedAddresses();
        }
        var tagged = new HashMap<String, String>();
        for (var place : List.of("lan", "wan")) {
            tagged.put(place, address);
            if (address.contains(":")) {
                tagged.put(place + "_ipv6", address);
            } else if (IPV4.matcher(address).matches()) {
                tagged.put(place + "_ipv4", address);
            }
        }
        return tagged;
    }

    /// A server's node is the same whether the server tells of it or somebody has registered
    /// something there.
    private String id(NodeRecord node) {
        return isServer(node)
                ? ServerInfo.nodeId(new Datacenter(node.datacenter()), node.name())
                : node.id();
    }

    private Map<String, String> meta(NodeRecord node) {
        if (!isServer(node)) {
            return node.meta();
        }
        var all = new HashMap<>(ServerInfo.nodeMeta());
        all.putAll(node.meta());
        return all;
    }

    private boolean isServer(NodeRecord node) {
        return peer.isEmpty() && node.meta().containsKey(Agent.MARK);
    }

    /// Consul shows the address that stands for a service where mutual TLS for it ends. What a peer
    /// may say of one means nothing here.
    private Map<String, Endpoint> tagged(ServiceInstance instance) {
        var tagged = new HashMap<>(instance.taggedAddresses());
        if (peer.isPresent()) {
            tagged.remove(VIRTUAL);
        }
        instance.destination()
                .filter(_ -> instance.kind() == ServiceKind.CONNECT_PROXY)
                .filter(_ -> instance.port() > 0)
                .flatMap(service -> virtual.of(new UpstreamName(service, peer)))
                .ifPresent(address ->
                        tagged.put(VIRTUAL, new Endpoint(address.toString(), instance.port())));
        return tagged;
    }

    ObjectNode node(NodeRecord node, ServiceInstance instance) {
        var json =
                JSON.objectNode()
                        .put("ID", id(node))
                        .put("Node", node.name())
                        .put("Address", node.address())
                        .put("Datacenter", node.datacenter());
        map(json, "TaggedAddresses", tagged(node));
        map(json, "Meta", meta(node));
        return indexed(json, instance);
    }

    /// The service alone, as the agent shows it.
    ObjectNode agent(ServiceInstance instance) {
        var json = JSON.objectNode();
        if (instance.kind() != ServiceKind.TYPICAL) {
            json.put("Kind", instance.kind().word());
        }
        json.put("ID", instance.id()).put("Service", instance.name());
        texts(json, "Tags", instance.tags());
        json.put("Address", instance.address());
        var tagged = tagged(instance);
        if (!tagged.isEmpty()) {
            addresses(json, "TaggedAddresses", tagged);
        }
        map(json, "Meta", instance.meta());
        json.put("Port", instance.port());
        weights(json, "Weights", instance);
        var remarks = instance.remarks().orElse(Remarks.NONE);
        json.put("EnableTagOverride", remarks.tagOverride());
        if (!remarks.socketPath().isEmpty()) {
            json.put("SocketPath", remarks.socketPath());
        }
        locality(json, "Locality", remarks);
        proxy(json.putObject("Proxy"), instance);
        connect(json.putObject("Connect"), instance);
        return indexed(json, instance);
    }

    /// One item of `/v1/catalog/service`.
    ObjectNode catalog(ServiceInstance instance) {
        var node = instance.node();
        var json =
                JSON.objectNode()
                        .put("ID", id(node))
                        .put("Node", node.name())
                        .put("Address", node.address())
                        .put("Datacenter", node.datacenter());
        map(json, "TaggedAddresses", tagged(node));
        map(json, "NodeMeta", meta(node));
        json.put("ServiceKind", instance.kind().word())
                .put("ServiceID", instance.id())
                .put("ServiceName", instance.name());
        texts(json, "ServiceTags", instance.tags());
        json.put("ServiceAddress", instance.address());
        addresses(json, "ServiceTaggedAddresses", tagged(instance));
        weights(json, "ServiceWeights", instance);
        map(json, "ServiceMeta", instance.meta());
        var remarks = instance.remarks().orElse(Remarks.NONE);
        json.put("ServicePort", instance.port())
                .put("ServiceSocketPath", remarks.socketPath())
                .put("ServiceEnableTagOverride", remarks.tagOverride());
        locality(json, "ServiceLocality", remarks);
        proxy(json.putObject("ServiceProxy"), instance);
        connect(json.putObject("ServiceConnect"), instance);
        return indexed(json, instance);
    }

    private ObjectNode indexed(ObjectNode json, ServiceInstance instance) {
        peer.ifPresent(name -> json.put("PeerName", name.value()));
        return json.put("CreateIndex", instance.createIndex())
                .put("ModifyIndex", instance.modifyIndex());
    }

    private static void weights(ObjectNode json, String name, ServiceInstance instance) {
        json.putObject(name)
                .put("Passing", instance.weightPassing())
                .put("Warning", instance.weightWarning());
    }

    private static void proxy(ObjectNode json, ServiceInstance instance) {
        instance.destination()
                .ifPresent(service -> json.put(ProxyDefinition.DESTINATION, service.value()));
        instance.remarks()
                .map(Remarks::proxy)
                .filter(said -> !said.isEmpty())
                .ifPresent(said -> json.setAll(KeptBlock.kept(said)));
    }

    private static void connect(ObjectNode json, ServiceInstance instance) {
        if (instance.remarks().map(Remarks::speaksMesh).orElse(false)) {
            json.put("Native", true);
        }
        instance.peerMeta()
                .ifPresent(meta -> {
                    var peerMeta = json.putObject("PeerMeta");
                    texts(peerMeta, "SNI", meta.sni());
                    texts(peerMeta, "SpiffeID", meta.spiffeIds());
                    peerMeta.put("Protocol", meta.protocol());
                });
    }

    private static void locality(ObjectNode json, String name, Remarks remarks) {
        if (!remarks.region().isEmpty() || !remarks.zone().isEmpty()) {
            json.putObject(name).put("Region", remarks.region()).put("Zone", remarks.zone());
        }
    }

    private static void addresses(ObjectNode json, String name, Map<String, Endpoint> addresses) {
        var object = json.putObject(name);
        new TreeMap<>(addresses)
                .forEach((tag, endpoint) ->
                        object.putObject(tag)
                                .put("Address", endpoint.host())
                                .put("Port", endpoint.port()));
    }

    private static void map(ObjectNode json, String name, Map<String, String> map) {
        var object = json.putObject(name);
        new TreeMap<>(map).forEach(object::put);
    }

    /// How fresh what a peer lets us see is; the last that was heard stays when the peer is lost.
    static void heard(ObjectNode json, ImportedCatalog imported) {
        json.put("Stale", !imported.connected());
        if (imported.heardAt().isAfter(Instant.EPOCH)) {
            json.put("HeardAt", imported.heardAt().toString());
        }
    }

    static void texts(ObjectNode json, String name, Collection<String> values) {
        var array = json.putArray(name);
        values.forEach(array::add);
    }
}
