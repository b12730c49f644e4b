package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DemoIsKilledIT {
    @Test
    void childrenAreGoneWithinFiveSeconds() throws IOException {
        var demo = Checkout.start(Checkout.target("killed.log"), "demo", "--once");
        try {
            // the demo itself, two servers, two gateways and some of the shop
            await().atMost(Duration.ofMinutes(5))
                    .until(() -> Checkout.processes().size() >= 8 || !demo.isAlive());
            assertThat(demo.isAlive()).isTrue();
        } finally {
            demo.destroyForcibly();
        }
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(Checkout.processes()).isEmpty());
    }
}
