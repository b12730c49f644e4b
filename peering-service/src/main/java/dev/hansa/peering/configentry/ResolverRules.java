package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// The rules of a `service-resolver`. What would send traffic elsewhere than Consul sends it, were
/// it taken and not acted on, is refused.
final class ResolverRules {
    private static final Pattern SUBSET = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

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
        }
        var standard = entry.path("DefaultSubset").asText();
        if (!isSubset(standard)) {
            throw forbidden(
                    "DefaultSubset \"" + ForeignText.shown(standard) + "\" is not a valid subset");
        }
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
        enterprise("Redirect: ", redirect, "Partition", "SamenessGroup");
        unsupported("Redirect", redirect);
        if (has(redirect, "Service")) {
            EntryRules.service("Redirect.Service", redirect.path("Service").asText(), false);
        }
        if (has(redirect, "Peer")) {
            EntryRules.peer("Redirect.Peer", redirect.path("Peer").asText());
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
        enterprise(where + ": ", failover, "SamenessGroup");
        if (!failover.path("Policy").path("Mode").asText().isEmpty()) {
            throw forbidden(where + ": Setting failover policies requires Consul Enterprise");
        }
        for (var i = 0; i < targets.size(); i++) {
            target(where + ".Targets[" + i + "]", targets.get(i));
        }
        if (!datacenters.isEmpty()) {
            throw forbidden(
                    where
                            + ": Datacenters are not supported yet: expected Targets with a Peer each");
        }
        unsupported(where, failover);
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
        if (none(target, "Service", "Peer")) {
            throw forbidden(where + ": expected a Service, a Peer or both; found neither");
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
        }
        if (!entry.path("PrioritizeByLocality").path("Mode").asText().isEmpty()) {
            throw forbidden("Prioritize-by-locality requires Consul Enterprise");
        }
        var policy = entry.path("LoadBalancer").path("Policy").asText();
        if (!BALANCERS.contains(policy)) {
            throw forbidden(
                    "Bad LoadBalancer policy: \""
                            + ForeignText.shown(policy)
                            + "\" is not supported");
        }
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
        for (var field : List.of("ServiceSubset", "Datacenter")) {
            if (has(node, field)) {
                throw forbidden(
                        where
                                + ": "
                                + field
                                + " is not supported yet: expected a Service, a Peer or both");
            }
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
