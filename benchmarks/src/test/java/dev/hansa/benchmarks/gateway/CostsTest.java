package dev.hansa.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class CostsTest {
    @Test
    void userAndSystemTimeAreAddedWhateverTheNameOfTheProgram() {
        var line = "42 (a) b) S 1 42 42 0 -1 4194560 100 200 3 4 150 50 7 8 20 0 9 0 100 1000 20";

        assertThat(Costs.processorSeconds(line)).isEqualTo(2.0);
    }

    @Test
    void ownProcessHasTimeAndMemory() throws IOException {
        assertThat(Costs.processorSeconds(ProcessHandle.current())).isPositive();
        assertThat(Costs.residentBytes(ProcessHandle.current())).isGreaterThan(10_000_000);
    }
}
