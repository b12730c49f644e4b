package dev.hansa.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class LatestTest {
    @Test
    void watcherSeesThePresentValueAndEachLaterOneUntilItIsClosed() {
        var latest = new Latest<>(1);
        var seen = new ArrayList<Integer>();
        var subscription = latest.watch(seen::add);
        latest.set(2);
        subscription.close();
        latest.set(3);

        assertThat(seen).containsExactly(1, 2);
    }

    @Test
    void waiterIsWokenByTheValueItWaitsFor() throws Exception {
        var latest = new Latest<>(0);
        var writer =
                Thread.ofVirtual()
                        .start(() -> {
                            for (var i = 1; i <= 1000; i++) {
                                latest.set(i);
                            }
                        });

        assertThat(latest.await(value -> value == 1000, Duration.ofSeconds(10))).isEqualTo(1000);
        writer.join();
    }

    @Test
    void waitingIsBounded() throws Exception {
        assertThat(new Latest<>("old").await("new"::equals, Duration.ofMillis(1))).isEqualTo("old");
    }
}
