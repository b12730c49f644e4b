package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `hansa doctor` of real servers.
class RealDoctorTest {
    @TempDir private Path folder;

    @Test
    void realDatacenterIsDiagnosed() throws Exception {
        try (var eks = RealServer.start("eks", folder, Map.of())) {
            assertThat(eks.hansa("doctor"))
                    .isEqualTo(new Ran(0, "datacenter 'eks': nothing is wrong\n", ""));
            eks.hansa("peering", "generate-token", "-name", "lke");
            eks.write(
                    """
                    {"Kind":"exported-services","Name":"default","Services":
                     [{"Name":"web","Consumers":[{"Peer":"lke"}]}]}
                    """);
            eks.write(
                    """
                    {"Kind":"service-resolver","Name":"web","Failover":
                     {"*":{"Targets":[{"Peer":"lke"},{"Peer":"moon"}]}}}
                    """);
            eks.hansa("intention", "create", "-allow", "peer:mars/front", "shop");

            var ran = eks.hansa("doctor");

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.out())
                    .contains("peering 'lke': expected ACTIVE; found PENDING, never heard")
                    .contains("mesh gateways: expected one, since services are exported")
                    .contains(
                            "service 'web', exported to 'lke': expected a healthy instance; found none registered")
                    .contains("service 'web', exported to 'lke': expected an intention")
                    .contains("service-resolver 'web': expected its targets at peers; found 'moon'")
                    .contains("service-resolver 'web': expected peer 'lke' to export 'web' to us")
                    .contains("intention peer:mars/front to 'shop': expected a peer's name")
                    .contains("failover of 'web': expected another healthy target");

            eks.hansa("intention", "create", "-allow", "peer:lke/front", "web");
            assertThat(eks.hansa("doctor").out()).doesNotContain("expected an intention");
        }
    }

    /// The server's own clock, by its `Date`.
    @Test
    void realServerSaysItsTime() throws Exception {
        try (var eks = RealServer.start("eks", folder, Map.of())) {
            var clock = Clock.fixed(Instant.now().plus(Duration.ofHours(5)), ZoneOffset.UTC);
            var out = new StringWriter();
            var surroundings =
                    new Surroundings(
                            new ByteArrayInputStream(new byte[0]),
                            new PrintWriter(out),
                            new PrintWriter(new StringWriter()),
                            Map.of("HANSA_HTTP_ADDR", eks.url()));
            var status =
                    new CommandLine(
                                    new DoctorCommand(
                                            surroundings, clock, Reach.Network.ofMachine()))
                            .execute();

            assertThat(status).isEqualTo(1);
            assertThat(out.toString()).startsWith("error    clock of the server");
        }
    }

    @Test
    void peerThatHasGoneIsNamedWithSinceWhen() throws Exception {
        try (var eks = RealServer.start("eks", folder, Map.of())) {
            try (var lke = RealServer.start("lke", folder, Map.of())) {
                var peered = eks.hansa("peer", eks.url(), lke.url());
                assertThat(peered.status()).as(peered.err()).isZero();
                assertThat(eks.hansa("doctor").status()).isZero();
            }

            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() ->
                            assertThat(eks.hansa("doctor").out())
                                    .contains(
                                            "error    peering 'lke': expected ACTIVE; found FAILING, last heard at ",
                                            "s ago); to mend it: "));
        }
    }
}
