package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.failover.Observation;
import dev.hansa.failover.ObservationCodec;
import dev.hansa.failover.Target;
import dev.hansa.failover.wire.Observed;
import dev.hansa.gateway.TestingDoor.Mood;
import dev.hansa.tests.support.FreePorts;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a caller notices when an endpoint dies in one way or another: nothing, and in time. Real
/// sockets and TLS; the endpoints' doors do what the doors of dying machines do.
@Timeout(90)
class FailoverTest {
    private static final String WORD = "sixteen letters!";

    /// What a dead endpoint would cost if each was waited for.
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    /// Generous, for a busy machine.
    private static final Duration NOTICED = CONNECT_TIMEOUT.dividedBy(2);

    @TempDir Path directory;
    private TestingMesh mesh;
    private EchoServer local;
    private TestingDoor one;
    private TestingDoor two;
    private TestingDoor three;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
        mesh.connectTimeout = CONNECT_TIMEOUT;
        local = mesh.closer.add(new EchoServer(mesh.localApplicationPort));
        one = mesh.closer.add(new TestingDoor(mesh.localBillingPort));
        two = mesh.closer.add(new TestingDoor(mesh.localBillingPort));
        three = mesh.closer.add(new TestingDoor(mesh.localBillingPort));
        mesh.start();
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @Test
    void silentInstanceCostsAHeadStartOnceAndThenNothing() throws Exception {
        publish(local(one.port()), peer());
        warm(8);
        one.mood(Mood.SILENT);

        var first = timed("first call past an instance that accepts and is silent");
        var second = timed("second call");

        assertThat(first).isLessThan(NOTICED);
        assertThat(second).isLessThan(NOTICED);
        assertThat(endpoint(one.port()).get("suspect").textValue()).startsWith("silent");
        assertThat(metrics())
                .contains(
                        "hansa_races_total{listener=\"upstream\",service=\"web\",upstream=\"billing\"} 1.0")
                .contains(
                        "hansa_races_overtaken_total{listener=\"upstream\",service=\"web\",upstream=\"billing\"} 1.0")
                .contains(
                        "hansa_suspect_endpoints{listener=\"upstream\",service=\"web\",upstream=\"billing\"} 1.0");
    }

    @Test
    void blackHoleCostsTheHeadStartOfTheUnknownAndNotAConnectTimeout() throws Exception {
        var hole = mesh.closer.add(TestingDoor.full());
        publish(local(hole.port()), peer());

        assertThat(timed("first call past a full queue, nothing known of it")).isLessThan(NOTICED);
        assertThat(timed("second call")).isLessThan(NOTICED);

        assertThat(endpoint(hole.port()).get("suspect").textValue()).startsWith("unreached");
    }

    @Test
    void refusedClosedAndForeignAreFollowedAtOnce() throws Exception {
        var dead = FreePorts.one();
        one.mood(Mood.CLOSING);
        two.mood(Mood.FOREIGN);
        publish(local(dead, one.port(), two.port()), peer());

        assertThat(timed("call past one that refuses, one that closes and one that is no TLS"))
                .isLessThan(NOTICED);
        call();

        assertThat(endpoint(dead).get("suspect").textValue()).startsWith("refused");
        assertThat(endpoint(one.port()).get("suspect").textValue()).startsWith("closed");
        assertThat(endpoint(two.port()).get("suspect").textValue()).startsWith("rejected");
        assertThat(metrics()).doesNotContain("hansa_races_total{");
    }

    @Test
    void somebodyElsesIdentityIsNoWinner() throws Exception {
        // the first to answer is another service
        publish(
                new Target.LocalTarget(
                        TestingMesh.BILLING,
                        local().sni(),
                        List.of(mesh.west.service("payment").uri()),
                        mesh.west.trustDomain(),
                        local(one.port()).endpoints(),
                        local().health()),
                peer());

        assertThat(timed("call past another service")).isLessThan(NOTICED);

        assertThat(local.heard()).isZero();
        assertThat(endpoint(one.port()).get("suspect").textValue()).startsWith("rejected");
    }

    @Test
    void slowInstanceIsOvertakenAndHearsNothingAndComesBack() throws Exception {
        publish(local(one.port()), peer());
        warm(8);
        var heard = local.heard();
        var gate = new CountDownLatch(1);
        one.hold(gate);

        assertThat(timed("call past an instance that is slow")).isLessThan(NOTICED);
        gate.countDown();
        one.hold(new CountDownLatch(0));

        assertThat(local.heard()).isEqualTo(heard);
        assertThat(mesh.eastApplication.heard()).isEqualTo(WORD.length());

        // it answers again: callers find out without one of them having to wait or to fail
        await().until(() -> {
            call();
            return !endpoint(one.port()).has("suspect");
        });
        await().untilAsserted(() -> {
            var before = local.heard();
            call();
            assertThat(local.heard()).isEqualTo(before + WORD.length());
            assertThat(metrics())
                    .contains(
                            "hansa_suspect_endpoints{listener=\"upstream\",service=\"web\",upstream=\"billing\"} 0.0");
        });
    }

    @Test
    void slowInstanceThatIsTheOnlyOneIsWaitedFor() throws Exception {
        publish(local(one.port()));
        warm(8);
        var gate = new CountDownLatch(1);
        one.hold(gate);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var call = threads.submit(() -> mesh.call(WORD));
            await().during(Duration.ofMillis(200)).until(() -> !call.isDone());
            gate.countDown();

            assertThat(call.get()).isTrue();
        }
    }

    @Test
    void orderIsKeptAndSharesAreEvenWhileAllIsWell() throws Exception {
        publish(local(one.port(), two.port(), three.port()), peer());
        warm(3);

        var shares = sharesOfThirty(one, two, three);
        System.out.println("shares of three instances of 30 calls: " + shares);
        assertThat(shares).containsOnly(10);
    }

    @Test
    void deadOneOfThreeLeavesTheOthersEvenShares() throws Exception {
        publish(local(one.port(), two.port(), three.port()), peer());
        warm(9);
        one.mood(Mood.SILENT);
        warm(3);

        var shares = sharesOfThirty(two, three);
        System.out.println("shares of the two that are left: " + shares);
        assertThat(shares).allSatisfy(share -> assertThat(share).isBetween(14, 17));
    }

    /// Of thirty calls, none of which leaves them. A machine that stalls for longer than a head
    /// start makes a race, in which one takes another's turn: then of the next thirty.
    private List<Integer> sharesOfThirty(TestingDoor... doors) throws Exception {
        while (true) {
            var races = races();
            var isWell = areWell(doors);
            var before = Stream.of(doors).map(TestingDoor::accepted).toList();
            var left = mesh.eastApplication.heard();
            warm(30);
            if (isWell && areWell(doors) && races() == races) {
                assertThat(mesh.eastApplication.heard()).isEqualTo(left);
                return IntStream.range(0, doors.length)
                        .mapToObj(i -> doors[i].accepted() - before.get(i))
                        .toList();
            }
        }
    }

    private boolean areWell(TestingDoor... doors) throws Exception {
        for (var door : doors) {
            if (endpoint(door.port()).has("suspect")) {
                return false;
            }
        }
        return true;
    }

    private double races() throws Exception {
        return metrics()
                .lines()
                .filter(line -> line.startsWith("hansa_races_total{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    @Test
    void whatTheServerSaysAnewCounts() throws Exception {
        publish(local(one.port()), peer());
        warm(8);
        one.mood(Mood.SILENT);
        call();
        assertThat(endpoint(one.port()).has("suspect")).isTrue();

        publish(TestingMesh.without(local(one.port()), "critical"), peer());

        await().until(() -> !endpoint(one.port()).has("suspect"));
    }

    @Test
    void whoWaitsForASilentWayTakesTheOneThatASnapshotNamesMeanwhile() throws Exception {
        publish(local(one.port()));
        one.mood(Mood.SILENT);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var call = threads.submit(() -> timed("call for which another instance is registered"));
            await().until(() -> one.accepted() == 1);

            publish(local(one.port(), two.port()));

            assertThat(call.get()).isLessThan(NOTICED);
        }
        assertThat(local.heard()).isEqualTo(WORD.length());
    }

    @Test
    void manyAtOnceFindTheWayInTime() throws Exception {
        publish(local(one.port()), peer());
        warm(8);
        one.mood(Mood.SILENT);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls = new ArrayList<Future<Duration>>();
            for (var i = 0; i < 150; i++) {
                calls.add(
                        threads.submit(() -> {
                            var began = System.nanoTime();
                            call();
                            return Duration.ofNanos(System.nanoTime() - began);
                        }));
            }
            var times = new Duration[calls.size()];
            for (var i = 0; i < times.length; i++) {
                times[i] = calls.get(i).get();
            }
            Arrays.sort(times);
            System.out.println(
                    "150 calls at once at the death of the local instance: p50 "
                            + times[75].toMillis()
                            + " ms, most "
                            + times[149].toMillis()
                            + " ms");
        }
        assertThat(mesh.eastApplication.heard()).isEqualTo(150L * WORD.length());
    }

    @Test
    void nothingStaysOpenWhenTheApplicationGoesAway() throws Exception {
        var hole = mesh.closer.add(TestingDoor.full());
        one.mood(Mood.SILENT);
        mesh.connectTimeout = Duration.ofSeconds(1);
        publish(local(one.port(), hole.port()));
        for (var i = 0; i < 5; i++) {
            var socket = mesh.dial();
            socket.getOutputStream().write(1);
            if (i % 2 == 0) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        }

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> {
                    assertThat(one.accepted()).isPositive();
                    assertThat(one.open()).isZero();
                    assertThat(metrics())
                            .contains("hansa_connections_open{listener=\"upstream\"} 0.0");
                });
    }

    @Test
    void serverIsToldWhatBecameOfConnections() throws Exception {
        var dead = FreePorts.one();
        publish(local(dead), peer());
        for (var i = 0; i < 5; i++) {
            call();
        }

        await().untilAsserted(() -> {
            var told = told();
            assertThat(told).hasSize(1);
            var seen = told.getFirst();
            assertThat(seen.refused()).isZero();
            assertThat(seen.took().stream().mapToLong(Long::longValue).sum()).isEqualTo(5);
            assertThat(seen.targets())
                    .extracting(Observation.OfTarget::label, Observation.OfTarget::carried)
                    .containsExactly(tuple("billing", 0L), tuple("billing.peer.east", 5L));
            assertThat(seen.targets())
                    .extracting(Observation.OfTarget::open)
                    .containsOnly(OptionalLong.of(0));
            assertThat(seen.targets().getFirst().failed()).isPositive();
            assertThat(seen.targets().getFirst().suspects())
                    .extracting(Observation.Suspect::sign)
                    .containsExactly("refused");
        });
    }

    @Test
    void connectionThatStandsIsToldAlsoWhenTheRouteHasItsTargetNoMore() throws Exception {
        publish(peer());
        try (var standing = mesh.dial()) {
            standing.getOutputStream().write(1);
            assertThat(standing.getInputStream().read()).isEqualTo(1);
            awaitOpen(tuple("billing.peer.east", OptionalLong.of(1)));

            publish(local());

            awaitOpen(
                    tuple("billing", OptionalLong.of(0)),
                    tuple("billing.peer.east", OptionalLong.of(1)));
            standing.getOutputStream().write(2);
            assertThat(standing.getInputStream().read()).isEqualTo(2);
        }
        awaitOpen(tuple("billing", OptionalLong.of(0)));
    }

    private void awaitOpen(Tuple... targets) {
        await().untilAsserted(() ->
                assertThat(told())
                        .singleElement()
                        .satisfies(one ->
                                assertThat(one.targets())
                                        .extracting(
                                                Observation.OfTarget::label,
                                                Observation.OfTarget::open)
                                        .containsExactly(targets)));
    }

    private List<Observation> told() {
        return ObservationCodec.decode(
                        mesh.west
                                .observed()
                                .get()
                                .getOrDefault("web", Observed.getDefaultInstance()),
                        List.of(TestingMesh.UPSTREAM))
                .upstreams();
    }

    private Target local(int... ports) {
        return ports.length == 0 ? mesh.localTarget() : mesh.localTarget(ports);
    }

    private Target peer() {
        return mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain());
    }

    private void publish(Target... targets) {
        mesh.publishWest(List.of(targets));
        var expected =
                Stream.of(targets)
                        .flatMap(target -> target.endpoints().stream())
                        .map(endpoint -> endpoint.address().toString())
                        .toList();
        await().until(() ->
                endpoints().map(row -> row.get("address").textValue()).toList().equals(expected));
    }

    private void warm(int calls) throws IOException {
        for (var i = 0; i < calls; i++) {
            call();
        }
    }

    private void call() throws IOException {
        if (!mesh.call(WORD)) {
            throw new SocketException("expected the same word; found another, or an end");
        }
    }

    private Duration timed(String what) throws IOException {
        var began = System.nanoTime();
        call();
        var took = Duration.ofNanos(System.nanoTime() - began);
        System.out.println(what + ": " + took.toMillis() + " ms");
        return took;
    }

    private JsonNode endpoint(int port) throws IOException, InterruptedException {
        return endpoints()
                .filter(row -> row.get("address").textValue().endsWith(":" + port))
                .findFirst()
                .orElseThrow();
    }

    private Stream<JsonNode> endpoints() throws IOException, InterruptedException {
        var rows =
                mesh.json(mesh.westAdmin, "/health")
                        .at("/services/web/upstreams/billing/endpoints");
        return StreamSupport.stream(rows.spliterator(), false);
    }

    private String metrics() throws IOException, InterruptedException {
        return mesh.read(mesh.westAdmin, "/metrics");
    }
}
