package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three servers, and the sidecars of a caller and of the only instance that it calls. However a
/// leader goes, that says nothing about the instance: there is nobody to fail over to.
class LeaderChangesIT {
    private static final String PREFIX = "127.115.0";
    private static final String APPLICATION = PREFIX + ".10:8080";
    private static final Duration SEEN = Duration.ofMinutes(1);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final InetSocketAddress upstream = new InetSocketAddress(PREFIX + ".20", 5001);
    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void noRequestFailsHoweverALeaderGoes(@TempDir Path folder) throws Exception {
        var flags = List.of("--intentions-default-allow", "true");
        var proxies = new ArrayList<Process>();
        try (client;
                var load = new EchoLoad();
                var eks = new ServerGroup("eks", PREFIX, folder, 3, flags)) {
            load.serve(PREFIX + ".10", 8080);
            eks.start();
            proxies.add(sidecar(eks, folder, "echo", ".10", ""));
            proxies.add(sidecar(eks, folder, "caller", ".20", "echo:5001"));
            await().atMost(SEEN).until(() -> EchoLoad.answers(upstream));
            load.start(upstream, 4, 4);

            for (var number = 0; number < eks.count(); number++) {
                // whichever is asked
                var former = eks.awaitLeader();
                eks.must(number, "POST", "/v1/operator/raft/transfer-leader", "");
                await().atMost(SEEN).until(() -> leadsAnother(eks, former));
                awaitWhole();
            }

            var paused = eks.awaitLeader();
            eks.signal(paused, "STOP");
            await().atMost(SEEN).until(() -> leadsAnother(eks, paused));
            eks.signal(paused, "CONT");
            awaitWhole();

            var killed = eks.awaitLeader();
            eks.kill(killed);
            eks.start(killed);
            eks.awaitAnswer(killed);
            awaitWhole();

            var stopped = eks.awaitLeader();
            eks.signal(stopped, "TERM");
            await().atMost(SEEN).until(() -> !eks.isRunning(stopped));
            eks.start(stopped);
            eks.awaitAnswer(stopped);
            awaitWhole();

            var before = load.shortConnections();
            await().atMost(SEEN).until(() -> load.shortConnections() > before + 100);
            load.stop();
            System.out.println("leaders changed: " + load.shortConnections() + " connections");
            assertThat(load.failures()).isEmpty();
        } finally {
            proxies.forEach(Process::destroyForcibly);
        }
    }

    private static boolean leadsAnother(ServerGroup group, int former) throws Exception {
        return group.leader().filter(number -> number != former).isPresent();
    }

    private Process sidecar(
            ServerGroup servers, Path folder, String service, String host, String upstream)
            throws IOException, InterruptedException {
        servers.joinToken(
                folder.resolve(service + ".token"),
                ServerGroup.text(Map.of("Services", List.of(service))));
        var settings =
                new SidecarFile(
                                service,
                                service,
                                PREFIX + host,
                                PREFIX + host,
                                APPLICATION,
                                upstream)
                        .write(folder);
        return Checkout.start(
                Checkout.target("leader-changes-" + service + ".log"),
                "sidecar",
                "--config",
                settings.toString(),
                "--exit-with-parent");
    }

    /// Until both sidecars are with a leader.
    private void awaitWhole() {
        for (var service : List.of("echo", "caller")) {
            var host = PREFIX + (service.equals("echo") ? ".10" : ".20");
            await().atMost(SEEN)
                    .until(() ->
                            JSON.readTree(
                                            client.send(
                                                            HttpRequest.newBuilder(
                                                                            URI.create(
                                                                                    "http://"
                                                                                            + host
                                                                                            + ":19000/health"))
                                                                    .build(),
                                                            HttpResponse.BodyHandlers.ofString())
                                                    .body())
                                    .path("services")
                                    .path(service)
                                    .path("control")
                                    .asText()
                                    .equals("connected"));
        }
    }
}
