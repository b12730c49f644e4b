package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The same story where the only way from one datacenter to the other is from gateway to gateway.
@Tag("namespaces")
class NamespacesIT {
    private static final long LIMIT_SECONDS = 600;

    private static final String PROBE = "hansa-it-probe";

    @BeforeEach
    void namespacesCanBeMade() throws InterruptedException {
        try {
            var made = ip("netns", "add", PROBE);
            if (made == 0) {
                ip("netns", "del", PROBE);
                return;
            }
            skip(
                    "'ip netns add' exited with "
                            + made
                            + "; expected root and a kernel with namespaces");
        } catch (IOException e) {
            skip("'ip' could not be run: " + e.getMessage());
        }
    }

    private static void skip(String cause) {
        System.err.println("*** NamespacesIT SKIPPED, nothing was proved: " + cause);
        abort(cause);
    }

    private static int ip(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add("ip");
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    /// The story runs while the border is tried from both sides: what is not a gateway's WAN
    /// address cannot be reached, so whatever worked went through the gateways.
    @Test
    void gatewaysCarryEverything() throws IOException, InterruptedException {
        var report = Checkout.target("namespaces.json");
        var log = Checkout.target("namespaces.log");
        var demo =
                Checkout.start(
                        log, "demo", "--once", "--in-namespaces", "--report", report.toString());
        try {
            demo.getOutputStream().close();
            await().atMost(Duration.ofSeconds(LIMIT_SECONDS))
                    .until(() -> !demo.isAlive() || Files.readString(log).contains("ok   direct"));
            assertBorder("hansa-eks", "10.2.0", "192.0.2.2");
            assertBorder("hansa-lke", "10.1.0", "192.0.2.1");
            assertThat(demo.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            demo.destroyForcibly();
        }

        Story.assertTold(new Checkout.Ended(demo.exitValue(), Files.readString(log)), report);
    }

    private static void assertBorder(String from, String lan, String wan)
            throws IOException, InterruptedException {
        assertThat(reaches(from, wan, 8443)).as(from + " to gateway " + wan).isTrue();
        for (var port : List.of(8500, 8502, 8503, 19500, 19443, 20000)) {
            assertThat(reaches(from, wan, port)).as(from + " to " + wan + ":" + port).isFalse();
        }
        for (var inside :
                List.of(
                        "1 8500",
                        "1 8502",
                        "1 8503",
                        "2 8443",
                        "10 8080",
                        "10 20000",
                        "13 20000",
                        "13 50051",
                        "14 20000")) {
            var parts = inside.split(" ", 2);
            assertThat(reaches(from, lan + "." + parts[0], Integer.parseInt(parts[1])))
                    .as(from + " to " + lan + "." + inside)
                    .isFalse();
        }
    }

    /// Whether a TCP connection from a namespace is accepted within two seconds.
    private static boolean reaches(String namespace, String host, int port)
            throws IOException, InterruptedException {
        return new ProcessBuilder(
                                "ip",
                                "netns",
                                "exec",
                                namespace,
                                "timeout",
                                "2",
                                "bash",
                                "-c",
                                "exec 3<>/dev/tcp/" + host + "/" + port)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
