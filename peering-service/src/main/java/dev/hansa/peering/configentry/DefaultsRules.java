package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The rules of `service-defaults` and `proxy-defaults`.
final class DefaultsRules {
    private static final Set<String> PROTOCOLS = Set.of("", "tcp", "http", "http2", "grpc");

    /// A day; a longer time is a mistake in the unit, and must fit the proxies' protocol.
    private static final long MAX_MILLIS = 86_400_000;

    private static final int MAX_PORT = 65535;

    private DefaultsRules() {}

    static void service(ObjectNode entry) throws InvalidEntryException {
        var name = EntryRules.named(entry);
        if (name.equals("*")) {
            throw forbidden(
                    "service-defaults name must be the name of a service, and not a wildcard");
        }
        EntryRules.service("service-defaults Name", name, false);
        protocol(entry.path("Protocol"));
        if (entry.has("UpstreamConfig") && entry.has("Destination")) {
            throw forbidden(
                    "UpstreamConfig and Destination are mutually exclusive for service defaults");
        }
        upstreams(entry.path("UpstreamConfig"));
        atLeastNone("max connections", entry.path("MaxInboundConnections"));
        for (var field : List.of("LocalConnectTimeoutMs", "LocalRequestTimeoutMs")) {
            millis(field, entry.path(field));
        }
        atLeastNone("MaxRequestHeadersKB", entry.path("MaxRequestHeadersKB"));
        expose(entry.path("Expose"));
        destination(entry.path("Destination"));
    }

    private static void upstreams(JsonNode config) throws InvalidEntryException {
        var seen = new HashSet<String>();
        for (var override : config.path("Overrides")) {
            var name = override.path("Name").asText();
            var peer = override.path("Peer").asText();
            if (name.isEmpty()) {
                throw forbidden("error in upstream override: Name is required");
            }
            var where = "error in upstream override for " + ForeignText.shown(name);
            EntryRules.service(where + ": Name", name, false);
            if (!peer.isEmpty()) {
                EntryRules.peer(where + ": Peer", peer);
            }
            if (!seen.add(peer + "/" + name)) {
                throw forbidden(where + ": expected one for each upstream; found another");
            }
            upstream(where, override);
        }
        var defaults = config.path("Defaults");
        if (!defaults.path("Name").asText().isEmpty()) {
            throw forbidden("error in upstream defaults: Name must be empty");
        }
        if (!defaults.path("Peer").asText().isEmpty()) {
            throw forbidden("error in upstream defaults: Peer must be empty");
        }
        upstream("error in upstream defaults", defaults);
    }

    private static void upstream(String where, JsonNode upstream) throws InvalidEntryException {
        protocol(upstream.path("Protocol"));
        millis(where + ": ConnectTimeoutMs", upstream.path("ConnectTimeoutMs"));
        for (var limit : upstream.path("Limits").properties()) {
            atLeastNone(where + ": Limits." + limit.getKey(), limit.getValue());
        }
        var health = upstream.path("PassiveHealthCheck");
        for (var count : List.of("MaxFailures", "EnforcingConsecutive5xx", "MaxEjectionPercent")) {
            atLeastNone(where + ": PassiveHealthCheck." + count, health.path(count));
        }
        for (var percent : List.of("EnforcingConsecutive5xx", "MaxEjectionPercent")) {
            if (health.path(percent).asLong() > 100) {
                throw forbidden(
                        where
                                + ": PassiveHealthCheck."
                                + percent
                                + ": expected 0 to 100; found '"
                                + health.path(percent).asLong()
                                + "'");
            }
        }
        var partition = upstream.path("Partition").asText();
        if (!partition.isEmpty() && !partition.equals(SamenessGroup.LOCAL_PARTITION)) {
            throw forbidden(where + ": Setting Partition requires Consul Enterprise");
        }
    }

    private static void atLeastNone(String subject, JsonNode count) throws InvalidEntryException {
        if (count.asLong() < 0) {
            throw forbidden(subject + " cannot be negative");
        }
        if (count.asLong() > Integer.MAX_VALUE) {
            throw forbidden(
                    subject
                            + ": expected at most "
                            + Integer.MAX_VALUE
                            + "; found '"
                            + count.asLong()
                            + "'");
        }
    }

    private static void millis(String subject, JsonNode count) throws InvalidEntryException {
        if (count.asLong() < 0 || count.asLong() > MAX_MILLIS) {
            throw forbidden(
                    subject
                            + ": expected 0 to "
                            + MAX_MILLIS
                            + " milliseconds; found '"
                            + count.asLong()
                            + "'");
        }
    }

    private static void expose(JsonNode expose) throws InvalidEntryException {
        var paths = expose.path("Paths");
        for (var i = 0; i < paths.size(); i++) {
            var path = paths.get(i).path("Path").asText();
            if (!path.isEmpty() && !path.startsWith("/")) {
                throw forbidden(
                        "Expose.Paths["
                                + i
                                + "].Path: expected one that begins with '/'; found '"
                                + ForeignText.shown(path)
                                + "'");
            }
            for (var port : List.of("ListenerPort", "LocalPathPort")) {
                var number = paths.get(i).path(port).asLong();
                if (number < 0 || number > MAX_PORT) {
                    throw forbidden("Invalid Port number " + number);
                }
            }
        }
    }

    private static void destination(JsonNode destination) throws InvalidEntryException {
        if (!destination.isObject()) {
            return;
        }
        if (destination.path("Addresses").isEmpty()) {
            throw forbidden("Destination must contain at least one valid address");
        }
        var port = destination.path("Port").asLong();
        if (port < 1 || port > MAX_PORT) {
            throw forbidden("Invalid Port number " + port);
        }
    }

    private static void protocol(JsonNode protocol) throws InvalidEntryException {
        if (!PROTOCOLS.contains(protocol.asText())) {
            throw forbidden(
                    "invalid value for protocol: "
                            + ForeignText.shown(protocol.asText())
                            + ": expected tcp, http, http2 or grpc");
        }
    }

    static void proxy(ObjectNode entry) throws InvalidEntryException {
        var name = entry.path("Name").asText();
        if (!name.equals("global")) {
            throw forbidden(
                    "invalid name (\""
                            + ForeignText.shown(name)
                            + "\"), only \"global\" is supported");
        }
        var config = entry.path("Config");
        if (!config.isMissingNode() && !config.isObject()) {
            throw InvalidEntryException.unreadable(
                    "proxy-defaults: Config: expected an object; found '"
                            + ForeignText.shown(config.toString())
                            + "'");
        }
        var protocol = config.path("protocol");
        if (!protocol.isMissingNode() && !protocol.isTextual()) {
            throw forbidden(
                    "invalid value for protocol: expected tcp, http, http2 or grpc; found '"
                            + ForeignText.shown(protocol.toString())
                            + "'");
        }
        protocol(protocol);
        failoverMode("FailoverPolicy", entry.path("FailoverPolicy"));
        byLocality(entry.path("PrioritizeByLocality"));
        expose(entry.path("Expose"));
        var logs = entry.path("AccessLogs");
        if (logs.path("Type").asText().equals("file") == logs.path("Path").asText().isEmpty()) {
            throw forbidden(
                    "AccessLogs.Path: expected one exactly when the Type is 'file'; found '"
                            + ForeignText.shown(logs.path("Path").asText())
                            + "'");
        }
        if (!logs.path("JSONFormat").asText().isEmpty()
                && !logs.path("TextFormat").asText().isEmpty()) {
            throw forbidden("AccessLogs: expected JSONFormat or TextFormat; found both");
        }
    }

    /// Sequential is what always holds; by locality would be another order than is followed.
    static void failoverMode(String where, JsonNode policy) throws InvalidEntryException {
        var mode = policy.path("Mode").asText();
        if (mode.equals("order-by-locality")) {
            throw forbidden(
                    where
                            + ": order-by-locality is not supported: expected '' or 'sequential', or Meta hansa-failover-mode 'latency', which goes by what sidecars measure");
        }
        if (!mode.isEmpty() && !mode.equals("sequential")) {
            throw forbidden(
                    where
                            + ": Failover-policy mode must be one of '', 'sequential', or 'order-by-locality'; found '"
                            + ForeignText.shown(mode)
                            + "'");
        }
        if (!policy.path("Regions").isEmpty()) {
            throw forbidden(
                    where + ": Regions are not supported: expected Targets in the order to try");
        }
    }

    static void byLocality(JsonNode locality) throws InvalidEntryException {
        var mode = locality.path("Mode").asText();
        if (!mode.isEmpty() && !mode.equals("none")) {
            throw forbidden(
                    "Prioritize-by-locality requires Consul Enterprise: expected '' or 'none'; found '"
                            + ForeignText.shown(mode)
                            + "'");
        }
    }
}
