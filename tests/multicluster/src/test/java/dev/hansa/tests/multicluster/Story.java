package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.StreamSupport;

/// What a told story must have left.
final class Story {
    private static final String[] STEPS = {
        "up",
        "shop",
        "outage",
        "mesh",
        "peer",
        "export",
        "direct",
        "resolver",
        "failover",
        "order",
        "failback",
        "unexport",
        "delete"
    };

    private Story() {}

    static void assertTold(Checkout.Ended ended, Path report) throws IOException {
        assertThat(ended.status()).as(ended.output()).isZero();
        var told = new ObjectMapper().readTree(Files.readString(report));
        assertThat(told.path("version").asText()).isNotEmpty();
        assertThat(
                        StreamSupport.stream(told.path("steps").spliterator(), false)
                                .map(step -> step.path("id").asText()))
                .containsExactly(STEPS);
        assertThat(told.path("steps"))
                .allSatisfy(step -> {
                    assertThat(step.path("ok").asBoolean()).as(step.toString()).isTrue();
                    assertThat(step.path("ms").isNumber()).as(step.toString()).isTrue();
                });
        assertFigures(told);
        assertThat(Checkout.processes()).isEmpty();
    }

    private static void assertFigures(JsonNode told) {
        var failover = told.path("failover");
        // 50 a second for 10 s
        assertThat(failover.path("requests").asInt()).as("%s", told).isGreaterThanOrEqualTo(500);
        assertThat(failover.path("failed").isNumber()).as("%s", told).isTrue();
        assertThat(failover.path("first_success_ms").asDouble(-1)).as("%s", told).isNotNegative();
        assertThat(told.path("failback_ms").asDouble(-1)).as("%s", told).isNotNegative();
        assertThat(told.path("peering_established_ms").asDouble(-1)).as("%s", told).isPositive();
        assertThat(told.path("processes").asInt()).as("%s", told).isGreaterThanOrEqualTo(10);
    }
}
