package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.Callers;
import dev.hansa.gateway.ApplicationProcess;
import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What callers meet when the application dies, stops or says that it is not well: an alert before
/// they have sent anything, and soon. The times are printed; what they are held to leaves room for
/// a machine that does much else.
@Timeout(120)
class InboundApplicationTest {
    private static final double MANY_MILLIS = 5000;

    /// For which a machine with much else to do holds an application up that is well.
    private static final Duration STALL = Duration.ofMillis(500);

    private TestingInbound mesh;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingInbound();
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    /// As in a sidecar: the check and the way in.
    private ApplicationCheck serve(int port, CheckSettings settings) throws IOException {
        var check =
                new ApplicationCheck(
                        TestingInbound.BILLING,
                        new Endpoint("127.0.0.1", port),
                        settings,
                        mesh.transport,
                        mesh.acceptance(),
                        mesh.events::add);
        var inbound = mesh.start(port, 1000, check);
        check.results().watch(_ -> inbound.reviewWaiting());
        check.silent().watch(inbound::silent);
        return check;
    }

    private static CheckSettings asking(Duration timeout) {
        return new CheckSettings(
                new CheckKind.Tcp(),
                CheckSettings.INTERVAL,
                timeout,
                CheckSettings.FAILURES_BEFORE_CRITICAL,
                CheckSettings.SUCCESS_BEFORE_PASSING,
                true,
                true);
    }

    private static void awaitPassing(ApplicationCheck check) throws InterruptedException {
        awaitStatus(check, "passing");
    }

    private static void awaitStatus(ApplicationCheck check, String status)
            throws InterruptedException {
        var seen =
                check.results()
                        .await(
                                all -> all.getFirst().getStatus().equals(status),
                                Duration.ofSeconds(20));
        assertThat(seen.getFirst().getStatus()).as(seen.toString()).isEqualTo(status);
    }

    /// One call.
    ///
    /// @return how long it took in milliseconds; negative when it was refused by an alert
    private double call() throws IOException {
        var began = System.nanoTime();
        try (var socket = mesh.caller()) {
            TestingInbound.say(socket, 1);
            return (System.nanoTime() - began) / 1e6;
        } catch (SSLException e) {
            assertThat(e).hasMessageContaining("internal_error");
            return -(System.nanoTime() - began) / 1e6;
        }
    }

    @Test
    void killedApplicationIsKnownAtOnceAndCallersAreRefusedByAnAlert() throws Exception {
        try (var application = ApplicationProcess.start("echo");
                var check = serve(application.port(), asking(STALL.multipliedBy(10)))) {
            awaitPassing(check);
            for (var i = 0; i < 20; i++) {
                assertThat(call()).isPositive();
            }

            var killed = System.nanoTime();
            application.kill();
            awaitStatus(check, "critical");
            var known = (System.nanoTime() - killed) / 1e6;
            var refusals = IntStream.range(0, 20).mapToDouble(_ -> refused()).sorted().toArray();

            System.out.printf(
                    Locale.ROOT,
                    "killed: critical after %.1f ms, then refused in %.1f ms (median), %.1f ms (longest)%n",
                    known,
                    refusals[10],
                    refusals[19]);
            assertThat(known).isLessThan(MANY_MILLIS);
            assertThat(mesh.refused("application_down"))
                    .isNotEmpty()
                    .allSatisfy(record ->
                            assertThat(record.sentence()).contains("application of 'billing'"));
        }
    }

    private double refused() {
        try {
            var took = call();
            assertThat(took).as("refused").isNegative();
            return -took;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void callerThatIsLetInIsCountedUntilItsConnectionEnds() throws Exception {
        try (var application = new EchoServer(0)) {
            mesh.start(application.port(), 10);
            try (var caller = mesh.caller()) {
                TestingInbound.say(caller, 1);
                assertThat(mesh.callers.callers().each())
                        .extracting(one -> one.id().path(), Callers.OfCaller::count)
                        .containsExactly(tuple(webPath(), new Callers.Count(1, 1)));
            }

            await().untilAsserted(() ->
                    assertThat(mesh.callers.callers().each())
                            .extracting(Callers.OfCaller::count)
                            .containsExactly(new Callers.Count(0, 1)));
        }
    }

    private static String webPath() {
        return SpiffeId.service(new TrustDomain("x"), new Datacenter("west"), "web").path();
    }

    /// Those who come between the stop and its discovery wait for it, and no longer.
    @Test
    void callersOfAStoppedApplicationAreRefusedByAnAlertAndThoseWithinStay() throws Exception {
        try (var application = ApplicationProcess.start("echo");
                var check = serve(application.port(), asking(STALL));
                var standing = mesh.caller();
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            awaitPassing(check);
            TestingInbound.say(standing, 1);

            application.freeze();
            var stopped = System.nanoTime();
            var before = new ArrayList<Future<Double>>();
            for (var i = 0; i < 20; i++) {
                before.add(callers.submit(this::call));
            }
            awaitStatus(check, "critical");
            var known = (System.nanoTime() - stopped) / 1e6;
            var waited = new ArrayList<Double>();
            for (var call : before) {
                var took = call.get(20, TimeUnit.SECONDS);
                assertThat(took).as("refused").isNegative();
                waited.add(-took);
            }
            var refusals = IntStream.range(0, 20).mapToDouble(_ -> refused()).sorted().toArray();
            application.thaw();
            awaitPassing(check);

            System.out.printf(
                    Locale.ROOT,
                    "stopped: critical after %.0f ms; callers before that were refused after %.0f to %.0f ms, those after it in %.1f ms (median), %.1f ms (longest)%n",
                    known,
                    waited.stream().mapToDouble(w -> w).min().orElseThrow(),
                    waited.stream().mapToDouble(w -> w).max().orElseThrow(),
                    refusals[10],
                    refusals[19]);
            TestingInbound.say(standing, 2);
            assertThat(call()).isPositive();
            assertThat(waited).allMatch(millis -> millis < MANY_MILLIS);
        }
    }

    /// Who is given so long to accept that nothing of a test that takes its time is given up.
    private static final Liveness PATIENT =
            new Liveness() {
                @Override
                public Optional<String> down() {
                    return Optional.empty();
                }

                @Override
                public Duration patience() {
                    return Duration.ofMinutes(1);
                }

                @Override
                public void hurry() {
                    // there is nobody to ask it
                }
            };

    @Test
    void handshakeWaitsForTheApplicationAndNotForItsKernel() throws Exception {
        try (var application = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            mesh.start(application.getLocalPort(), 10, PATIENT);
            try (var caller = mesh.caller()) {
                var done =
                        callers.submit(() -> {
                            caller.startHandshake();
                            return true;
                        });
                assertThat(isDone(done, 200)).isFalse();

                try (var _ = application.accept()) {
                    assertThat(done.get(30, TimeUnit.SECONDS)).isTrue();
                }
            }
        }
    }

    private static boolean isDone(Future<Boolean> call, int millis)
            throws ExecutionException, InterruptedException {
        try {
            return call.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return false;
        }
    }

    @Test
    void applicationThatNeverAcceptsIsGivenUpEvenWhereNobodyChecksIt() throws Exception {
        try (var application = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            mesh.start(application.getLocalPort(), 10);

            assertThat(refused()).isBetween(900.0, MANY_MILLIS);
            await().until(() -> mesh.refused("application_down").size() == 1);
            assertThat(mesh.refused("application_down").getFirst().sentence())
                    .contains("not accepted within 1000 ms");
        }
    }

    @Test
    void applicationThatStopsListeningIsGivenUpAtOnce() throws Exception {
        try (var application = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            mesh.start(application.getLocalPort(), 10, PATIENT);
            var call = callers.submit(this::call);
            await().until(() -> waits(application.getLocalPort()));

            application.close();

            assertThat(call.get(20, TimeUnit.SECONDS)).isNegative();
        }
    }

    /// Is there a connection that nobody has accepted.
    private static boolean waits(int port) throws IOException {
        return Files.readAllLines(Path.of("/proc/net/tcp6")).stream()
                        .anyMatch(line -> isListener(line, port))
                || Files.readAllLines(Path.of("/proc/net/tcp")).stream()
                        .anyMatch(line -> isListener(line, port));
    }

    /// `rx_queue` of a listener is the number of connections that wait.
    private static boolean isListener(String line, int port) {
        var fields = line.strip().split("\\s+");
        return fields[3].equals("0A")
                && fields[1].endsWith(":%04X".formatted(port))
                && !fields[4].endsWith(":00000000");
    }

    @Test
    void checkThatHasNeverPassedBlocksNobody() throws Exception {
        try (var application = new EchoServer(0);
                var check =
                        serve(
                                application.port(),
                                new CheckSettings(
                                        new CheckKind.Http("/"),
                                        Duration.ofMillis(20),
                                        Duration.ofMillis(20),
                                        1,
                                        1,
                                        true,
                                        true))) {
            check.results()
                    .await(
                            all -> !all.getFirst().getOutput().equals("not asked yet"),
                            Duration.ofSeconds(20));
            assertThat(check.results().get().getFirst().getStatus()).isEqualTo("critical");

            assertThat(call()).isPositive();
        }
    }

    @Test
    void checkThatIsSwitchedOffBlocksNobody() throws Exception {
        try (var application = new EchoServer(0);
                var _ = serve(application.port(), CheckSettings.of(new CheckKind.None()))) {
            assertThat(call()).isPositive();
        }
    }

    @Test
    void applicationThatSaysNoIsNotCalledThoughItAccepts() throws Exception {
        var down = new AtomicReference<>(Optional.<String>empty());
        try (var application = new EchoServer(0)) {
            mesh.start(
                    application.port(),
                    10,
                    new Liveness() {
                        @Override
                        public Optional<String> down() {
                            return down.get();
                        }

                        @Override
                        public Duration patience() {
                            return ApplicationCheck.ACCEPTS_WITHIN;
                        }

                        @Override
                        public void hurry() {
                            throw new AssertionError("it was asked");
                        }
                    });
            try (var standing = mesh.caller()) {
                TestingInbound.say(standing, 1);
                down.set(Optional.of("GET /ready: 503"));

                assertThatThrownBy(() -> mesh.caller().startHandshake())
                        .isInstanceOf(SSLException.class)
                        .hasMessageContaining("internal_error");

                await().until(() -> mesh.refused("application_down").size() == 1);
                assertThat(mesh.refused("application_down").getFirst().sentence())
                        .isEqualTo("application of 'billing' is critical: GET /ready: 503");
                TestingInbound.say(standing, 2);
            }
        }
    }

    /// Nobody pays for the wait with a refusal while the application is well.
    @Test
    void wellApplicationRefusesNobody() throws Exception {
        try (var application = new EchoServer(0);
                var check = serve(application.port(), asking(STALL.multipliedBy(10)))) {
            awaitPassing(check);
            List<Double> times = new ArrayList<>();
            for (var i = 0; i < 100; i++) {
                times.add(call());
            }
            assertThat(times).allMatch(millis -> millis > 0);
        }
    }
}
