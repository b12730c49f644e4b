package dev.hansa.peering.api;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// A check by which an operator takes a service or a node out of use; its name is Consul's, by
/// which tools know it.
final class Maintenance {
    private static final String SERVICE = "_service_maintenance";
    private static final String NODE = "_node_maintenance";
    private static final String TYPE = "maintenance";

    private Maintenance() {}

    static boolean isFor(String checkId) {
        return checkId.startsWith(SERVICE + ":") || checkId.equals(NODE);
    }

    /// Whether it was made here: a client can call its check the same, and gives it no type.
    static boolean isOurs(HealthCheck check) {
        return check.type().equals(TYPE);
    }

    /// Puts the check among the others, or takes it out.
    ///
    /// @param service its id; empty: the node
    static UnaryOperator<List<HealthCheck>> turned(boolean on, String service, String reason) {
        var id = service.isEmpty() ? NODE : SERVICE + ":" + service;
        var check =
                new HealthCheck(
                        id,
                        service.isEmpty() ? "Node Maintenance Mode" : "Service Maintenance Mode",
                        CheckStatus.CRITICAL,
                        "",
                        TYPE,
                        Optional.of(
                                new CheckDefinition(
                                        reason.isEmpty()
                                                ? "an operator has taken it out of use and gave no reason"
                                                : reason,
                                        service.isEmpty(),
                                        Optional.empty())));
        return before -> {
            var others = before.stream().filter(one -> !one.id().equals(id));
            return (on ? Stream.concat(others, Stream.of(check)) : others).toList();
        };
    }
}
