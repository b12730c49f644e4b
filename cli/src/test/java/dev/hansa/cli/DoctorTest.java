package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// `hansa doctor`: each finding, by a server that answers as it was told. [RealDoctorTest] asks
/// real ones.
class DoctorTest extends TestingDoctor {
    @Test
    void datacenterWithoutAFlawEndsWithZero() {
        on(Chart.PEERINGS, ACTIVE);

        quiet();
    }

    @Test
    void serverThatIsNotThereEndsWithTwo() {
        server.close();

        var ran = doctor();

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).contains("expected a server that accepts connections");
        assertThat(ran.out()).isEmpty();
        var tokenless = Ran.hansa(Map.of(), "", "doctor", "-token-file", "/nowhere/token");
        assertThat(tokenless.status()).isEqualTo(2);
    }

    @Test
    void whatATokenMayNotReadIsSaidAndTheRestLookedAt() {
        server.on("GET " + Chart.ROOTS, 403, "Permission denied: operator:read");
        on(Chart.PEERINGS, "[{\"Name\":\"lke\",\"State\":\"FAILING\"}]");

        var ran = doctor();

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.out())
                .contains("warning  GET /v1/connect/ca/roots: expected an answer; found")
                .contains("error    peering 'lke'")
                .endsWith("datacenter 'eks': 1 errors, 1 warnings\n");
    }

    @Test
    void clockIsHeldAgainstThatOfTheServer() {
        assertThat(only(doctor(Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-10)))))
                .startsWith(
                        "warning  clock of the server: expected within 30s of this machine's; found ")
                .contains("m ahead");
        assertThat(only(doctor(Clock.offset(Clock.systemUTC(), Duration.ofHours(3)))))
                .startsWith("error    clock of the server")
                .contains("behind");
        assertThat(doctor(Clock.offset(Clock.systemUTC(), Duration.ofSeconds(20))).status())
                .isZero();
    }

    @Test
    void serverThatIsSilentIsNamed() {
        on(
                Chart.SERVERS,
                "{\"Servers\":[{\"ID\":\"s1\",\"Healthy\":true},{\"ID\":\"s2\",\"Healthy\":false,\"LastContact\":\"40s\"}]}");

        assertThat(finding())
                .isEqualTo(
                        "error    server 's2': expected to be heard by the leader; found it silent for 40s; to mend it: start it again, or remove it for good: hansa operator raft remove-peer s2");
    }

    private static String in(Duration time) {
        return Instant.now().plus(time).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    @Test
    void rootThatEndsSoonOrHasEndedIsNamed() {
        var root =
                "{\"Roots\":[{\"Name\":\"CN=eks\",\"NotAfter\":\"%s\",\"IntermediateCerts\":null}]}";
        on(Chart.ROOTS, root.formatted(in(Duration.ofDays(400))));
        quiet();
        on(Chart.ROOTS, root.formatted(in(Duration.ofDays(20))));
        assertThat(finding())
                .startsWith("warning  root 'CN=eks': expected more than 30d left; found 19d")
                .endsWith("hansa ca rotate");
        on(Chart.AUTHORITY, "{\"External\":true}");
        on(Chart.ROOTS, root.formatted(in(Duration.ofDays(-1))));
        assertThat(finding())
                .startsWith("error    root 'CN=eks': expected to hold; found that it ended at ")
                .endsWith("hansa ca rotate --external");
    }

    /// One that lives for two hours, of which one is left: half, where renewal begins.
    @Test
    void intermediateThatWasNotRenewedIsNamed() throws Exception {
        var pem = Json.mapper().writeValueAsString(new TestingAuthority().text());
        on(Chart.ROOTS, "{\"Roots\":[{\"Name\":\"r\",\"IntermediateCerts\":[" + pem + "]}]}");

        quiet();
        assertThat(diagnosed(Duration.ofMinutes(45)))
                .startsWith(
                        "intermediate: expected to be renewed from half of its life on; found 14m of 2h left");
        assertThat(diagnosed(Duration.ofHours(2)))
                .startsWith("intermediate: expected to hold; found that it ended");
    }

    /// What is said of the roots that the server shows, at a time to come.
    private String diagnosed(Duration later) throws Exception {
        var surroundings =
                new Surroundings(
                        new ByteArrayInputStream(new byte[0]),
                        new PrintWriter(new StringWriter()),
                        new PrintWriter(new StringWriter()),
                        Map.of());
        var api = ApiClient.of(ApiAccess.at(server.address()), "test", surroundings);
        return only(
                new Chart(
                        Instant.now().plus(later),
                        List.of(),
                        List.of(),
                        Map.of(Chart.ROOTS, api.json(Chart.ROOTS)),
                        Set.of()));
    }

    private String only(Chart chart) throws InterruptedException {
        var sheet = new Finding.Sheet();
        Diagnosis.of(chart, sheet, network());
        assertThat(sheet.all()).hasSize(1);
        return sheet.all().getFirst().what();
    }

    @Test
    void rootOfAPeerAndARotationThatWaitsAreNamed() throws Exception {
        var pem = Json.mapper().writeValueAsString(new TestingAuthority().text());
        on(
                Chart.PEERINGS,
                "[{\"Name\":\"lke\",\"State\":\"ACTIVE\",\"PeerCAPems\":[" + pem + ",\"none\"]}]");
        on(
                Chart.AUTHORITY,
                "{\"Rotation\":{\"WaitsFor\":[{\"Kind\":\"peer\",\"Name\":\"lke\",\"Reason\":\"is away\",\"Since\":\"t\"}]}}");

        assertThat(doctor().out())
                .contains("warning  root of peer 'lke': expected more than 30d left; found 59m")
                .contains("warning  root of peer 'lke': expected a certificate in PEM")
                .contains(
                        "found it waiting for peer 'lke' since t: is away; to mend it: bring it back");
    }

    @Test
    void gatewayThatIsGoneIsNamedAndTheLastOneIsAnError() {
        on(
                Chart.GATEWAYS,
                "["
                        + gateway("g1", "critical", "203.0.113.2")
                        + ","
                        + gateway("g2", "passing", "203.0.113.3")
                        + "]");
        assertThat(finding())
                .startsWith(
                        "warning  mesh gateway 'g1': expected to be connected; found 'stream ended'; to mend it:");
        on(Chart.GATEWAYS, "[" + gateway("g1", "critical", "203.0.113.2") + "]");
        assertThat(finding()).startsWith("error    ").contains("no other is left");
    }

    @Test
    void peeringThatIsNotActiveIsNamedWithSinceWhen() {
        var peering =
                "[{\"Name\":\"lke\",\"State\":\"%s\",\"StreamStatus\":{\"LastHeartbeat\":%s,\"LastReceive\":null}}]";
        var ago = "\"" + in(Duration.ofMinutes(-12)) + "\"";
        on(Chart.PEERINGS, peering.formatted("PENDING", "null"));
        assertThat(finding())
                .startsWith(
                        "warning  peering 'lke': expected ACTIVE; found PENDING, never heard: its token was not used yet");
        on(Chart.PEERINGS, peering.formatted("FAILING", ago));
        assertThat(finding())
                .startsWith(
                        "error    peering 'lke': expected ACTIVE; found FAILING, last heard at ")
                .contains("(12m ago)");
        on(Chart.PEERINGS, peering.formatted("TERMINATED", ago));
        assertThat(finding()).contains("the other side has deleted it");
        on(Chart.PEERINGS, peering.formatted("ACTIVE", ago));
        assertThat(finding()).startsWith("warning  peering 'lke': expected a heartbeat within 60s");
        on(Chart.PEERINGS, peering.formatted("ACTIVE", "\"" + in(Duration.ofSeconds(-10)) + "\""));
        quiet();
        // a clock that is ahead must not look like a peer that is fresh
        on(Chart.PEERINGS, peering.formatted("ACTIVE", "\"" + in(Duration.ofSeconds(10)) + "\""));
        quiet();
        on(Chart.PEERINGS, peering.formatted("ACTIVE", "\"" + in(Duration.ofSeconds(750)) + "\""));
        assertThat(finding())
                .startsWith("warning  peering 'lke': expected a heartbeat within 60s")
                .contains(
                        "(12m ahead: a server's clock was set back, or those of two servers differ)");
    }

    private void exported(String row) {
        on(Chart.PEERINGS, ACTIVE);
        on(Chart.GATEWAYS, "[" + gateway("g", "passing", "203.0.113.2") + "]");
        on(Chart.EXPORTS, "[{\"Service\":\"web\",\"Consumers\":{\"Peers\":[\"lke\"]}}]");
        on(Chart.SERVICES, "[" + row + "]");
        on(Chart.INTENTIONS + "/check?source=peer:lke/*&destination=web", "{\"Allowed\":true}");
    }

    private static String row(int instances, int passing, int proxies) {
        return "{\"Service\":\"web\",\"Peer\":\"\",\"Instances\":%d,\"Passing\":%d,\"Proxies\":%d}"
                .formatted(instances, passing, proxies);
    }

    @Test
    void exportedServiceThatNobodyCanUseIsNamed() {
        exported(row(2, 1, 1));
        quiet();
        exported(row(2, 0, 1));
        assertThat(finding())
                .startsWith(
                        "error    service 'web', exported to 'lke': expected a healthy instance; found 0 healthy of 2");
        exported("{\"Service\":\"web\",\"Peer\":\"lke\",\"Passing\":1,\"Proxies\":1}");
        assertThat(finding()).contains("found none registered");
        exported(row(1, 1, 0));
        assertThat(finding()).contains("expected a sidecar");
        exported(row(1, 1, 1));
        on(Chart.GATEWAYS, "[]");
        assertThat(finding())
                .startsWith("error    mesh gateways: expected one, since services are");
    }

    @Test
    void exportThatNoIntentionLetsAPeerCallIsNamed() {
        exported(row(1, 1, 1));
        on(Chart.INTENTIONS + "/check?source=peer:lke/*&destination=web", "{\"Allowed\":false}");
        assertThat(finding())
                .isEqualTo(
                        "error    service 'web', exported to 'lke': expected an intention that lets a service of the peer in; found none; to mend it: hansa intention create -allow peer:lke/CALLER web");
        // one caller is let in by name: that there is one is enough
        for (var destination : List.of("web", "*")) {
            on(
                    Chart.INTENTIONS,
                    "[{\"SourcePeer\":\"lke\",\"SourceName\":\"front\",\"DestinationName\":\""
                            + destination
                            + "\",\"Action\":\"allow\"}]");
            quiet();
        }
    }

    @Test
    void peerThatDoesNotExistIsNamedWhereverItStands() {
        exported(row(1, 1, 1));
        on(Chart.PEERINGS, "[]");
        assertThat(finding())
                .startsWith(
                        "warning  exported service 'web': expected its consumers to be peers; found 'lke', which is none");

        on(Chart.EXPORTS, "[]");
        on(
                Chart.INTENTIONS,
                "[{\"SourcePeer\":\"moon\",\"SourceName\":\"front\",\"DestinationName\":\"web\",\"Action\":\"allow\"}]");
        assertThat(finding())
                .startsWith(
                        "warning  intention peer:moon/front to 'web': expected a peer's name; found 'moon', which is none");
    }

    @Test
    void serviceThatCouldNotFailOverIsNamed() {
        on(
                Chart.READINESS,
                "[{\"Service\":\"web\",\"Ready\":false,\"Live\":\"local\",\"Reason\":\"lke: no instance\"}]");
        assertThat(finding())
                .isEqualTo(
                        "warning  failover of 'web': expected another healthy target; found none beside local: lke: no instance; to mend it: hansa explain web");
        on(
                Chart.READINESS,
                "[{\"Service\":\"web\",\"Ready\":false,\"Live\":\"\",\"Reason\":\"r\"}]");
        assertThat(finding()).startsWith("error    ");
    }

    @Test
    void findingsAreJsonForWhoeverScripts() {
        on(Chart.PEERINGS, "[{\"Name\":\"lke\\u001b[2J\",\"State\":\"FAILING\"}]");

        var ran = doctor("--format", "json");

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.out())
                .contains(
                        "\"Datacenter\": \"eks\"",
                        "\"Severity\": \"error\"",
                        "\"Check\": \"peerings\"")
                .contains("lke?[2J");
        assertThat(doctor("--format=table").out())
                .startsWith("Severity  Check     Finding")
                .contains("\nerror     peerings  peering 'lke?[2J': expected ACTIVE;")
                .hasLineCount(2);
    }

    @Test
    void linesOfOneKindHaveAnEnd() {
        var peerings = new String[150];
        Arrays.setAll(peerings, i -> "{\"Name\":\"p" + i + "\",\"State\":\"FAILING\"}");
        on(Chart.PEERINGS, "[" + String.join(",", peerings) + "]");

        var lines = doctor().out().lines().toList();

        assertThat(lines).hasSize(102);
        assertThat(lines.get(100)).contains("found 50 more");
    }
}
