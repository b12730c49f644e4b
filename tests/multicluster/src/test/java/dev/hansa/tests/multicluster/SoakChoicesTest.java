package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SoakChoicesTest {
    /// What two clients choose in three rounds.
    ///
    /// @param retries how often the first tries again in its first round
    private static List<Integer> chosen(long seed, int retries) {
        var all = new SoakChoices(seed);
        var one = all.another();
        var other = all.another();
        var chosen = new ArrayList<Integer>();
        for (var round = 0; round < 3; round++) {
            one.nextRound();
            chosen.add(one.of(1_000_000));
            for (var i = 0; round == 0 && i < retries; i++) {
                assertThat(one.millis(100)).isBetween(50, 100);
            }
            other.nextRound();
            chosen.add(other.of(1_000_000));
        }
        return chosen;
    }

    @Test
    void seedRepeatsEachClientsChoicesAndAnotherHasOthers() {
        assertThat(chosen(7, 0)).isEqualTo(chosen(7, 0)).doesNotHaveDuplicates();
        assertThat(chosen(8, 0)).doesNotContainAnyElementsOf(chosen(7, 0));
    }

    @Test
    void whoTriesAgainChoosesTheSameInTheNextRound() {
        assertThat(chosen(7, 5)).isEqualTo(chosen(7, 0));
    }

    /// A generator that no seed is behind would be one that no seed repeats.
    @Test
    void nothingElseIsDrawnInASoak() throws Exception {
        var sources =
                Checkout.ROOT.resolve(
                        "tests/multicluster/src/test/java/dev/hansa/tests/multicluster");
        var found = new ArrayList<Path>();
        try (var files = Files.newDirectoryStream(sources, "Soak*.java")) {
            for (var file : files) {
                found.add(file);
                if (!file.endsWith("SoakChoicesTest.java")) {
                    assertThat(file).content().doesNotContain("ThreadLocalRandom", "Math.random");
                }
            }
        }
        assertThat(found).hasSizeGreaterThan(10);
    }
}
