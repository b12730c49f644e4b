package dev.hansa.benchmarks.sidecar;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RoundsTest {
    @Test
    void metricThatIsNoneIsNamedWithThoseThatAre() {
        assertThatThrownBy(() -> new Rounds.Sizes(1, 1, 1, List.of("tls_bulk", "tls_ful")))
                .hasMessageStartingWith("expected one of [tls_full, tls_full_hybrid,")
                .hasMessageEndingWith("found 'tls_ful'");
    }
}
