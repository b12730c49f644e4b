package dev.hansa.peering.api;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// A request, taken off the event loop.
///
/// @param path the variable parts of the path
/// @param query the first value of each; of those in [#REPEATED] all, one on a line
/// @param stay where it is while it is answered, and while it waits
/// @param caller who asks, and what he may have
record ApiRequest(
        Map<String, String> path,
        Map<String, String> query,
        String body,
        Places.Stay stay,
        Caller caller) {
    /// What a caller may ask for more than once, each to hold.
    static final Set<String> REPEATED = Set.of("tag", "node-meta");

    ApiRequest {
        path = Map.copyOf(path);
        query = Map.copyOf(query);
    }

    /// The same, once it is known who asks.
    ApiRequest by(Caller known) {
        return new ApiRequest(path, query, body, stay, known);
    }

    /// The same, once it has a place.
    ApiRequest in(Places.Stay place) {
        return new ApiRequest(path, query, body, place, caller);
    }

    /// The same, by somebody who does not wait for a change.
    ApiRequest atOnce() {
        var now = new HashMap<>(query);
        now.keySet().removeAll(List.of("index", "wait", "hash"));
        return new ApiRequest(path, now, body, stay, caller);
    }

    String part(String name) {
        return path.getOrDefault(name, "");
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(query.get(name));
    }

    /// All that was given for one of [#REPEATED], without the empty ones.
    List<String> parameters(String name) {
        return query.getOrDefault(name, "").lines().filter(value -> !value.isEmpty()).toList();
    }

    /// A flag as Consul's clients send it: present without a value, or a boolean word of Go's.
    boolean flag(String name) throws RefusedRequestException {
        return switch (query.get(name)) {
            case null -> false;
            case "", "1", "t", "T", "TRUE", "true", "True" -> true;
            case "0", "f", "F", "FALSE", "false", "False" -> false;
            default -> throw RefusedRequestException.bad("Invalid value for ?" + name);
        };
    }

    Optional<PeerName> peer() throws RefusedRequestException {
        var name = query.getOrDefault("peer", "");
        return name.isEmpty() ? Optional.empty() : Optional.of(read(name, PeerName::of));
    }

    ServiceName service(String part) throws RefusedRequestException {
        var name = part(part);
        if (name.isEmpty()) {
            throw RefusedRequestException.bad("Missing service name");
        }
        return read(name, ServiceName::new);
    }

    /// Reads a text by a constructor that refuses in words.
    static <T> T read(String text, Function<String, T> reader) throws RefusedRequestException {
        try {
            return reader.apply(text);
        } catch (IllegalArgumentException e) {
            throw RefusedRequestException.bad(String.valueOf(e.getMessage()));
        }
    }

    /// A life that a token may have.
    static Duration life(String subject, String text, Duration longest)
            throws RefusedRequestException {
        var life = read(text, GoDuration::parse);
        if (life.isNegative() || life.isZero() || life.compareTo(longest) > 0) {
            throw RefusedRequestException.bad(
                    subject
                            + ": expected a duration above 0 and up to "
                            + longest.toHours()
                            + "h; found '"
                            + ForeignText.shown(text)
                            + "'");
        }
        return life;
    }
}
