package dev.hansa.gateway.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.OperatingSystemMXBean;
import dev.hansa.bootstrap.Closer;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.gateway.ApplicationProcess;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import dev.hansa.gateway.wire.KernelSockets;
import dev.hansa.gateway.wire.Transport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Applications in processes of their own, and signals. The times are printed; what they are held
/// to leaves room for a machine that does much else.
@Timeout(120)
class StoppedApplicationTest {
    private static final int CHECKS = 10;
    private static final Duration WITHIN = Duration.ofSeconds(20);

    private final Transport transport = new Transport(1);
    private final KernelSockets kernel = KernelSockets.open(_ -> {}).orElseThrow();

    @AfterEach
    void close() {
        kernel.close();
        transport.close();
    }

    private static CheckKind kind(String name) {
        return switch (name) {
            case "echo" -> new CheckKind.Tcp();
            case "http" -> new CheckKind.Http("/ready");
            case "grpc" -> new CheckKind.Grpc();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private ApplicationCheck check(ApplicationProcess application, CheckSettings settings) {
        return new ApplicationCheck(
                new ServiceName("cart"),
                new Endpoint("127.0.0.1", application.port()),
                settings,
                transport,
                kernel,
                _ -> {});
    }

    /// The time until the check says so.
    private static double millisUntil(ApplicationCheck check, String status, long since)
            throws InterruptedException {
        var seen = check.results().await(all -> all.getFirst().getStatus().equals(status), WITHIN);
        assertThat(seen.getFirst().getStatus()).as(seen.toString()).isEqualTo(status);
        return (System.nanoTime() - since) / 1e6;
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo", "http", "grpc"})
    void stoppedApplicationIsCriticalAfterIntervalAndTimeoutAndComesBack(String name)
            throws Exception {
        try (var application = ApplicationProcess.start(name);
                var check = check(application, CheckSettings.quick(kind(name)))) {
            millisUntil(check, "passing", System.nanoTime());

            var stopped = System.nanoTime();
            application.freeze();
            var noticed = millisUntil(check, "critical", stopped);
            var words = check.results().get().getFirst().getOutput();
            var thawed = System.nanoTime();
            application.thaw();
            var back = millisUntil(check, "passing", thawed);

            System.out.printf(
                    Locale.ROOT,
                    "%s: stopped, critical after %.0f ms (%s); goes on, passing after %.0f ms%n",
                    name,
                    noticed,
                    words,
                    back);
            // 300 where nobody has the processor in between
            assertThat(noticed).isBetween(150.0, 5000.0);
        }
    }

    @Test
    void pauseShorterThanTheTimeoutChangesNothing() throws Exception {
        try (var application = ApplicationProcess.start("echo");
                var check =
                        check(
                                application,
                                new CheckSettings(
                                        new CheckKind.Tcp(),
                                        CheckSettings.INTERVAL,
                                        Duration.ofSeconds(5),
                                        1,
                                        3,
                                        true,
                                        true))) {
            millisUntil(check, "passing", System.nanoTime());
            for (var i = 0; i < 5; i++) {
                application.freeze();
                var seen =
                        check.results()
                                .await(
                                        all -> all.getFirst().getStatus().equals("critical"),
                                        Duration.ofMillis(150));
                application.thaw();

                assertThat(seen.getFirst().getStatus()).isEqualTo("passing");
            }
        }
    }

    /// Is there a connection to this port, as the kernel lists it.
    private static boolean isConnected(int port) throws IOException {
        var lines = new ArrayList<>(Files.readAllLines(Path.of("/proc/net/tcp")));
        lines.addAll(Files.readAllLines(Path.of("/proc/net/tcp6")));
        return lines.stream()
                .map(line -> line.strip().split("\\s+"))
                .anyMatch(fields ->
                        fields[3].equals("01") && fields[2].endsWith(":%04X".formatted(port)));
    }

    /// With a check that would ask in an hour.
    @ParameterizedTest
    @ValueSource(strings = {"echo", "http", "grpc"})
    void killedApplicationIsCriticalAtOnceByTheEndOfTheConnection(String name) throws Exception {
        try (var application = ApplicationProcess.start(name);
                var check =
                        check(
                                application,
                                new CheckSettings(
                                        kind(name),
                                        Duration.ofHours(1),
                                        Duration.ofSeconds(15),
                                        1,
                                        3,
                                        true,
                                        true))) {
            millisUntil(check, "passing", System.nanoTime());
            if (name.equals("echo")) {
                await().until(() -> isConnected(application.port()));
            }

            var killed = System.nanoTime();
            application.kill();

            System.out.printf(
                    Locale.ROOT,
                    "%s: killed, critical after %.1f ms%n",
                    name,
                    millisUntil(check, "critical", killed));
        }
    }

    /// What asking costs this process: ten checks of a kind with the default interval.
    @ParameterizedTest
    @ValueSource(strings = {"echo", "http", "grpc"})
    void asksCheaply(String name) throws Exception {
        try (var application = ApplicationProcess.start(name);
                var checks = new Closer()) {
            var all = new ArrayList<ApplicationCheck>();
            for (var i = 0; i < CHECKS; i++) {
                all.add(checks.add(check(application, CheckSettings.quick(kind(name)))));
            }
            for (var check : all) {
                millisUntil(check, "passing", System.nanoTime());
            }
            elapse(Duration.ofSeconds(1));
            var began = System.nanoTime();
            var before = cpu();
            elapse(Duration.ofSeconds(2));
            var share = (cpu() - before) / (double) (System.nanoTime() - began) / CHECKS;

            System.out.printf(
                    Locale.ROOT,
                    "%s: a check every 100 ms costs %.2f %% of a processor%n",
                    name,
                    share * 100);
            // one that spins takes all of a processor; other tests run in this process meanwhile
            assertThat(share).isLessThan(0.5);
        }
    }

    private static long cpu() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static void elapse(Duration time) {
        var end = System.nanoTime() + time.toNanos();
        await().until(() -> System.nanoTime() - end >= 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo", "http", "grpc"})
    void applicationThatComesBackAtItsPortPasses(String name) throws Exception {
        int port;
        var settings = CheckSettings.quick(kind(name));
        try (var application = ApplicationProcess.start(name)) {
            port = application.port();
            try (var check = check(application, settings)) {
                millisUntil(check, "passing", System.nanoTime());
                application.close();
                millisUntil(check, "critical", System.nanoTime());

                try (var _ = ApplicationProcess.start(name, port)) {
                    var listens = System.nanoTime();
                    System.out.printf(
                            Locale.ROOT,
                            "%s: listens again, passing after %.0f ms%n",
                            name,
                            millisUntil(check, "passing", listens));
                }
            }
        }
    }
}
