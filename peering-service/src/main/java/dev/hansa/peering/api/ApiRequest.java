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
    /// What a caller may ask for more than once.
    static final Set<String> REPEATED = Set.of("tag", "node-meta", "name");

    /// No name is longer: DNS allows none, and registrations neither.
    private static final int MAX_NAME = 253;

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
        var word = query.get(name);
        if (word == null) {
            return false;
        }
        return truth(word.isEmpty() ? "true" : word)
                .orElseThrow(() -> RefusedRequestException.bad("Invalid value for ?" + name));
    }

    /// A boolean word of Go's; empty for any other.
    static Optional<Boolean> truth(String word) {
        return switch (word) {
            case "1", "t", "T", "TRUE", "true", "True" -> Optional.of(true);
            case "0", "f", "F", "FALSE", "false", "False" -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    Optional<PeerName> peer() throws RefusedRequestException {
        var name = query.getOrDefault("peer", "");
        return name.isEmpty() ? Optional.empty() : Optional.of(read(name, PeerName::of));
    }

    /// The service that a list is asked for, also under a name that none can have: there is none
    /// then, and no harm in saying so.
    ///
    /// @throws RefusedRequestException 400 for none, for more than 253 characters, and for such
    ///   that are not printed
    String anyService(String part) throws RefusedRequestException {
        var name = part(part);
        if (name.isEmpty()) {
            throw RefusedRequestException.bad("Missing service name");
        }
        return readable(name);
    }

    /// Of the peering that the path names; empty for a name that none can have.
    ///
    /// @throws RefusedRequestException 400 for what is no name at all, as of [#anyService]
    Optional<PeerName> anyPeering(String part) throws RefusedRequestException {
        try {
            return Optional.of(PeerName.of(readable(part(part))));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static String readable(String name) throws RefusedRequestException {
        if (name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw RefusedRequestException.bad(
                    "name: expected at most "
                            + MAX_NAME
                            + " printable characters; found "
                            + name.length()
                            + ": '"
                            + ForeignText.shown(name)
                            + "'");
        }
        return name;
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
