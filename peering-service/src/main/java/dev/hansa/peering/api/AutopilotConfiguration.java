package dev.hansa.peering.api;

import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.configentry.GoDuration;
import java.time.Duration;

/// How servers are looked after, in the shape in which Consul's clients read and write it. Settings
/// of each server say it.
///
/// @param deadAfter how long a server may be silent before it is removed; zero: for ever
/// @param wellWithin how long it may be silent and is well
record AutopilotConfiguration(Duration deadAfter, Duration wellWithin) {
    private static final long INDEX = 1;

    ObjectNode json() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("CleanupDeadServers", !deadAfter.isZero())
                .put("LastContactThreshold", GoDuration.format(wellWithin))
                // none is called unwell for it, and Consul's own default passes for that
                .put("MaxTrailingLogs", 250)
                .put("MinQuorum", 0)
                .put("ServerStabilizationTime", "0s")
                .put("RedundancyZoneTag", "")
                .put("DisableUpgradeMigration", false)
                .put("UpgradeVersionTag", "")
                .put("CreateIndex", INDEX)
                .put("ModifyIndex", INDEX);
    }

    /// Takes what there is.
    ///
    /// @param wanted as a client writes it; what it leaves out, or at Go's zero, stays
    /// @throws RefusedRequestException when it would be another
    void require(JsonFields wanted) throws RefusedRequestException {
        for (var held : json().properties()) {
            var name = held.getKey();
            if (name.endsWith("Index")) {
                continue;
            }
            var given = wanted.field(name);
            if (given.isPresent() && !isSame(held.getValue(), given.get())) {
                throw bad(
                        name
                                + ": expected '"
                                + held.getValue().asText()
                                + "', as it is"
                                + (name.equals("CleanupDeadServers")
                                        ? " (setting raft.dead-after)"
                                        : "")
                                + "; found '"
                                + ForeignText.shown(given.get().asText())
                                + "'");
            }
        }
    }

    private static boolean isSame(JsonNode held, JsonNode given) {
        return switch (held.getNodeType()) {
            // there is no third state of it that could mean: as before
            case BOOLEAN -> held.equals(given);
            case NUMBER -> given.asLong() == 0 || given.asLong() == held.asLong();
            case STRING -> given.asText().isEmpty() || isSame(held.asText(), given);
            case ARRAY, BINARY, MISSING, NULL, OBJECT, POJO -> held.equals(given);
        };
    }

    /// A duration may come as Go's count of nanoseconds.
    private static boolean isSame(String held, JsonNode given) {
        if (given.isIntegralNumber()) {
            return given.longValue() == 0
                    || held.equals(GoDuration.format(Duration.ofNanos(given.longValue())));
        }
        var text = given.asText();
        return text.equals(held) || text.equals("0s");
    }

    /// Whether the caller's `cas` is of another configuration.
    static boolean isOutdated(ApiRequest request) {
        var cas = request.parameter("cas").orElse("");
        return !cas.isEmpty() && !cas.equals(Long.toString(INDEX));
    }
}
