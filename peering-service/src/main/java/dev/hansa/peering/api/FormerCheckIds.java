package dev.hansa.peering.api;

import dev.hansa.exportedservices.HealthCheck;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Ids that checks without one of their own were once given here: the first of several of service
/// `web` was `service:web`, which Consul calls `service:web:1`, and what a catalog's check is
/// called by its name now was called by its place. Who registers anew, and whose check is held
/// under such an id, has it under the new one with the result that it had, and none is left that
/// nobody runs.
final class FormerCheckIds {
    private FormerCheckIds() {}

    /// What is held, under the ids that it comes under.
    ///
    /// @param service whose checks they are; empty: the node's, which were called by their names
    static List<HealthCheck> renamed(
            String service, List<HealthCheck> held, List<HealthCheck> come) {
        if (service.isEmpty()) {
            return held;
        }
        var ids = ids(held);
        var all = new ArrayList<HealthCheck>();
        for (var check : held) {
            var now = now(service, check, come).filter(ids::add);
            all.add(now.map(id -> called(id, check)).orElse(check));
        }
        return all;
    }

    private static Set<String> ids(List<HealthCheck> checks) {
        var ids = new HashSet<String>();
        checks.forEach(check -> ids.add(check.id()));
        return ids;
    }

    /// Empty: it keeps its id.
    private static Optional<String> now(String service, HealthCheck held, List<HealthCheck> come) {
        var first = CheckReader.unnamed(service);
        var isGiven = held.id().equals(first) || held.id().startsWith(first + ":");
        var ids = ids(come);
        if (!isGiven || ids.contains(held.id())) {
            return Optional.empty();
        }
        if (held.id().equals(first) && ids.contains(first + ":1")) {
            return Optional.of(first + ":1");
        }
        return come.stream()
                .filter(check -> check.id().equals(check.name()))
                .map(HealthCheck::id)
                .filter(held.name()::equals)
                .findFirst();
    }

    private static HealthCheck called(String id, HealthCheck check) {
        return new HealthCheck(
                id, check.name(), check.status(), check.output(), check.type(), check.definition());
    }
}
