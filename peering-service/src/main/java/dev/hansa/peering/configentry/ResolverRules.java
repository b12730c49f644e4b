package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.filter.Filter;
import dev.hansa.exportedservices.filter.InstanceFields;
import dev.hansa.exportedservices.filter.InvalidFilterException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The rules of a `service-resolver`. What would send traffic elsewhere than Consul sends it, were
/// it taken and not acted on, is refused.
final class ResolverRules {
    private static final Pattern SUBSET = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(1);
    private static final Duration LONGEST_TIMEOUT = Duration.ofHours(24);

    private static final Set<String> BALANCERS =
            Set.of("", "random", "round_robin", "least_request", "ring_hash", "maglev");

    private final ObjectNode entry;
    private final JsonNode subsets;

    private ResolverRules(ObjectNode entry) {
        this.entry = entry;
        this.subsets = entry.path("Subsets");
    }

    static void hold(ObjectNode entry) throws InvalidEntryException {
        EntryRules.service("service-resolver Name", EntryRules.named(entry), false);
        var rules = new ResolverRules(entry);
        rules.subsets();
        rules.redirect();
        rules.failovers();
        rules.rest();
    }

    private void subsets() throws InvalidEntryException {
        for (var subset : subsets.properties()) {
            var name = subset.getKey();
            if (name.isEmpty()) {
                throw forbidden("Subset defined with empty name");
            }
            if (!SUBSET.matcher(name).matches()) {
                throw forbidden(
                        "Subset \""
                                + ForeignText.shown(name)
                                + "\" is invalid: must be 63 characters or fewer, begin or end with lower case alphanumeric characters, and contain lower case alphanumeric characters or '-' in between");
            }
            try {
                filter(subset.getValue());
            } catch (InvalidFilterException e) {
                throw forbidden(
                        "Filter for subset \""
                                + name
                                + "\" is not a valid expression: "
                                + e.sentence());
            }
        }
        var standard = entry.path("DefaultSubset").asText();
        if (!isSubset(standard)) {
            throw forbidden(
                    "DefaultSubset \"" + ForeignText.shown(standard) + "\" is not a valid subset");
        }
    }

    /// What a subset asks of an instance; empty when it takes all.
    static Optional<Filter<ServiceInstance>> filter(JsonNode subset) throws InvalidFilterException {
        var text = subset.path("Filter").asText();
        return text.isBlank()
                ? Optional.empty()
                : Optional.of(Filter.parse(text, InstanceFields.HEALTH));
    }

    private boolean isSubset(String name) {
        return name.isEmpty() || subsets.has(name);
    }

    private void redirect() throws InvalidEntryException {
        var redirect = entry.path("Redirect");
        if (redirect.isMissingNode()) {
            return;
        }
        if (!entry.path("Failover").isEmpty()) {
            throw forbidden("Redirect and Failover cannot both be set");
        }
        if (none(redirect, "Service", "ServiceSubset", "Partition", "Datacenter", "Peer")
                && none(redirect, "SamenessGroup")) {
            throw forbidden("Redirect is empty");
        }
        if (both(redirect, "Peer", "ServiceSubset")) {
            throw forbidden("Redirect.Peer cannot be set with Redirect.ServiceSubset");
        }
        if (both(redirect, "Partition", "Peer")) {
            throw forbidden("Redirect.Partition cannot be set with Redirect.Peer");
        }
        if (both(redirect, "Peer", "Datacenter")) {
            throw forbidden("Redirect.Peer cannot be set with Redirect.Datacenter");
        }
        for (var needy : List.of("ServiceSubset", "Partition", "Peer")) {
            if (has(redirect, needy) && !has(redirect, "Service")) {
                throw forbidden("Redirect." + needy + " defined without Redirect.Service");
            }
        }
        if (has(redirect, "SamenessGroup")) {
            for (var other : List.of("Peer", "ServiceSubset", "Datacenter", "Partition")) {
                if (has(redirect, other)) {
                    throw forbidden(
                            "Redirect." + other + " cannot be set with Redirect.SamenessGroup");
                }
            }
            EntryRules.label("Redirect.SamenessGroup", redirect.path("SamenessGroup").asText());
        }
        enterprise("Redirect: ", redirect, "Partition");
        named("Redirect", redirect);
        unsupported("Redirect", redirect);
        if (has(redirect, "Service")) {
            EntryRules.service("Redirect.Service", redirect.path("Service").asText(), false);
        }
        if (has(redirect, "Peer")) {
            EntryRules.peer("Redirect.Peer", redirect.path("Peer").asText());
        }
        var own = entry.path("Name").asText();
        if (redirect.path("Service").asText().equals(own)
                && none(redirect, "ServiceSubset", "Peer", "SamenessGroup")) {
            throw forbidden("detected circular resolver redirect: [" + own + " -> " + own + "]");
        }
    }

    private void failovers() throws InvalidEntryException {
        for (var failover : entry.path("Failover").properties()) {
            var subset = failover.getKey();
            var where = "Bad Failover[\"" + ForeignText.shown(subset) + "\"]";
            if (!subset.equals("*") && (subset.isEmpty() || !isSubset(subset))) {
                throw forbidden(where + ": not a valid subset subset");
            }
            failover(where, failover.getValue());
        }
    }

    private void failover(String where, JsonNode failover) throws InvalidEntryException {
        var targets = failover.path("Targets");
        var datacenters = failover.path("Datacenters");
        if (none(failover, "Service", "ServiceSubset", "SamenessGroup")
                && targets.isEmpty()
                && datacenters.isEmpty()) {
            throw forbidden(
                    where
                            + ": one of Service, ServiceSubset, Namespace, Targets, SamenessGroup, or Datacenters is required");
        }
        if (!targets.isEmpty()) {
            if (!datacenters.isEmpty()) {
                throw forbidden(where + ": Targets cannot be set with Datacenters");
            }
            for (var other : List.of("ServiceSubset", "Service")) {
                if (has(failover, other)) {
                    throw forbidden(where + ": Targets cannot be set with " + other);
                }
            }
        }
        for (var datacenter : datacenters) {
            if (datacenter.asText().isEmpty()) {
                throw forbidden(where + ".Datacenters: found empty datacenter");
            }
        }
        if (has(failover, "SamenessGroup")) {
            if (!targets.isEmpty() || !datacenters.isEmpty() || has(failover, "ServiceSubset")) {
                throw forbidden(
                        where
                                + ": SamenessGroup cannot be set with Targets, Datacenters or ServiceSubset");
            }
            EntryRules.label(where + ".SamenessGroup", failover.path("SamenessGroup").asText());
        }
        DefaultsRules.failoverMode(where + ".Policy", failover.path("Policy"));
        for (var i = 0; i < targets.size(); i++) {
            target(where + ".Targets[" + i + "]", targets.get(i));
        }
        if (!datacenters.isEmpty()) {
            throw forbidden(
                    where
                            + ": Datacenters are not supported yet: expected Targets with a Peer each");
        }
        unsupported(where, failover);
        named(where, failover);
        if (has(failover, "Service")) {
            EntryRules.service(where + ".Service", failover.path("Service").asText(), false);
        }
    }

    private void target(String where, JsonNode target) throws InvalidEntryException {
        var never =
                List.of(
                        List.of("Peer", "ServiceSubset"),
                        List.of("Partition", "Peer"),
                        List.of("Peer", "Datacenter"),
                        List.of("Partition", "Datacenter"));
        for (var pair : never) {
            if (both(target, pair.get(0), pair.get(1))) {
                throw forbidden(where + ": " + pair.get(0) + " cannot be set with " + pair.get(1));
            }
        }
        enterprise(where + ": ", target, "Partition");
        unsupported(where, target);
        named(where, target);
        if (none(target, "Service", "ServiceSubset", "Peer")) {
            throw forbidden(
                    where + ": expected a Service, a ServiceSubset, a Peer or more; found none");
        }
        if (has(target, "Service")) {
            EntryRules.service(where + ".Service", target.path("Service").asText(), false);
        }
        if (has(target, "Peer")) {
            EntryRules.peer(where + ".Peer", target.path("Peer").asText());
        }
    }

    private void rest() throws InvalidEntryException {
        for (var field : List.of("ConnectTimeout", "RequestTimeout")) {
            var timeout = entry.path(field).asText("0s");
            if (timeout.startsWith("-")) {
                throw forbidden("Bad " + field + " '" + timeout + "', must be >= 0");
            }
            var read = GoDuration.parse(timeout);
            if (!read.isZero()
                    && (read.compareTo(SHORTEST_TIMEOUT) < 0
                            || read.compareTo(LONGEST_TIMEOUT) > 0)) {
                throw forbidden(field + ": expected 0, or 1ms to 24h; found '" + timeout + "'");
            }
        }
        DefaultsRules.byLocality(entry.path("PrioritizeByLocality"));
        PreferenceRules.hold(entry);
        balancer(entry.path("LoadBalancer"));
    }

    /// A sidecar spreads whole connections in turn, which is as good as random or least_request;
    /// what would tie a caller to one instance is not taken, since nothing would tie it.
    private static void balancer(JsonNode balancer) throws InvalidEntryException {
        var policy = balancer.path("Policy").asText();
        if (!BALANCERS.contains(policy)) {
            throw forbidden(
                    "Bad LoadBalancer policy: \""
                            + ForeignText.shown(policy)
                            + "\" is not supported");
        }
        var hashes = List.of("ring_hash", "maglev").contains(policy);
        if (!balancer.path("RingHashConfig").isEmpty() && !policy.equals("ring_hash")) {
            throw incompatible("RingHashConfig", policy);
        }
        if (!balancer.path("LeastRequestConfig").isEmpty() && !policy.equals("least_request")) {
            throw incompatible("LeastRequestConfig", policy);
        }
        if (!balancer.path("HashPolicies").isEmpty() && !hashes) {
            throw forbidden(
                    "Bad LoadBalancer configuration. HashPolicies specified for non-hash-based Policy: \""
                            + policy
                            + "\"");
        }
        if (hashes) {
            throw forbidden(
                    "LoadBalancer.Policy: "
                            + policy
                            + " is not supported yet: expected random, round_robin or least_request; sidecars tie no caller to an instance");
        }
    }

    private static InvalidEntryException incompatible(String config, String policy) {
        return forbidden(
                "Bad LoadBalancer configuration. "
                        + config
                        + " specified for incompatible load balancing policy \""
                        + policy
                        + "\"");
    }

    private static void enterprise(String where, JsonNode node, String... fields)
            throws InvalidEntryException {
        for (var field : fields) {
            if (has(node, field)) {
                throw forbidden(where + "Setting " + field + " requires Consul Enterprise");
            }
        }
    }

    private static void unsupported(String where, JsonNode node) throws InvalidEntryException {
        if (has(node, "Datacenter")) {
            throw forbidden(
                    where
                            + ": Datacenter is not supported yet: expected a Service, a Peer or both");
        }
    }

    /// Of another service, whose entry may come later: it must at least be a name.
    private static void named(String where, JsonNode node) throws InvalidEntryException {
        var subset = node.path("ServiceSubset").asText();
        if (!subset.isEmpty() && !SUBSET.matcher(subset).matches()) {
            throw forbidden(
                    where
                            + ".ServiceSubset: expected the name of a subset; found '"
                            + ForeignText.shown(subset)
                            + "'");
        }
    }

    private static boolean has(JsonNode node, String field) {
        return !node.path(field).asText().isEmpty();
    }

    private static boolean none(JsonNode node, String... fields) {
        return List.of(fields).stream().noneMatch(field -> has(node, field));
    }

    private static boolean both(JsonNode node, String one, String other) {
        return has(node, one) && has(node, other);
    }
}
