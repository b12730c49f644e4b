package dev.hansa.peering.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.HeldTimer;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.store.TestStore;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProxyRegistrationsTest {
    private static final List<ServiceInstance> WEB =
            List.of(
                    TestStore.registered(
                            "vm-1",
                            "a",
                            "web",
                            List.of(
                                    new HealthCheck(
                                            "port", "port", CheckStatus.PASSING, "", "tcp"))));

    private final LiveCatalog catalog = new LiveCatalog();
    private final HeldTimer timer = new HeldTimer();
    private final ProxyRegistrations registrations =
            new ProxyRegistrations(catalog, timer, _ -> {});

    @AfterEach
    void stop() {
        timer.close();
    }

    private CheckStatus web() {
        return catalog.snapshots().get().named("web").getFirst().status();
    }

    @Test
    void proxyThatHasNotComeBackInTimeIsMissed() {
        registrations.remembered(Map.of("proxy", WEB));
        assertThat(web()).isEqualTo(CheckStatus.PASSING);

        timer.runFirst();

        assertThat(web()).isEqualTo(CheckStatus.CRITICAL);
    }

    @Test
    void proxyThatComesBackWhileItsTimeEndsIsNotMissed() {
        registrations.remembered(Map.of("proxy", WEB));
        registrations.publish("proxy", new Object(), WEB);

        timer.runFirst();

        assertThat(web()).isEqualTo(CheckStatus.PASSING);
    }
}
