package dev.hansa.failover;

import java.util.List;
import java.util.Optional;

/// What one sidecar tells of its service's connections, once a second when it has changed.
///
/// @param upstreams each once
/// @param callers empty: it does not count them; of a service that takes no calls there are none
public record Sightings(List<Observation> upstreams, Optional<Callers> callers) {
    public static final Sightings NONE = new Sightings(List.of(), Optional.empty());

    public Sightings {
        upstreams = List.copyOf(upstreams);
    }
}
