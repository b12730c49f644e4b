package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Registering of services that no sidecar vouches for, straight in the catalog.
final class RegistrationResource {
    private static final String DECODING = "Request decode failed";

    private final ApiSettings settings;
    private final Registrations registrations;

    RegistrationResource(ApiSettings settings, Registrations registrations) {
        this.settings = settings;
        this.registrations = registrations;
    }

    /// A node, a service of it, checks of both, or any of these.
    ApiAnswer register(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), DECODING);
        local(body);
        var node = node(body);
        var service = body.fields("Service");
        var defined =
                service.isEmpty()
                        ? Optional.<ServiceInstance>empty()
                        : Optional.of(
                                ServiceDefinition.read(
                                        node, service.get(), "Service", CheckReader::results));
        var checks = checks(body, defined.map(ServiceInstance::id).orElse(""));
        if (node.address().isEmpty() && (defined.isPresent() || checks.isEmpty())) {
            throw bad("Must provide node and address");
        }
        for (var id : checks.keySet()) {
            known(node, id, defined);
        }
        var isNew = registrations.find(node.name(), "").isEmpty();
        if (!node.address().isEmpty() && (isNew || !body.flag("SkipNodeUpdate"))) {
            registrations.putNode(node);
        }
        if (defined.isPresent()) {
            var all =
                    Registrations.merged(
                            defined.get().checks(),
                            checks.getOrDefault(defined.get().id(), List.of()));
            registrations.put(defined.get().withChecks(all, 0), false, Registrations.FREE);
            checks.remove(defined.get().id());
        }
        for (var results : checks.entrySet()) {
            if (!registrations.change(
                    node.name(),
                    results.getKey(),
                    before -> Registrations.merged(before, results.getValue()))) {
                throw missing(node.name(), results.getKey());
            }
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

    /// Without an address it is one that is known already.
    private NodeRecord node(JsonFields body) throws RefusedRequestException {
        var name = body.text("Node");
        if (name.isEmpty()) {
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

    /// `Check` and `Checks` by the service that they are of; empty: the node.
    ///
    /// @param defined the service beside them, whose they are when they do not say
    private static Map<String, List<HealthCheck>> checks(JsonFields body, String defined)
            throws RefusedRequestException {
        var byService = new LinkedHashMap<String, List<HealthCheck>>();
        for (var check : CheckReader.all(body)) {
            var named = check.text("ServiceID");
            var id = named.isEmpty() ? defined : named;
            var before = byService.getOrDefault(id, List.of());
            byService.put(
                    id,
                    Registrations.few(
                            before,
                            Registrations.merged(
                                    before,
                                    List.of(CheckReader.result(check, id, before.size())))));
        }
        return byService;
    }

    private void known(NodeRecord node, String id, Optional<ServiceInstance> defined)
            throws RefusedRequestException {
        var comes =
                id.isEmpty()
                        ? !node.address().isEmpty()
                        : defined.map(ServiceInstance::id).filter(id::equals).isPresent();
        if (!comes && registrations.find(node.name(), id).isEmpty()) {
            throw missing(node.name(), id);
        }
    }

    private static RefusedRequestException missing(String node, String id) {
        return new RefusedRequestException(
                500,
                "Missing service registration: expected a registered service of node '"
                        + shown(node)
                        + "'; found ServiceID '"
                        + shown(id)
                        + "'");
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
            registrations.remove(node, id);
        }
        return ApiAnswer.TRUE;
    }

    /// @param id of the service; empty: any of the node
    private void removeCheck(String node, String id, String check) throws RefusedRequestException {
        var holders =
                registrations
                        .all()
                        .filter(one -> one.node().name().equals(node))
                        .map(ServiceInstance::id)
                        .filter(one -> id.isEmpty() || one.equals(id))
                        .toList();
        for (var holder : holders) {
            registrations.change(
                    node,
                    holder,
                    before -> before.stream().filter(one -> !one.id().equals(check)).toList());
        }
    }
}
