package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `hansa doctor` says of clocks and certificates of all servers, and of proxies'
/// certificates.
class DoctorServersTest extends TestingDoctor {
    @TempDir private Path folder;

    private static ServerFace face(String name, long seconds) {
        return new ServerFace(name, Optional.of(Duration.ofSeconds(seconds)), Optional.empty());
    }

    private static List<String> clocks(Long... ahead) {
        var faces =
                Stream.iterate(0, i -> i < ahead.length, i -> i + 1)
                        .map(i -> face("s" + i, ahead[i]))
                        .toList();
        var sheet = new Finding.Sheet();
        Clocks.look(new Chart(Instant.now(), faces, List.of(), Map.of(), Set.of()), sheet);
        return sheet.all().stream().map(one -> one.severity() + " " + one.what()).toList();
    }

    @Test
    void clockThatMostOthersDifferFromIsTheWrongOne() {
        assertThat(clocks(0L, 20L, -9L)).isEmpty();
        assertThat(clocks(1L, 601L, 0L))
                .containsExactly(
                        "warning clock of server 's1': expected within 30s of most others'; found 10m ahead");
        assertThat(clocks(-7200L, 0L))
                .containsExactly(
                        "error clock of server 's0': expected within 30s of most others'; found 2h behind");
        assertThat(clocks(600L, 601L, 602L))
                .containsExactly(
                        "warning clock of this machine: expected within 30s of most others'; found 10m behind");
        // nobody knows whose is right
        assertThat(clocks(600L, 1200L))
                .containsExactly(
                        "warning clock of server 's0': expected within 30s of this machine's; found 10m ahead",
                        "warning clock of server 's1': expected within 30s of this machine's; found 20m ahead");
        assertThat(clocks(600L))
                .containsExactly(
                        "warning clock of the server: expected within 30s of this machine's; found 10m ahead");
    }

    private static String member(String node, int port) {
        return "{\"Node\":\""
                + node
                + "\",\"ServiceAddress\":\"127.0.0.1\",\"ServiceMeta\":{\"hansa_http_address\":\"127.0.0.1:"
                + port
                + "\"}}";
    }

    private void members(String... all) {
        on(Chart.MEMBERS, "[" + String.join(",", Arrays.asList(all)) + "]");
    }

    /// Where they are is what one server says: they are shown no token.
    @Test
    void everyServerIsAskedForItsTimeAndShownNoToken() throws Exception {
        on(Chart.SELF, "{\"Config\":{\"Datacenter\":\"eks\",\"NodeName\":\"s1\"}}");
        var early = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-10));
        try (var other = new TestingServer()) {
            other.on("GET /v1/status/leader", 200, "\"127.0.0.1:8300\"");
            members(member("s1", server.port()), member("s2", other.port()), "{\"Node\":\"s3\"}");

            var ran = doctor(early, "--token=t");

            assertThat(only(ran))
                    .startsWith(
                            "warning  clock of this machine: expected within 30s of most others'; found ")
                    .contains("behind");
            assertThat(ran.err()).isEmpty();
            assertThat(other.tokens()).containsExactly("");
            assertThat(server.asked())
                    .noneMatch(asked -> asked.line().contains("/v1/status/leader"));
            assertThat(doctor("--token=t").status()).isZero();
        }
    }

    @Test
    void serverThatIsNotReachedFromHereIsSaidAndIsNoFlaw() throws Exception {
        int port;
        try (var gone = new TestingServer()) {
            port = gone.port();
        }
        members(member("s2", port));

        var ran = doctor();

        assertThat(ran.status()).as(ran.out()).isZero();
        assertThat(ran.err())
                .startsWith(
                        "not looked at: clock and certificate of server 's2' at http://127.0.0.1:"
                                + port
                                + ": ")
                .contains("expected a server that accepts connections");
    }

    private Surroundings surroundings() {
        return new Surroundings(
                new ByteArrayInputStream(new byte[0]),
                new PrintWriter(new StringWriter()),
                new PrintWriter(new StringWriter()),
                Map.of());
    }

    private List<String> certificates(Chart chart, Duration later) {
        var sheet = new Finding.Sheet();
        Certificates.look(
                new Chart(chart.now().plus(later), chart.servers(), List.of(), Map.of(), Set.of()),
                sheet);
        return sheet.all().stream().map(one -> one.severity() + " " + one.what()).toList();
    }

    /// Each lives for two hours, of which one is left.
    @Test
    void certificateOfEachServersApiIsNamedBeforeItEnds() throws Exception {
        var authority = new TestingAuthority();
        try (var asked = TestingServer.tls(authority.server("127.0.0.1"));
                var other = TestingServer.tls(authority.server("127.0.0.1"))) {
            asked.on("GET " + Chart.SELF, 200, "{\"Config\":{\"NodeName\":\"s1\"}}")
                    .on("GET " + Chart.MEMBERS, 200, "[" + member("s2", other.port()) + "]");
            other.on("GET /v1/status/leader", 200, "\"\"");
            var api =
                    ApiClient.of(
                            ApiAccess.at("https://" + asked.address())
                                    .certifiedBy(Optional.of(authority.pem(folder).toString())),
                            "test",
                            surroundings());
            var chart = Chart.read(api, Clock.systemUTC(), new Finding.Sheet());

            assertThat(chart.unreached()).isEmpty();
            assertThat(certificates(chart, Duration.ZERO)).isEmpty();
            assertThat(certificates(chart, Duration.ofMinutes(45)))
                    .hasSize(2)
                    .allMatch(
                            one -> one.contains(": expected more than 30m left; found 14m, until "))
                    .anyMatch(one ->
                            one.startsWith("warning certificate of the HTTP API of server 's1'"))
                    .anyMatch(one ->
                            one.startsWith("warning certificate of the HTTP API of server 's2'"));
            assertThat(certificates(chart, Duration.ofHours(2)))
                    .hasSize(2)
                    .allMatch(one -> one.startsWith("error certificate of the HTTP API"))
                    .allMatch(one -> one.contains("found that it ended at "));
        }
    }

    private static String proxy(String service, Duration since, Duration until) {
        var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return "{\"Service\":\"%s\",\"Node\":\"n\",\"ServiceID\":\"%s-1\",\"NotBefore\":\"%s\",\"NotAfter\":\"%s\"}"
                .formatted(service, service, now.minus(since), now.plus(until));
    }

    private void proxies(String... all) {
        on(
                Chart.PROXIES,
                "{\"All\":%d,\"Proxies\":[%s]}".formatted(all.length, String.join(",", all)));
    }

    @Test
    void certificateOfASidecarOrAGatewayThatWasNotRenewedIsNamed() {
        proxies(
                proxy("web", Duration.ofHours(50), Duration.ofHours(22)),
                "{\"Service\":\"old\",\"Node\":\"n\",\"ServiceID\":\"o\",\"NotBefore\":null,\"NotAfter\":null}");
        quiet();
        proxies(proxy("web", Duration.ofHours(58), Duration.ofHours(14)));
        assertThat(finding())
                .startsWith(
                        "warning  certificate of sidecar 'web-1' at node 'n': expected more than 18h left; found 13h, until ");
        proxies(proxy("mesh-gateway", Duration.ofHours(73), Duration.ofHours(-1)));
        assertThat(finding())
                .startsWith(
                        "error    certificate of mesh gateway 'mesh-gateway-1' at node 'n': expected to hold; found that it ended at ");
    }
}
