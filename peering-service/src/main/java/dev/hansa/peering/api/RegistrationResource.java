package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
        mayWrite(request.caller(), node.name(), defined, checks.keySet());
        if (node.address().isEmpty()
                && !body.flag("SkipNodeUpdate")
                && (defined.isPresent() || checks.isEmpty())) {
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
            registrations.put(
                    defined.get().withChecks(all, 0),
                    false,
                    Registrations.FREE,
                    Registrations.Asked.mayWrite(request.caller()));
            checks.remove(defined.get().id());
        }
        for (var results : checks.entrySet()) {
            if (!registrations.change(
                    node.name(),
                    results.getKey(),
                    before ->
                            Registrations.merged(
                                    FormerCheckIds.renamed(
                                            results.getKey(), before, results.getValue()),
                                    results.getValue()))) {
                throw missing(node.name(), results.getKey());
            }
        }
        return ApiAnswer.TRUE;
    }

    /// A service is written by whoever may write it, a node and its checks by whoever may write the
    /// node. A service's node is written with it, as long as it is not another than before.
    private void mayWrite(
            Caller caller, String node, Optional<ServiceInstance> defined, Set<String> checked)
            throws RefusedRequestException {
        if (defined.isPresent()) {
            caller.require(Need.write(Resource.SERVICE, defined.get().name()));
            ServiceDefinition.requireKind(caller, defined.get());
            requireHeld(caller, node, defined.get().id());
        }
        for (var id : checked) {
            if (!id.isEmpty()) {
                requireHeld(caller, node, id);
            }
        }
        if (checked.contains("")
                || defined.isEmpty() && checked.isEmpty()
                || defined.isPresent() && isAnotherNode(node, defined.get().node())) {
            caller.require(Need.write(Resource.NODE, node));
        }
    }

    private boolean isAnotherNode(String name, NodeRecord node) {
        return registrations.find(name, "").filter(held -> held.node().equals(node)).isEmpty();
    }

    /// What is there already under an id may be another service's.
    private void requireHeld(Caller caller, String node, String id) throws RefusedRequestException {
        Registrations.Asked.mayWrite(caller).of(registrations.find(node, id));
    }

    private void local(JsonFields body) throws RefusedRequestException {
        if (namesAPeer(body)) {
            throw new RefusedRequestException(
                    500, "cannot register requests with PeerName in them");
        }
        var datacenter = body.text("Datacenter");
        if (!datacenter.isEmpty() && !datacenter.equals(settings.datacenter().name())) {
            throw new RefusedRequestException(500, "No path to datacenter");
        }
    }

    /// What is a peer's comes from that peer, as a whole or in part.
    private static boolean namesAPeer(JsonFields body) throws RefusedRequestException {
        var parts = new ArrayList<JsonFields>();
        parts.add(body);
        parts.addAll(CheckReader.all(body));
        var service = body.fields("Service");
        if (service.isPresent()) {
            parts.add(service.get());
            parts.addAll(CheckReader.all(service.get()));
        }
        for (var part : parts) {
            if (!part.text("PeerName").isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /// Without an address it is one that is known already.
    private NodeRecord node(JsonFields body) throws RefusedRequestException {
        var name = body.text("Node");
        if (name.isEmpty()) {
            throw bad("Must provide node and address");
        }
        ServiceDefinition.word("Node", name);
        var held = registrations.find(name, "").map(ServiceInstance::node);
        if (!body.text("Address").isEmpty()) {
            ServiceDefinition.word("Address", body.text("Address"));
        } else if (held.isPresent() && body.flag("SkipNodeUpdate")) {
            // who does not change it need not say it again
            return held.get();
        }
        var meta = body.map("NodeMeta");
        if (meta.containsKey(Agent.MARK)) {
            throw bad(
                    "NodeMeta: expected no '"
                            + Agent.MARK
                            + "', which the servers' own nodes have; found it");
        }
        var id = body.text("ID");
        return new NodeRecord(
                // none: as before; a machine's agent has given it its own
                id.isEmpty() ? held.map(NodeRecord::id).orElse("") : id,
                name,
                body.text("Address"),
                settings.datacenter().name(),
                body.map("TaggedAddresses"),
                meta);
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
            var unnamed =
                    id.isEmpty()
                            ? ""
                            : CheckReader.unnamed(id)
                                    + (before.isEmpty() ? "" : ":" + (before.size() + 1));
            byService.put(
                    id,
                    Registrations.few(
                            before,
                            Registrations.merged(
                                    before, List.of(CheckReader.result(check, id, unnamed)))));
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

    /// A service where one is named, also with a check beside it, else a check, else the node; in
    /// that order as in Consul.
    ApiAnswer deregister(ApiRequest request) throws RefusedRequestException {
        var body = JsonFields.read(request.body(), DECODING);
        local(body);
        var node = body.text("Node");
        if (node.isEmpty()) {
            throw bad("Missing node name");
        }
        var id = body.text("ServiceID");
        var check = body.text("CheckID");
        Registrations.Asked asked = held -> mayRemove(request.caller(), node, id, held);
        asked.of(registrations.find(node, id));
        if (id.isEmpty() && !check.isEmpty()) {
            removeCheck(node, check);
        } else {
            registrations.remove(node, id, asked);
        }
        return ApiAnswer.TRUE;
    }

    /// Whoever may write a node takes away what is there, whoever may write a service that.
    private static void mayRemove(
            Caller caller, String node, String id, Optional<ServiceInstance> held)
            throws RefusedRequestException {
        if (id.isEmpty()
                || held.isEmpty()
                || !caller.access().allows(Need.write(Resource.SERVICE, held.get().name()))) {
            caller.require(Need.write(Resource.NODE, node));
        }
    }

    /// Of the node, and of whatever is registered there.
    private void removeCheck(String node, String check) throws RefusedRequestException {
        var holders =
                registrations
                        .all()
                        .filter(one -> one.node().name().equals(node))
                        .map(ServiceInstance::id)
                        .toList();
        for (var holder : holders) {
            registrations.change(
                    node,
                    holder,
                    before -> before.stream().filter(one -> !one.id().equals(check)).toList());
        }
    }
}
