package dev.hansa.tests.multicluster;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

    @Test
    void gatewaysCarryEverything() throws IOException, InterruptedException {
        var report = Checkout.target("namespaces.json");

        var ended =
                Checkout.run(
                        Checkout.target("namespaces.log"),
                        LIMIT_SECONDS,
                        "demo",
                        "--once",
                        "--in-namespaces",
                        "--report",
                        report.toString());

        Story.assertTold(ended, report);
    }
}
