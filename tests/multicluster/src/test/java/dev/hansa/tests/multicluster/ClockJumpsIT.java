package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The clocks of one datacenter are set forward by an hour, then back by two, while its services
/// are called: what there is goes on, and what is made meanwhile is believed on both sides. Under
/// libfaketime a JVM starts ten times slower.
@Tag("long")
class ClockJumpsIT {
    private static final Duration SEEN = Duration.ofSeconds(60);

    /// Where Debian and Fedora install it; `LIBFAKETIME` names another place.
    private static final List<String> PLACES =
            List.of(
                    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
                    "/usr/lib64/faketime/libfaketime.so.1");

    private final InetSocketAddress upstream =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);

    @TempDir private Path folder;
    private Path clock;

    @BeforeEach
    void setClock() throws IOException {
        clock = folder.resolve("eks.clock");
        set(0);
    }

    @Test
    void hourForwardAndTwoBackBreakNothing() throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            pair.leafLife("72h");
            pair.environment(
                    "eks",
                    Map.of(
                            "LD_PRELOAD", library().toString(),
                            "FAKETIME_TIMESTAMP_FILE", clock.toString(),
                            "FAKETIME_CACHE_DURATION", "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                            "FAKETIME_DONT_RESET", "1"));
            load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
            load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
            pair.start();
            await().atMost(SEEN).until(() -> EchoLoad.answers(upstream));

            for (var hours : List.of(1, -1)) {
                jump(pair, hours);
            }
        }
    }

    private void jump(PeeredPair pair, int hours) throws Exception {
        var before = written(pair, "before-" + hours);
        try (var load = new EchoLoad()) {
            load.start(upstream, 2, 2);
            await().atMost(SEEN).until(() -> load.shortConnections() > 20);
            set(hours);
            await().atMost(SEEN).until(() -> isShifted(pair, hours));
            var then = load.shortConnections();

            assertThat(written(pair, "after-" + hours)).isGreaterThan(before);
            export(pair, "made-at-" + hours);
            await().atMost(SEEN).until(() -> isImported(pair, "made-at-" + hours));
            await().atMost(SEEN).until(() -> load.shortConnections() > then + 100);

            load.stop();
            assertThat(load.failures()).isEmpty();
        }
        // new certificates from both sides, each judged by the other's clock
        pair.replaceSidecar("eks", PeeredPair.EKS, "caller", PeeredPair.TO_ECHO);
        pair.replaceSidecar("lke", PeeredPair.LKE, "echo", "");
        await().atMost(SEEN).until(() -> EchoLoad.answers(upstream));
        // a new stream
        pair.kill("eks-server");
        pair.startServer("eks", PeeredPair.EKS);
        pair.awaitServer(PeeredPair.EKS);
        export(pair, "made-after-" + hours);
        await().atMost(SEEN).until(() -> isImported(pair, "made-after-" + hours));
        assertThat(written(pair, "again-" + hours)).isGreaterThan(before);
    }

    private void set(int hours) throws IOException {
        var next = folder.resolve("eks.clock.next");
        Files.writeString(next, "%+ds%n".formatted(hours * 3600));
        Files.move(
                next, clock, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /// As a token's own stamp says.
    private static boolean isShifted(PeeredPair pair, int hours) throws Exception {
        var token =
                pair.call(PeeredPair.EKS, "POST", "/v1/peering/token", "{\"PeerName\":\"clock\"}")
                        .path("PeeringToken")
                        .asText();
        var ahead =
                SignedToken.of(token).claims().path("iat").asLong()
                        - Instant.now().getEpochSecond();
        return Math.abs(ahead - hours * 3600L) < 600;
    }

    /// The index of an acknowledged write.
    private static long written(PeeredPair pair, String name) throws Exception {
        pair.call(
                PeeredPair.EKS,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"service-defaults\",\"Name\":\"" + name + "\"}");
        return pair.call(PeeredPair.EKS, "GET", "/v1/config/service-defaults/" + name, "")
                .path("ModifyIndex")
                .asLong();
    }

    private static void export(PeeredPair pair, String service) throws Exception {
        pair.call(
                PeeredPair.LKE,
                "PUT",
                "/v1/catalog/register",
                ServerGroup.text(
                        Map.of(
                                "Node",
                                service,
                                "Address",
                                "192.0.2.1",
                                "Service",
                                Map.of("ID", service, "Service", service, "Port", 80))));
        pair.call(
                PeeredPair.LKE,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":"
                        + "[{\"Name\":\"echo\",\"Consumers\":[{\"Peer\":\"eks\"}]},{\"Name\":\""
                        + service
                        + "\",\"Consumers\":[{\"Peer\":\"eks\"}]}]}");
    }

    private static boolean isImported(PeeredPair pair, String service) throws Exception {
        return !pair.call(PeeredPair.EKS, "GET", "/v1/health/service/" + service + "?peer=lke", "")
                .isEmpty();
    }

    private static Path library() {
        var named = System.getenv("LIBFAKETIME");
        var places = named == null ? PLACES : List.of(named);
        for (var place : places) {
            if (Files.exists(Path.of(place))) {
                return Path.of(place);
            }
        }
        System.err.println(
                "*** ClockJumpsIT SKIPPED, nothing was proved: expected libfaketime in " + places);
        return abort("no libfaketime");
    }
}
