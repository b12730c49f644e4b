package dev.hansa.peering.api;

import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The proxy that is registered together with a service, by its `Connect.SidecarService`. As with
/// Consul nothing runs by that: a sidecar that joins as the service's takes its place.
final class SidecarDefinition {
    /// As Consul chooses them.
    private static final int FIRST_PORT = 21_000;

    private static final int LAST_PORT = 21_255;

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private SidecarDefinition() {}

    /// @param body the service's definition
    /// @param service what was read of it
    /// @return empty: it wants none
    /// @throws RefusedRequestException when it wants one that cannot be
    static Optional<ServiceInstance> read(Agent agent, JsonFields body, ServiceInstance service)
            throws RefusedRequestException {
        var connect = body.fields("Connect");
        var given =
                connect.isEmpty()
                        ? Optional.<JsonFields>empty()
                        : connect.get().fields("SidecarService");
        if (given.isEmpty()) {
            return Optional.empty();
        }
        if (service.kind() != ServiceKind.TYPICAL) {
            throw bad(
                    "Invalid SidecarService: expected one of a service; found one of a "
                            + service.kind().word());
        }
        if (!given.get().text("ID").isEmpty()) {
            throw bad(
                    "Invalid SidecarService: expected no ID, which is made of the service's; found one");
        }
        var nested = given.get().fields("Connect");
        if (nested.isPresent()
                && (nested.get().has("SidecarService") || nested.get().flag("Native"))) {
            throw bad(
                    "Invalid SidecarService: expected a proxy without one of its own; found another");
        }
        return Optional.of(
                ServiceDefinition.read(
                        service.node(),
                        whole(agent, given.get(), service),
                        "Name",
                        CheckReader::run));
    }

    /// What it does not say is the service's, or as Consul has it.
    private static JsonFields whole(Agent agent, JsonFields given, ServiceInstance service)
            throws RefusedRequestException {
        var all = new HashMap<>(given.byName());
        var id = idOf(service.id());
        all.put("kind", JSON.textNode(ServiceKind.CONNECT_PROXY.word()));
        all.put("id", JSON.textNode(id));
        if (given.text("Name").isEmpty()) {
            all.put("name", JSON.textNode(service.name() + ServiceName.SIDECAR_SUFFIX));
        }
        if (given.texts("Tags").isEmpty()) {
            var tags = JSON.arrayNode();
            service.tags().forEach(tags::add);
            all.put("tags", tags);
        }
        if (given.map("Meta").isEmpty()) {
            var meta = JSON.objectNode();
            service.meta().forEach(meta::put);
            all.put("meta", meta);
        }
        var port = given.number("Port", 0);
        if (port == 0 && given.text("SocketPath").isEmpty()) {
            port = freePort(agent, service.node().name(), id);
            all.put("port", JSON.numberNode(port));
        }
        all.put("proxy", proxy(given, service));
        var address =
                given.text("Address").isEmpty() ? service.node().address() : given.text("Address");
        checks(all, given, id, address, port);
        return new JsonFields("SidecarService", all);
    }

    private static JsonNode proxy(JsonFields given, ServiceInstance service)
            throws RefusedRequestException {
        var said = given.fields("Proxy").map(JsonFields::byName).orElse(Map.of());
        var proxy = JSON.objectNode();
        // it stands for this service, whatever it says
        said.forEach((name, value) -> {
            if (!name.replace("_", "").startsWith("destinationservice")) {
                proxy.set(name, value);
            }
        });
        proxy.put(ProxyDefinition.DESTINATION, service.name())
                .put("DestinationServiceID", service.id());
        return withLocal(new JsonFields("Proxy", said), proxy, service);
    }

    private static ObjectNode withLocal(JsonFields said, ObjectNode proxy, ServiceInstance service)
            throws RefusedRequestException {
        if (said.text("LocalServiceSocketPath").isEmpty()) {
            if (said.text("LocalServiceAddress").isEmpty()) {
                proxy.put("LocalServiceAddress", "127.0.0.1");
            }
            if (said.number("LocalServicePort", 0) == 0) {
                proxy.put("LocalServicePort", service.port());
            }
        }
        return proxy;
    }

    /// One that names none is asked whether it listens, as by Consul. A check that is another's
    /// status is none here: the service's own checks are shown beside.
    private static void checks(
            Map<String, JsonNode> all, JsonFields given, String id, String address, int port)
            throws RefusedRequestException {
        var own = JSON.arrayNode();
        var named = CheckReader.all(given);
        for (var check : named) {
            if (!check.has("AliasService") && !check.has("AliasNode")) {
                var json = own.addObject();
                check.byName().forEach(json::set);
            }
        }
        if (named.isEmpty() && port > 0) {
            own.addObject()
                    .put("CheckID", CheckReader.unnamed(id) + ":1")
                    .put("Name", "Connect Sidecar Listening")
                    .put("TCP", Endpoint.text(address, port))
                    .put("Interval", "10s");
        }
        all.remove("check");
        all.put("checks", own);
    }

    /// That which it has already, or the first that nobody on the node has. Two that are registered
    /// in the same moment may get the same.
    private static int freePort(Agent agent, String node, String id)
            throws RefusedRequestException {
        var held = agent.registrations().find(node, id).map(ServiceInstance::port);
        if (held.isPresent() && held.get() > 0) {
            return held.get();
        }
        var taken =
                agent.registrations()
                        .all()
                        .filter(each -> each.node().name().equals(node))
                        .map(ServiceInstance::port)
                        .collect(Collectors.toSet());
        return IntStream.rangeClosed(FIRST_PORT, LAST_PORT)
                .filter(port -> !taken.contains(port))
                .findFirst()
                .orElseThrow(() ->
                        bad(
                                "Invalid SidecarService: expected a free port from "
                                        + FIRST_PORT
                                        + " to "
                                        + LAST_PORT
                                        + " at node '"
                                        + node
                                        + "'; found none: name one"));
    }

    private static String idOf(String service) {
        return service + ServiceName.SIDECAR_SUFFIX;
    }

    /// The proxies that go with a service: those that were registered as its sidecar.
    static List<ServiceInstance> of(Agent agent, ServiceInstance service) {
        return agent
                .registrations()
                .find(service.node().name(), idOf(service.id()))
                .filter(ServiceInstance::isUnjoinedProxy)
                .filter(proxy ->
                        proxy.destination()
                                .map(ServiceName::value)
                                .equals(Optional.of(service.name())))
                .stream()
                .toList();
    }
}
