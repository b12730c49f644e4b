package dev.hansa.peering.configentry;

import java.util.Map;
import java.util.Optional;

/// Every sameness group of a state, by name.
record StoredGroups(Map<String, SamenessGroup> byName) {
    StoredGroups {
        byName = Map.copyOf(byName);
    }

    Optional<SamenessGroup> named(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /// The one that services fail over to who say nothing themselves.
    Optional<SamenessGroup> forFailover() {
        return byName.values().stream()
                .filter(SamenessGroup::defaultForFailover)
                .min((one, other) -> one.name().compareTo(other.name()));
    }
}
