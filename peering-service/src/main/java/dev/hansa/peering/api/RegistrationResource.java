package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Registering of services that no sidecar vouches for, with the agent or straight in the catalog.
final class RegistrationResource {
    private static final String DECODING = "Request decode failed";

    /// More than the callers that are served at once need; instances that share one only wait.
    private static final int TURNS = 256;

    private final ApiSettings settings;
    private final Store store;
    private final List<Object> turns = Stream.generate(Object::new).limit(TURNS).toList();

    RegistrationResource(ApiSettings settings, Store store) {
        this.settings = settings;
        this.store = store;
    }

    ApiAnswer registerService(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), DECODING);
        var node =
                new NodeRecord(
                        "",
                        settings.nodeName(),
                        settings.listen().getHostString(),
                        settings.datacenter().name(),
                        Map.of(),
                        Map.of());
        put(ServiceDefinition.read(node, body, "Name"));
        return ApiAnswer.EMPTY;
    }

    ApiAnswer deregisterService(ApiRequest request) throws RefusedRequestException {
        var id = request.part("id");
        return switch (apply(new StoreCommand.RemoveRegistration(settings.nodeName(), id))) {
            case StoreAnswer.Applied _ -> ApiAnswer.EMPTY;
            case StoreAnswer.Unchanged _, StoreAnswer.Refused _ ->
                    ApiAnswer.text(
                            404,
                            "Unknown service ID \""
                                    + shown(id)
                                    + "\". Ensure that the service ID is passed, not the service name.");
        };
    }

    ApiAnswer register(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), DECODING);
        local(body);
        var node = node(body);
        var service = body.fields("Service");
        if (service.isPresent()) {
            var defined = ServiceDefinition.read(node, service.get(), "Service");
            var checks =
                    ServiceDefinition.checks(
                            body,
                            "service:" + defined.id(),
                            "Service '" + defined.name() + "' check");
            put(defined.withChecks(merged(defined.checks(), checks), 0));
        } else {
            putChecks(node.name(), body);
        }
        return ApiAnswer.TRUE;
    }

    private void local(JsonFields body) throws RefusedRequestException {
        if (body.has("PeerName")) {
            throw new RefusedRequestException(
                    500, "cannot register requests with PeerName in them");
        }
        var datacenter = body.text("Datacenter");
        if (!datacenter.isEmpty() && !datacenter.equals(settings.datacenter().name())) {
            throw new RefusedRequestException(500, "No path to datacenter");
        }
    }

    private NodeRecord node(JsonFields body) throws RefusedRequestException {
        var name = body.text("Node");
        if (name.isEmpty() || body.text("Address").isEmpty() && body.has("Service")) {
            throw bad("Must provide node and address");
        }
        ServiceDefinition.word("Node", name);
        if (body.has("Address")) {
            ServiceDefinition.word("Address", body.text("Address"));
        }
        return new NodeRecord(
                body.text("ID"),
                name,
                body.text("Address"),
                settings.datacenter().name(),
                body.map("TaggedAddresses"),
                body.map("NodeMeta"));
    }

    /// New results for checks of services that are registered already.
    private void putChecks(String node, JsonFields body) throws RefusedRequestException {
        var given = body.list("Checks");
        var all =
                body.fields("Check").isPresent()
                        ? List.of(body.fields("Check").orElseThrow())
                        : given;
        if (all.isEmpty()) {
            throw bad(
                    "body: expected a Service, or a Check of a registered one, since a node alone is not kept; found neither");
        }
        var id = all.getFirst().text("ServiceID");
        var instance = registered(node, id);
        if (instance.isEmpty()) {
            throw new RefusedRequestException(
                    500,
                    "Missing service registration: expected a registered service of node '"
                            + shown(node)
                            + "'; found ServiceID '"
                            + shown(id)
                            + "'");
        }
        put(instance.get().withChecks(ServiceDefinition.checks(body, "service:" + id, "check"), 0));
    }

    ApiAnswer deregister(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), DECODING);
        local(body);
        var node = body.text("Node");
        if (node.isEmpty()) {
            throw bad("Missing node name");
        }
        var id = body.text("ServiceID");
        var check = body.text("CheckID");
        if (!check.isEmpty()) {
            removeCheck(node, id, check);
        } else {
            apply(new StoreCommand.RemoveRegistration(node, id));
        }
        return ApiAnswer.TRUE;
    }

    private Optional<ServiceInstance> registered(String node, String id) {
        return Optional.ofNullable(
                        store.now().registrations().get(RegistrationRecord.key(node, id)))
                .map(RegistrationRecord::instance);
    }

    /// Checks that the definition does not name stay, as in Consul. One at a time for each
    /// instance, or two results that come together would lose one.
    private void put(ServiceInstance defined) throws RefusedRequestException {
        synchronized (turn(defined)) {
            var before =
                    registered(defined.node().name(), defined.id())
                            .map(ServiceInstance::checks)
                            .orElse(List.of());
            apply(
                    new StoreCommand.PutRegistration(
                            defined.withChecks(merged(before, defined.checks()), 0)));
        }
    }

    private Object turn(ServiceInstance instance) {
        return turns.get(
                Math.floorMod(
                        RegistrationRecord.key(instance.node().name(), instance.id()).hashCode(),
                        TURNS));
    }

    /// @param id of the service; empty: any of the node
    private void removeCheck(String node, String id, String check) throws RefusedRequestException {
        for (var record : store.now().registrations().values()) {
            var instance = record.instance();
            if (instance.node().name().equals(node) && (id.isEmpty() || instance.id().equals(id))) {
                removeCheck(instance, check);
            }
        }
    }

    private void removeCheck(ServiceInstance instance, String check)
            throws RefusedRequestException {
        synchronized (turn(instance)) {
            var now = registered(instance.node().name(), instance.id());
            if (now.isPresent()) {
                var left =
                        now.get().checks().stream()
                                .filter(each -> !each.id().equals(check))
                                .toList();
                apply(new StoreCommand.PutRegistration(now.get().withChecks(left, 0)));
            }
        }
    }

    private static List<HealthCheck> merged(List<HealthCheck> before, List<HealthCheck> after) {
        var byId = new LinkedHashMap<String, HealthCheck>();
        before.forEach(check -> byId.put(check.id(), check));
        after.forEach(check -> byId.put(check.id(), check));
        return List.copyOf(byId.values());
    }

    private StoreAnswer apply(StoreCommand command) throws RefusedRequestException {
        var answer = store.apply(command);
        if (answer instanceof StoreAnswer.Refused(var reason)) {
            throw new RefusedRequestException(500, reason);
        }
        return answer;
    }
}
