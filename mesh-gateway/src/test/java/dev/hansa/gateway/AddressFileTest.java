package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AddressFileTest {
    private static final Endpoint FIRST = new Endpoint("192.0.2.1", 443);

    @TempDir Path folder;
    private final Queue<Endpoint> moved = new ConcurrentLinkedQueue<>();
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();

    private AddressFile follow() {
        return AddressFile.follow(file(), FIRST, Duration.ofMillis(5), moved::add, events::add);
    }

    private Path file() {
        return folder.resolve("wan");
    }

    private void write(String text) throws IOException {
        Files.writeString(file(), text);
    }

    @Test
    void addressIsThatOfTheFileFromTheStartAndFollowsIt() throws Exception {
        write("[2001:db8::9]:8443\n");
        try (var _ = follow()) {
            // before anybody waits
            assertThat(moved).containsExactly(new Endpoint("2001:db8::9", 8443));

            write("lb.example:443");
            await().until(() -> moved.size() == 2);
            write("192.0.2.1:443");
            await().until(() -> moved.size() == 3);
        }
        assertThat(moved).last().isEqualTo(FIRST);
        assertThat(events)
                .last()
                .isEqualTo(new GatewayEvent.AddressChanged("lb.example:443", "192.0.2.1:443"));
    }

    @Test
    void whatCannotBeReadIsSaidOnceAndChangesNothing() throws Exception {
        try (var _ = follow()) {
            write("");
            for (var wrong : List.of("nowhere", "x".repeat(301), "lb.example:0")) {
                var before = events.size();
                write(wrong);
                await().until(() -> events.size() > before);
                assertThat(events)
                        .last()
                        .isInstanceOfSatisfying(
                                GatewayEvent.AddressRefused.class,
                                refused -> assertThat(refused.sentence()).contains("expected"));
            }
            write("192.0.2.2:443");
            await().until(() -> !moved.isEmpty());
        }
        assertThat(moved).containsExactly(new Endpoint("192.0.2.2", 443));
        // however often it was looked at; a file may be seen while it is written
        assertThat(events)
                .filteredOn(GatewayEvent.AddressRefused.class::isInstance)
                .hasSizeLessThanOrEqualTo(6);
    }
}
