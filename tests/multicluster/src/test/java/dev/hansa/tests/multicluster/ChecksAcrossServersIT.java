package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three servers are one agent: what is registered with one is known at each, and checked whoever
/// leads (ADR 0025).
class ChecksAcrossServersIT {
    private static final String PREFIX = "127.146.0";
    private static final Duration SEEN = Duration.ofMinutes(1);

    @Test
    void checkIsRunAndItsOwnerHeardWhoeverLeads(@TempDir Path folder) throws Exception {
        try (var eks = new ServerGroup("eks", PREFIX, folder, 3, List.of());
                var target = new ServerSocket(0, 50, InetAddress.getByName(PREFIX + ".100"))) {
            eks.start();
            register(
                    eks,
                    0,
                    "dialled",
                    Map.of("TCP", PREFIX + ".100:" + target.getLocalPort(), "Interval", "1s"));
            register(eks, 1, "spoken", Map.of("TTL", "1h"));
            register(eks, 2, "silent", Map.of("TTL", "4s"));
            eks.must(2, "PUT", "/v1/agent/check/pass/service:spoken?note=well", "");
            eks.must(0, "PUT", "/v1/agent/check/pass/service:silent", "");
            awaitStatus(eks, 1, "dialled", "passing");

            var killed = eks.awaitLeader();
            eks.kill(killed);
            eks.awaitLeader();

            for (var number : eks.running()) {
                awaitStatus(eks, number, "spoken", "passing");
                awaitStatus(eks, number, "dialled", "passing");
                awaitStatus(eks, number, "silent", "critical");
            }
            target.close();
            awaitStatus(eks, eks.running().getFirst(), "dialled", "critical");
            eks.must(
                    eks.running().getLast(),
                    "PUT",
                    "/v1/agent/check/fail/service:spoken?note=ill",
                    "");
            awaitStatus(eks, eks.running().getFirst(), "spoken", "critical");
            eks.must(eks.running().getLast(), "PUT", "/v1/agent/service/deregister/spoken", "");
            assertThat(checks(eks, eks.running().getFirst()).has("service:spoken")).isFalse();
        }
    }

    private static void register(
            ServerGroup eks, int number, String name, Map<String, String> check)
            throws IOException, InterruptedException {
        eks.must(
                number,
                "PUT",
                "/v1/agent/service/register",
                ServerGroup.text(Map.of("Name", name, "Check", check)));
    }

    private static JsonNode checks(ServerGroup eks, int number)
            throws IOException, InterruptedException {
        return eks.must(number, "GET", "/v1/agent/checks", "");
    }

    private static String status(ServerGroup eks, int number, String service)
            throws IOException, InterruptedException {
        return checks(eks, number).path("service:" + service).path("Status").asText();
    }

    /// One that has just been elected does not answer for a moment.
    private static void awaitStatus(ServerGroup eks, int number, String service, String expected) {
        await().atMost(SEEN)
                .untilAsserted(() -> assertThat(status(eks, number, service)).isEqualTo(expected));
    }
}
