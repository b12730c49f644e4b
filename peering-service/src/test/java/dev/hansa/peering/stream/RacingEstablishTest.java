package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.peering.PeeringState;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.peering.store.StoredState;
import dev.hansa.trustbundle.PeerName;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/// One token in several hands at the same moment, over real sockets.
class RacingEstablishTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir Path dir;
    private final Vertx vertx = Vertx.vertx();
    private final List<TestDatacenter> all = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        for (var name : List.of("eks", "lke", "vms")) {
            all.add(new TestDatacenter(vertx, name, dir.resolve(name)));
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (var one : all) {
            one.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /// All at the same moment; how each ended.
    private static List<Establishment> together(List<Callable<Establishment>> attempts)
            throws Exception {
        var start = new CyclicBarrier(attempts.size());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running =
                    attempts.stream()
                            .map(attempt ->
                                    threads.submit(() -> {
                                        start.await(30, TimeUnit.SECONDS);
                                        return attempt.call();
                                    }))
                            .toList();
            var ended = new ArrayList<Establishment>();
            for (var one : running) {
                ended.add(one.get(30, TimeUnit.SECONDS));
            }
            return ended;
        }
    }

    private static long established(List<Establishment> ended) {
        return ended.stream().filter(Establishment.Established.class::isInstance).count();
    }

    private static void eventuallyActive(TestDatacenter one, String peer) {
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(one.state(peer)).contains(PeeringState.ACTIVE));
    }

    @RepeatedTest(3)
    void atOneDialerOneWinsAndTheOthersUndoNothingOfIt() throws Exception {
        var eks = all.getFirst();
        var lke = all.get(1);
        var token = eks.token("lke", "lke");

        var ended =
                together(
                        List.of(
                                () -> lke.establish("eks", token),
                                () -> lke.establish("eks", token),
                                () -> lke.establish("eks", token)));

        assertThat(established(ended)).as(ended.toString()).isEqualTo(1);
        assertThat(lke.store.now().peering(new PeerName("eks")).orElseThrow().state())
                .isEqualTo(StoredState.ESTABLISHING);
        eventuallyActive(lke, "eks");
        eventuallyActive(eks, "lke");
        assertThat(lke.store.now().peerings()).hasSize(1);
    }

    @RepeatedTest(3)
    void underTwoNamesOneWins() throws Exception {
        var eks = all.getFirst();
        var lke = all.get(1);
        var token = eks.token("lke", "lke");

        var ended =
                together(
                        List.of(
                                () -> lke.establish("one", token),
                                () -> lke.establish("two", token)));

        assertThat(established(ended)).as(ended.toString()).isEqualTo(1);
        assertThat(lke.store.now().peerings()).hasSize(1);
        eventuallyActive(lke, lke.store.now().peerings().keySet().iterator().next().value());
    }

    @RepeatedTest(3)
    void atTwoDialersOneWinsAndTheOtherIsAsItWas() throws Exception {
        var eks = all.getFirst();
        // both hold the token that was made for either
        var token = eks.token("partner", "vms");

        var ended =
                together(
                        List.of(
                                () -> all.get(1).establishAs("vms", "eks", token),
                                () -> all.get(2).establish("eks", token)));

        assertThat(established(ended)).as(ended.toString()).isEqualTo(1);
        var won = ended.getFirst() instanceof Establishment.Established ? 1 : 2;
        eventuallyActive(all.get(won), "eks");
        eventuallyActive(eks, "partner");
        assertThat(all.get(3 - won).store.now().peerings()).doesNotContainKey(new PeerName("eks"));
    }
}
