package dev.hansa.peering.store;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
