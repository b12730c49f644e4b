package dev.hansa.peering.configentry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.hansa.failover.FailoverPolicy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// What entries must satisfy together: what one names must be there, and redirects must end. Two
/// writes at the same moment may each be right and wrong together; the resolver bears that, and
/// says so in its evidence.
final class EntryGraph {
    private static final Set<String> HTTP_LIKE = Set.of("http", "http2", "grpc");

    private final Entries entries;
    private final Set<String> problems = new LinkedHashSet<>();

    private EntryGraph(Entries entries) {
        this.entries = entries;
    }

    /// All entries, by kind and name.
    record Entries(Map<String, Map<String, JsonNode>> byKind) {
        Map<String, JsonNode> of(String kind) {
            return byKind.getOrDefault(kind, Map.of());
        }

        JsonNode of(String kind, String name) {
            return of(kind).getOrDefault(name, MissingNode.getInstance());
        }
    }

    /// The first problem that entries have and did not have before.
    static Optional<String> newProblem(Entries before, Entries after) {
        var found = problems(after);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        found.removeAll(problems(before));
        return found.stream().findFirst();
    }

    private static Set<String> problems(Entries entries) {
        var graph = new EntryGraph(entries);
        graph.groups();
        entries.of(Schemas.SERVICE_RESOLVER).forEach(graph::resolver);
        graph.exports();
        entries.of(Schemas.SERVICE_INTENTIONS)
                .forEach((name, entry) ->
                        entry.path("Sources")
                                .forEach(source ->
                                        graph.group(
                                                "service-intentions \"" + name + "\"",
                                                source.path("SamenessGroup").asText())));
        return graph.problems;
    }

    private void groups() {
        var defaults = new ArrayList<String>();
        var groupOf = new TreeMap<String, String>();
        for (var group : entries.of(Schemas.SAMENESS_GROUP).values()) {
            var read = SamenessGroup.of(group);
            if (read.defaultForFailover()) {
                defaults.add(read.name());
            }
            for (var peer : read.peers()) {
                var other = groupOf.putIfAbsent(peer.value(), read.name());
                if (other != null) {
                    problems.add(
                            "members can only belong to a single sameness group, but cluster peer \""
                                    + peer
                                    + "\" is shared between groups \""
                                    + other
                                    + "\" and \""
                                    + read.name()
                                    + "\"");
                }
            }
        }
        if (defaults.size() > 1) {
            problems.add(
                    "only one sameness group can have DefaultForFailover; found it in \""
                            + String.join("\" and \"", defaults)
                            + "\"");
        }
    }

    private void group(String by, String name) {
        if (!name.isEmpty() && !entries.of(Schemas.SAMENESS_GROUP).containsKey(name)) {
            problems.add(
                    by + " expects a sameness-group named \"" + name + "\", and there is none");
        }
    }

    private void resolver(String name, JsonNode resolver) {
        var redirect = resolver.path("Redirect");
        subset(name, name, redirect);
        group("service-resolver \"" + name + "\"", redirect.path("SamenessGroup").asText());
        for (var failover : resolver.path("Failover")) {
            subset(name, name, failover);
            group("service-resolver \"" + name + "\"", failover.path("SamenessGroup").asText());
            failover.path("Targets").forEach(target -> subset(name, name, target));
            protocol(name, failover);
            failover.path("Targets").forEach(target -> protocol(name, target));
        }
        if (!redirect.isMissingNode()) {
            circle(name);
            protocol(name, redirect);
        }
        if (!entries.of(Schemas.SERVICE_DEFAULTS, name).path("ExternalSNI").asText().isEmpty()) {
            var what =
                    !redirect.isMissingNode()
                            ? "redirects"
                            : !resolver.path("Subsets").isEmpty()
                                    ? "subsets"
                                    : !resolver.path("Failover").isEmpty() ? "failover" : "";
            if (!what.isEmpty()) {
                problems.add(
                        "service \""
                                + name
                                + "\" has an external SNI set; cannot define "
                                + what
                                + " for external services");
            }
        }
    }

    private void subset(String by, String otherwise, JsonNode node) {
        var subset = node.path("ServiceSubset").asText();
        var service = node.path("Service").asText();
        var named = service.isEmpty() ? otherwise : service;
        if (!subset.isEmpty()
                && !entries.of(Schemas.SERVICE_RESOLVER, named).path("Subsets").has(subset)) {
            problems.add(
                    "service \""
                            + named
                            + "\" does not have a subset named \""
                            + subset
                            + "\", which service-resolver \""
                            + by
                            + "\" expects");
        }
    }

    /// Redirects of a service to a subset of itself end there.
    private void circle(String from) {
        var seen = new LinkedHashSet<String>();
        var at = from;
        while (seen.add(at)) {
            if (seen.size() > FailoverPolicy.MOST_REDIRECTS) {
                problems.add(
                        "service-resolver \""
                                + from
                                + "\": expected at most "
                                + FailoverPolicy.MOST_REDIRECTS
                                + " redirects in a row; found more");
                return;
            }
            var redirect = entries.of(Schemas.SERVICE_RESOLVER, at).path("Redirect");
            var next = redirect.path("Service").asText();
            if (next.isEmpty() || next.equals(at) || !redirect.path("Peer").asText().isEmpty()) {
                return;
            }
            at = next;
        }
        if (at.equals(from)) {
            problems.add(
                    "detected circular resolver redirect: ["
                            + String.join(" -> ", seen)
                            + " -> "
                            + at
                            + "]");
        }
    }

    /// What a service is carried by decides what may follow; of peers it is not known here.
    private void protocol(String chain, JsonNode node) {
        var service = node.path("Service").asText();
        if (service.isEmpty() || !node.path("Peer").asText().isEmpty()) {
            return;
        }
        var own = protocol(chain);
        var other = protocol(service);
        if (!own.equals(other)) {
            problems.add(
                    "discovery chain \""
                            + chain
                            + "\" uses inconsistent protocols; service \""
                            + service
                            + "\" has \""
                            + other
                            + "\" which is not \""
                            + own
                            + "\"");
        }
    }

    private String protocol(String service) {
        var own = entries.of(Schemas.SERVICE_DEFAULTS, service).path("Protocol").asText();
        var all =
                entries.of(Schemas.PROXY_DEFAULTS, "global")
                        .path("Config")
                        .path("protocol")
                        .asText();
        return !own.isEmpty() ? own : !all.isEmpty() ? all : "tcp";
    }

    private void advanced(String kind) {
        for (var name : entries.of(kind).keySet()) {
            if (!HTTP_LIKE.contains(protocol(name))) {
                problems.add(
                        "discovery chain \""
                                + name
                                + "\" uses a protocol \""
                                + protocol(name)
                                + "\" that does not permit advanced routing or splitting behavior");
            }
        }
    }

    /// A service that peers see is what runs here under its name: no peer is sent on to another,
    /// and the gateway follows no resolver. `*` is not looked at, since it states no name.
    private void exports() {
        advanced(Schemas.SERVICE_ROUTER);
        advanced(Schemas.SERVICE_SPLITTER);
        for (var service : entries.of(Schemas.EXPORTED_SERVICES, "default").path("Services")) {
            var name = service.path("Name").asText();
            var subject = "peer exported service \"" + name + "\" ";
            service.path("Consumers")
                    .forEach(consumer ->
                            group("exported-services", consumer.path("SamenessGroup").asText()));
            var redirect = entries.of(Schemas.SERVICE_RESOLVER, name).path("Redirect");
            if (!redirect.path("Peer").asText().isEmpty()
                    || !redirect.path("SamenessGroup").asText().isEmpty()) {
                problems.add(subject + "contains cross-peer resolver redirect");
            } else if (!redirect.isMissingNode()) {
                problems.add(
                        subject
                                + "uses protocol=\""
                                + protocol(name)
                                + "\" and cannot introduce new discovery chain targets like \""
                                + redirect.path("Service").asText()
                                + "\"");
            }
        }
    }
}
