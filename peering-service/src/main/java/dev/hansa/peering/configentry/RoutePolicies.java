package dev.hansa.peering.configentry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.exportedservices.filter.InvalidFilterException;
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.failover.FailoverPolicy.Subset;
import dev.hansa.failover.Route;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.UpstreamSettings;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/// What stored entries say about the way to a service.
final class RoutePolicies {
    private RoutePolicies() {}

    /// @param entry the service's resolver
    static FailoverPolicy policy(
            ServiceName service, Optional<JsonNode> entry, StoredGroups groups) {
        var resolver = entry.orElseGet(MissingNode::getInstance);
        var timeout = GoDuration.parse(resolver.path("ConnectTimeout").asText("0s"));
        var redirect = redirect(service, resolver.path("Redirect"), groups);
        return new FailoverPolicy(
                service,
                timeout.isZero() ? Route.DEFAULT_CONNECT_TIMEOUT : timeout,
                redirect,
                redirect.isEmpty()
                        ? failovers(service, resolver.path("Failover"), groups)
                        : Map.of(),
                resolver.path("DefaultSubset").asText(),
                subsets(resolver.path("Subsets")),
                PreferenceRules.of(resolver));
    }

    private static List<Destination> redirect(
            ServiceName service, JsonNode redirect, StoredGroups groups) {
        if (redirect.isMissingNode()) {
            return List.of();
        }
        var group = redirect.path("SamenessGroup").asText();
        return group.isEmpty()
                ? List.of(destination(service, redirect))
                : members(service, redirect, groups.named(group));
    }

    private static Map<String, List<Destination>> failovers(
            ServiceName service, JsonNode failovers, StoredGroups groups) {
        var all = new HashMap<String, List<Destination>>();
        for (var failover : failovers.properties()) {
            all.put(failover.getKey(), failover(service, failover.getValue(), groups));
        }
        if (!all.containsKey(FailoverPolicy.ANY_SUBSET)) {
            groups.forFailover()
                    .ifPresent(group ->
                            all.put(
                                    FailoverPolicy.ANY_SUBSET,
                                    members(
                                            service,
                                            MissingNode.getInstance(),
                                            Optional.of(group))));
        }
        return all;
    }

    private static List<Destination> failover(
            ServiceName service, JsonNode failover, StoredGroups groups) {
        var group = failover.path("SamenessGroup").asText();
        if (!group.isEmpty()) {
            return members(service, failover, groups.named(group));
        }
        if (failover.path("Targets").isEmpty()) {
            return List.of(destination(service, failover));
        }
        return StreamSupport.stream(failover.path("Targets").spliterator(), false)
                .map(target -> destination(service, target))
                .toList();
    }

    /// The same service at each member of a group, in the group's order. A group that is not there
    /// (any more) has no members, and then there is only what is here.
    private static List<Destination> members(
            ServiceName service, JsonNode node, Optional<SamenessGroup> group) {
        var named = destination(service, node).service();
        return group.map(found ->
                        found.members().stream()
                                .map(member -> new Destination(named, member))
                                .toList())
                .orElseGet(() -> List.of(new Destination(named, Optional.empty())));
    }

    private static Destination destination(ServiceName otherwise, JsonNode node) {
        var name = node.path("Service").asText();
        var peer = node.path("Peer").asText();
        return new Destination(
                name.isEmpty() ? otherwise : new ServiceName(name),
                node.path("ServiceSubset").asText(),
                peer.isEmpty() ? Optional.empty() : Optional.of(PeerName.of(peer)));
    }

    private static Map<String, Subset> subsets(JsonNode subsets) {
        var all = new HashMap<String, Subset>();
        for (var subset : subsets.properties()) {
            subset(subset.getValue()).ifPresent(found -> all.put(subset.getKey(), found));
        }
        return all;
    }

    /// Empty when a server of before took a filter that nobody can read: then the service has no
    /// such subset, which its targets say in their evidence, and no other service is touched.
    private static Optional<Subset> subset(JsonNode subset) {
        try {
            return Optional.of(
                    new Subset(
                            ResolverRules.filter(subset), subset.path("OnlyPassing").asBoolean()));
        } catch (InvalidFilterException _) {
            return Optional.empty();
        }
    }

    /// What a caller's `service-defaults` says of an upstream: the override that names it, field by
    /// field before the defaults. As in Consul since 1.16 an override is for an upstream at a peer
    /// exactly when it names that peer.
    static UpstreamSettings upstream(Optional<JsonNode> defaults, UpstreamName upstream) {
        if (defaults.isEmpty()) {
            return UpstreamSettings.NONE;
        }
        var config = defaults.get().path("UpstreamConfig");
        var peer = upstream.peer().map(PeerName::value).orElse("");
        var override =
                StreamSupport.stream(config.path("Overrides").spliterator(), false)
                        .filter(one ->
                                one.path("Name").asText().equals(upstream.service().value())
                                        && one.path("Peer").asText().equals(peer))
                        .findFirst()
                        .orElseGet(MissingNode::getInstance);
        var timeout = first(override, config, "/ConnectTimeoutMs");
        return new UpstreamSettings(
                timeout > 0 ? Optional.of(Duration.ofMillis(timeout)) : Optional.empty(),
                first(override, config, "/Limits/MaxConnections"));
    }

    private static int first(JsonNode override, JsonNode config, String pointer) {
        var own = count(override.at(pointer));
        return own > 0 ? own : count(config.path("Defaults").at(pointer));
    }

    /// Whatever an earlier server has taken: less than nothing is no limit.
    static int count(JsonNode number) {
        return Math.clamp(number.asLong(), 0, Integer.MAX_VALUE);
    }
}
