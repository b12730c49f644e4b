package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.trustbundle.ca.CaMaterial;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// How the certificate authority is set up, in the shape in which Consul's clients read and write
/// it.
///
/// @param isOwn whether the root's key is ours
/// @param leafLife of certificates
record CaConfiguration(boolean isOwn, Duration leafLife) {
    ObjectNode json() {
        var json =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("Provider", isOwn ? "consul" : "external");
        var config = json.putObject("Config");
        lives().forEach((name, life) -> config.put(name, GoDuration.format(life)));
        json.putNull("State");
        return json.put("ForceWithoutCrossSigning", false)
                .put("CreateIndex", 1)
                .put("ModifyIndex", 1);
    }

    /// A root and an intermediate of somebody else's live as long as he has said.
    private Map<String, Duration> lives() {
        var lives = new LinkedHashMap<String, Duration>();
        lives.put("LeafCertTTL", leafLife);
        if (isOwn) {
            lives.put("IntermediateCertTTL", CaMaterial.INTERMEDIATE_LIFE);
            lives.put("RootCertTTL", CaMaterial.ROOT_LIFE);
        }
        return lives;
    }

    /// What a caller wants otherwise than it is; empty when nothing is.
    ///
    /// @param wanted as a client writes it; what it does not name stays
    Optional<String> difference(JsonFields wanted) throws RefusedRequestException {
        var provider = wanted.text("Provider");
        var own = json().path("Provider").asText();
        if (!provider.isEmpty() && !provider.equals(own)) {
            return Optional.of(unlike("Provider", own, "'" + ForeignText.shown(provider) + "'"));
        }
        var config = wanted.object("Config");
        if (config.isEmpty()) {
            return Optional.empty();
        }
        for (var each : config.get().properties()) {
            var expected = held(each.getKey());
            // a client writes back what it does not know as nothing
            if (!saysNothing(each.getValue())
                    && !expected.equals(Optional.of(said(each.getValue())))) {
                // what is no life may be a key
                return Optional.of(
                        unlike(
                                "Config." + ForeignText.shown(each.getKey()),
                                expected.orElse(""),
                                expected.isEmpty()
                                        ? "another"
                                        : "'" + ForeignText.shown(each.getValue().asText()) + "'"));
            }
        }
        return Optional.empty();
    }

    private static String unlike(String subject, String expected, String found) {
        return subject + ": expected '" + expected + "', as it is; found " + found;
    }

    private static boolean saysNothing(JsonNode value) {
        return value.isNull() || value.isTextual() && value.textValue().isEmpty();
    }

    private Optional<String> held(String name) {
        var bare = name.replace("_", "");
        return lives().entrySet().stream()
                .filter(life -> life.getKey().equalsIgnoreCase(bare))
                .findFirst()
                .map(life -> GoDuration.format(life.getValue()));
    }

    /// A duration as Go prints it, whether it came as text or as Go's count of nanoseconds.
    private static String said(JsonNode value) {
        try {
            return value.canConvertToLong()
                    ? GoDuration.format(Duration.ofNanos(value.longValue()))
                    : GoDuration.format(GoDuration.parse(value.asText()));
        } catch (IllegalArgumentException _) {
            return ForeignText.shown(value.asText());
        }
    }
}
