package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The clocks of one datacenter are set forward by an hour, then back by two, while its services
/// are called: what there is goes on, and what is made meanwhile is believed on both sides. Then
/// the clock of one server of three.
@Tag("long")
class ClockJumpsIT {
    private static final Duration SEEN = Duration.ofSeconds(60);

    private final InetSocketAddress upstream =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);

    @TempDir private Path folder;
    private ShiftedClock clock = new ShiftedClock(Path.of(""), Path.of(""));

    @BeforeEach
    void compile() throws IOException, InterruptedException {
        var compiled = ShiftedClock.compile(folder);
        assumeTrue(compiled.isPresent(), "no C compiler works here");
        clock = compiled.orElseThrow();
    }

    @Test
    void hourForwardAndTwoBackBreakNothing() throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            pair.leafLife("72h");
            pair.environment("eks", clock.environment());
            load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
            load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
            pair.start();
            await().atMost(SEEN).until(() -> EchoLoad.answers(upstream));

            for (var hours : List.of(1, -1)) {
                jump(pair, hours);
            }
        }
    }

    /// The first server's clock alone jumps, while it leads and while it follows.
    @Test
    void serverWhoseClockIsAnHourFromItsOthersLeadsAndFollowsAsBefore() throws Exception {
        var words = new ArrayList<>(List.of("env"));
        clock.environment().forEach((name, value) -> words.add(name + "=" + value));
        try (var eks =
                new ServerGroup(
                        "eks",
                        "127.147.0",
                        folder,
                        3,
                        List.of(),
                        number -> number == 0 ? words : List.of())) {
            eks.start();
            lead(eks, 0);
            set(1);
            await().atMost(SEEN).until(() -> isShifted(eks, 1));
            assertThat(eks.awaitLeader()).isZero();
            writeAtEach(eks, "ahead");

            lead(eks, 1);
            writeAtEach(eks, "ahead-of-the-leader");
            set(-1);
            writeAtEach(eks, "behind-the-leader");
            assertThat(eks.awaitLeader()).isEqualTo(1);

            eks.kill(1);
            writeAtEach(eks, "one-died");
            lead(eks, 0);
            // which it has been since it followed
            assertThat(isShifted(eks, -1)).isTrue();
            eks.start(1);
            eks.awaitAnswer(1);
            writeAtEach(eks, "behind");
        }
    }

    private static void lead(ServerGroup eks, int number) throws Exception {
        var name = eks.health(number).path("member").asText();
        await().atMost(SEEN)
                .until(() -> {
                    if (eks.leader().equals(Optional.of(number))) {
                        return true;
                    }
                    eks.send(number, "POST", "/v1/operator/raft/transfer-leader?id=" + name, "");
                    return false;
                });
    }

    /// Each has what was written at the others, under an index that only grows.
    private static void writeAtEach(ServerGroup eks, String name) throws Exception {
        var last = 0L;
        for (var asked : eks.running()) {
            var entry = name + "-" + asked;
            await().atMost(SEEN)
                    .until(() ->
                            eks.send(
                                                    asked,
                                                    "PUT",
                                                    "/v1/config",
                                                    "{\"Kind\":\"service-defaults\",\"Name\":\""
                                                            + entry
                                                            + "\"}")
                                            .statusCode()
                                    == 200);
            for (var reader : eks.running()) {
                var path = "/v1/config/service-defaults/" + entry;
                var index = eks.must(reader, "GET", path, "").path("ModifyIndex").asLong();
                assertThat(index).as(entry + " at " + reader).isGreaterThan(last);
            }
            last =
                    eks.must(asked, "GET", "/v1/config/service-defaults/" + entry, "")
                            .path("ModifyIndex")
                            .asLong();
        }
    }

    private static boolean isShifted(ServerGroup eks, int hours) throws Exception {
        return isShifted(
                eks.must(0, "POST", "/v1/peering/token", "{\"PeerName\":\"clock\"}"), hours);
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
        clock.shift(Duration.ofHours(hours));
    }

    /// As a token's own stamp says.
    private static boolean isShifted(PeeredPair pair, int hours) throws Exception {
        return isShifted(
                pair.call(PeeredPair.EKS, "POST", "/v1/peering/token", "{\"PeerName\":\"clock\"}"),
                hours);
    }

    private static boolean isShifted(JsonNode made, int hours) throws IOException {
        var token = made.path("PeeringToken").asText();
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
        pair.register(PeeredPair.LKE, service);
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
}
