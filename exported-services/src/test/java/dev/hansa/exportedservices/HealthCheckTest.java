package dev.hansa.exportedservices;

import static dev.hansa.exportedservices.Fixtures.check;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HealthCheckTest {
    private static String kept(String output) {
        return check("c", CheckStatus.PASSING).with(CheckStatus.PASSING, output).output();
    }

    @Test
    void outputIsCutToItsLongest() {
        assertThat(kept("x".repeat(4096))).hasSize(4096);
        assertThat(kept("x".repeat(5000))).isEqualTo("x".repeat(4096));
    }

    @Test
    void cutLeavesNoHalfOfACharacter() {
        var ship = "\uD83D\uDEA2";

        assertThat(kept("x".repeat(4095) + ship)).isEqualTo("x".repeat(4095));
        assertThat(kept("x".repeat(4094) + ship + "x")).isEqualTo("x".repeat(4094) + ship);
    }
}
