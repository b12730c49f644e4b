package dev.hansa.peering.store;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// An instance that an operator or agent registered and that no live connection vouches for; or a
/// node, with the checks that are about all that runs there.
public record RegistrationRecord(ServiceInstance instance) {
    /// A node as an instance without id and name, which no service has.
    public static ServiceInstance node(NodeRecord node, List<HealthCheck> checks) {
        return new ServiceInstance(
                node,
                "",
                "",
                ServiceKind.TYPICAL,
                List.of(),
                "",
                0,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                checks,
                0,
                0);
    }

    public boolean isNode() {
        return instance.id().isEmpty();
    }

    /// Unique in a datacenter.
    public String key() {
        return key(instance.node().name(), instance.id());
    }

    /// The key of a node's instance; a node's name holds no slash.
    public static String key(String node, String serviceId) {
        return node + "/" + serviceId;
    }

    public Optional<HealthCheck> check(String id) {
        return instance.checks().stream().filter(check -> check.id().equals(id)).findFirst();
    }

    /// Why it must not be beside the others: it brings a check of an id that one of them has.
    ///
    /// @param all by their keys, it too if it is there already
    /// @param among the nodes whose registrations are asked; empty: none are
    Optional<String> taken(Map<String, RegistrationRecord> all, Set<String> among) {
        if (among.isEmpty()) {
            return Optional.empty();
        }
        var own = Optional.ofNullable(all.get(key()));
        var brought =
                instance.checks().stream()
                        .map(HealthCheck::id)
                        .filter(id -> own.flatMap(before -> before.check(id)).isEmpty())
                        .collect(Collectors.toSet());
        if (brought.isEmpty()) {
            return Optional.empty();
        }
        for (var other : all.values()) {
            if (among.contains(other.instance.node().name()) && !other.key().equals(key())) {
                for (var check : other.instance.checks()) {
                    if (brought.contains(check.id())) {
                        return Optional.of(
                                "check '"
                                        + check.id()
                                        + "': expected an id that no other registration has; found it at '"
                                        + other.key()
                                        + "'");
                    }
                }
            }
        }
        return Optional.empty();
    }

    RegistrationRecord with(String checkId, CheckStatus status, String output) {
        return new RegistrationRecord(
                instance.withChecks(
                        instance.checks().stream()
                                .map(check ->
                                        check.id().equals(checkId)
                                                ? check.with(status, output)
                                                : check)
                                .toList(),
                        0));
    }
}
