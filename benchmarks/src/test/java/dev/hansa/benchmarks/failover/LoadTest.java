package dev.hansa.benchmarks.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.tests.support.FreePorts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Clients of all kinds against an application that is a process of its own.
class LoadTest {
    private static final Duration START = Duration.ofSeconds(30);
    private static final Host HERE = new Host("here", "127.0.0.1", List.of());

    private final Programs programs;
    private final Map<ClientKind, InetSocketAddress> callees = new EnumMap<>(ClientKind.class);
    private Child application;

    LoadTest(@TempDir Path folder) throws Exception {
        programs = new Programs(folder, folder);
        // two, one after the other
        var port = FreePorts.one();
        while (FreePorts.one() != port + 1) {
            port = FreePorts.one();
        }
        application =
                programs.java(
                        "application",
                        HERE,
                        Application.class,
                        "eks-1",
                        HERE.address(),
                        Integer.toString(port));
        for (var kind : ClientKind.values()) {
            callees.put(
                    kind, new InetSocketAddress(HERE.address(), kind.isGrpc() ? port + 1 : port));
        }
    }

    @BeforeEach
    void awaitApplication() throws Exception {
        for (var callee : callees.values()) {
            Patience.until("the application", START, () -> ConnectTimer.nanos(callee) > 0);
        }
    }

    @AfterEach
    void killApplication() throws Exception {
        application.kill();
    }

    private Load load() {
        return new Load(callees, List.of(InetAddress.ofLiteral("127.0.0.1")), 200);
    }

    private static void awaitOutcomes(Load load, int count) throws Exception {
        Patience.until("outcomes", START, () -> load.outcomes().size() >= count);
    }

    @Test
    void everyKindOfClientGetsItsWholeAnswer() throws Exception {
        try (var load = load()) {
            load.start();
            awaitOutcomes(load, 400);
            load.close();

            assertThat(load.outcomes())
                    .allSatisfy(one -> assertThat(one.failure()).isEmpty())
                    .allSatisfy(one -> assertThat(one.from()).isEqualTo("eks-1"))
                    .extracting(Outcome::client)
                    .contains(ClientKind.values());
        }
    }

    @Test
    void keptConnectionsAreUsedAgainAndNewOnesAreNot() throws Exception {
        try (var load = load()) {
            load.start();
            // how many connections it takes until then is the machine's affair
            for (var kind : ClientKind.values()) {
                Patience.until(
                        kind.word() + ", used again or not",
                        START,
                        () ->
                                kind.keeps()
                                        ? mostUsed(load, kind) >= 10
                                        : requests(load, kind).size() >= 100);
            }
            load.close();

            for (var kind : ClientKind.values()) {
                if (!kind.keeps()) {
                    assertThat(mostUsed(load, kind)).as(kind.word()).isEqualTo(1);
                }
            }
        }
    }

    private static List<Outcome> requests(Load load, ClientKind kind) {
        return load.outcomes().stream().filter(one -> one.client() == kind).toList();
    }

    /// Requests on the connection that had most.
    private static long mostUsed(Load load, ClientKind kind) {
        return requests(load, kind).stream()
                .collect(Collectors.groupingBy(Outcome::connectionNanos, Collectors.counting()))
                .values()
                .stream()
                .max(Long::compare)
                .orElse(0L);
    }

    @Test
    void frozenApplicationFailsEveryRequestWithinItsLimit() throws Exception {
        try (var load = load()) {
            load.start();
            awaitOutcomes(load, 100);
            var frozen = System.nanoTime();
            application.signal(Libc.SIGSTOP);
            Patience.until(
                    "failures",
                    START,
                    () -> load.outcomes().stream().filter(one -> !one.ok()).count() > 50);
            load.close();

            assertThat(load.outcomes())
                    .filteredOn(one -> !one.ok())
                    .allSatisfy(one -> assertThat(one.endedNanos()).isGreaterThan(frozen))
                    .allSatisfy(one -> assertThat(one.millis()).isBetween(1900.0, 3000.0));
        }
    }

    @Test
    void killedApplicationIsGoneAtOnce() throws Exception {
        try (var load = load()) {
            load.start();
            awaitOutcomes(load, 100);
            application.signal(Libc.SIGKILL);
            application.kill();
            Patience.until(
                    "failures of every kind",
                    START,
                    () ->
                            load.outcomes().stream()
                                            .filter(one -> !one.ok())
                                            .map(Outcome::client)
                                            .distinct()
                                            .count()
                                    == ClientKind.values().length);
            load.close();

            assertThat(load.outcomes())
                    .allSatisfy(one -> assertThat(one.millis()).isLessThan(1900));
        }
    }
}
