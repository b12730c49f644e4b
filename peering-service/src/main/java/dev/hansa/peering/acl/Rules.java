package dev.hansa.peering.acl;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What policies say, compiled. Of the rules about a name the one with exactly that name decides,
/// else the one with the longest prefix of it.
final class Rules {
    static final Rules NONE = new Builder().build();

    private final Map<Resource, Map<String, Level>> exact;
    private final Map<Resource, Map<String, Level>> prefixes;

    private Rules(Builder builder) {
        this.exact = copy(builder.exact);
        this.prefixes = copy(builder.prefixes);
    }

    private static Map<Resource, Map<String, Level>> copy(
            Map<Resource, Map<String, Level>> levels) {
        var copy = new EnumMap<Resource, Map<String, Level>>(Resource.class);
        levels.forEach((resource, byName) -> copy.put(resource, Map.copyOf(byName)));
        return copy;
    }

    /// Everything, at one level.
    static Rules everything(Level level) {
        var all = new Builder();
        for (var resource : Resource.values()) {
            if (resource.isNamed()) {
                all.prefix(resource, "", level);
            } else {
                all.whole(resource, level);
            }
        }
        return all.build();
    }

    /// A service and its sidecar may say who they are, and see whom they call and who may be
    /// called, as Consul's service identities may.
    static Rules ofService(String name) {
        return new Builder()
                .service(name, Level.WRITE)
                .service(name + "-sidecar-proxy", Level.WRITE)
                .services(Level.READ)
                .prefix(Resource.NODE, "", Level.READ)
                .build();
    }

    /// A node may say what it is, and see services and who may call them.
    static Rules ofNode(String name) {
        return new Builder().exact(Resource.NODE, name, Level.WRITE).services(Level.READ).build();
    }

    /// All of them together: where several speak of the same, [Level#stronger] holds.
    static Rules merged(Collection<Rules> all) {
        var merged = new Builder();
        for (var rules : all) {
            rules.exact.forEach((resource, levels) ->
                    levels.forEach((name, level) -> merged.exact(resource, name, level)));
            rules.prefixes.forEach((resource, levels) ->
                    levels.forEach((name, level) -> merged.prefix(resource, name, level)));
        }
        return merged.build();
    }

    /// @return empty: no rule speaks of it
    Optional<Level> level(Resource resource, String name) {
        var own = Optional.ofNullable(exact.getOrDefault(resource, Map.of()).get(name));
        if (own.isPresent()) {
            return own;
        }
        var byPrefix = prefixes.getOrDefault(resource, Map.of());
        // names are short, rules may be many
        for (var end = byPrefix.isEmpty() ? -1 : name.length(); end >= 0; end--) {
            var level = byPrefix.get(name.substring(0, end));
            if (level != null) {
                return Optional.of(level);
            }
        }
        return resource.fallback().flatMap(other -> level(other, ""));
    }

    /// All that is said of a named resource, and what holds for a name of which nothing is said.
    List<Level> levels(Resource resource, Level otherwise) {
        var all = new ArrayList<Level>(exact.getOrDefault(resource, Map.of()).values());
        var byPrefix = prefixes.getOrDefault(resource, Map.of());
        all.addAll(byPrefix.values());
        if (!byPrefix.containsKey("")) {
            all.add(otherwise);
        }
        return all;
    }

    /// Whether nothing at all is allowed.
    boolean isNothing() {
        return !anyAllows(exact) && !anyAllows(prefixes);
    }

    private static boolean anyAllows(Map<Resource, Map<String, Level>> levels) {
        return levels.values().stream()
                .flatMap(byName -> byName.values().stream())
                .anyMatch(level -> level != Level.DENY);
    }

    /// Collects rules; two about the same are one with [Level#stronger] of theirs.
    static final class Builder {
        private final Map<Resource, Map<String, Level>> exact = new EnumMap<>(Resource.class);
        private final Map<Resource, Map<String, Level>> prefixes = new EnumMap<>(Resource.class);

        Builder exact(Resource resource, String name, Level level) {
            return put(exact, resource, name, level);
        }

        Builder prefix(Resource resource, String prefix, Level level) {
            return put(prefixes, resource, prefix, level);
        }

        Builder whole(Resource resource, Level level) {
            return put(exact, resource, "", level);
        }

        /// Who may read or write a service may read its intentions.
        Builder service(String name, Level level) {
            return exact(Resource.SERVICE, name, level)
                    .exact(Resource.INTENTIONS, name, intentions(level));
        }

        /// The same for all services.
        Builder services(Level level) {
            return prefix(Resource.SERVICE, "", level)
                    .prefix(Resource.INTENTIONS, "", intentions(level));
        }

        private static Level intentions(Level service) {
            return service == Level.DENY ? Level.DENY : Level.READ;
        }

        private Builder put(
                Map<Resource, Map<String, Level>> levels,
                Resource resource,
                String name,
                Level level) {
            levels.computeIfAbsent(resource, _ -> new HashMap<>())
                    .merge(name, level, Level::stronger);
            return this;
        }

        Rules build() {
            return new Rules(this);
        }
    }
}
