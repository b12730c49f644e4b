package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static Map<String, Object> active() {
        return Verdict.synced("it is there", Map.of("entry", "lke", "state", "ACTIVE"), true)
                .on(Map.of(), 1, NOW);
    }

    @Test
    void peeringThatIsGoneIsNotActiveAnyMore() {
        var after = Verdict.refused("PeeringGone", "it is gone").on(active(), 1, NOW);

        assertThat(active()).containsEntry("state", "ACTIVE");
        assertThat(after)
                .doesNotContainKey("state")
                .containsEntry("entry", "lke")
                .containsEntry("lastError", "it is gone");
        assertThat(after.toString()).contains("status=False");
    }

    @Test
    void whatAServerDidNotSayIsUnknown() {
        var after = Verdict.unknown("ServerUnreachable", "no answer").on(active(), 1, NOW);

        assertThat(after).doesNotContainKey("state").containsEntry("lastError", "no answer");
        assertThat(after.toString())
                .contains("status=Unknown")
                .doesNotContain("status=False", "status=True");
    }
}
