package dev.hansa.peering.store;

import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ServiceInstance;

/// What form 3 of the log's entries can say and an older member cannot read: it would stop at the
/// entry. While there is such a member, as during an upgrade, it is not written.
final class NewForms {
    /// Of the log's entries, the first that has it.
    static final int FORM = 3;

    private NewForms() {}

    /// Whether a command says any of it.
    static boolean isIn(StoreCommand command) {
        return command instanceof StoreCommand.PutRegistration registration
                && (saysProxy(registration.instance())
                        || registration.instance().checks().stream().anyMatch(NewForms::saysHow));
    }

    private static boolean saysProxy(ServiceInstance instance) {
        return instance.remarks()
                .map(remarks -> remarks.speaksMesh() || !remarks.proxy().isEmpty())
                .orElse(false);
    }

    private static boolean saysHow(HealthCheck check) {
        return check.definition().map(said -> !said.said().isEmpty()).orElse(false);
    }

    /// The command as the older version would have written it: how a check is found out was for
    /// readers alone, and is left out.
    ///
    /// @throws StoreFailure for a proxy, which the older version refuses
    static StoreCommand without(StoreCommand command) {
        if (!(command instanceof StoreCommand.PutRegistration(var instance, var cas, var among))) {
            return command;
        }
        if (saysProxy(instance)) {
            throw new StoreFailure(
                    "registration '"
                            + instance.id()
                            + "': expected servers that all read the registration of a proxy;"
                            + " found one that does not answer or is of an older version",
                    null);
        }
        var checks = instance.checks().stream().map(NewForms::plain).toList();
        return new StoreCommand.PutRegistration(
                instance.withChecks(checks, instance.modifyIndex()), cas, among);
    }

    private static HealthCheck plain(HealthCheck check) {
        return new HealthCheck(
                check.id(),
                check.name(),
                check.status(),
                check.output(),
                check.type(),
                check.definition()
                        .map(said -> new CheckDefinition(said.notes(), said.ofNode(), said.way())));
    }
}
