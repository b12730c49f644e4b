package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a command shows to a server, and what it believes of one.
class AccessTest {
    private static final String SECRET = "5f9c1a52-0000-4000-8000-00000000beef";
    private static final String PEERINGS = "GET /v1/peerings";

    private final List<TestingServer> servers = new ArrayList<>();
    private TestingServer server;

    @TempDir private Path folder;

    @BeforeEach
    void start() throws IOException {
        server = add(new TestingServer());
    }

    @AfterEach
    void stop() {
        servers.forEach(TestingServer::close);
    }

    private TestingServer add(TestingServer one) {
        servers.add(one.on(PEERINGS, 200, "[]"));
        return one;
    }

    private Ran list(Map<String, String> environment, String... flags) {
        var all = new HashMap<>(environment);
        all.putIfAbsent("HANSA_HTTP_ADDR", server.address());
        return run(all, flags);
    }

    private static Ran run(Map<String, String> environment, String... flags) {
        var words = new ArrayList<>(List.of("peering", "list"));
        words.addAll(List.of(flags));
        return Ran.hansa(environment, "", words.toArray(String[]::new));
    }

    private String shown(Map<String, String> environment, String... flags) {
        var ran = list(environment, flags);
        assertThat(ran.status()).as(ran.err()).isZero();
        return server.tokens().getLast();
    }

    @Test
    void tokenOfAFlagBeatsThatOfAVariableAndHansasThatOfConsul() throws IOException {
        var file = Files.writeString(folder.resolve("t"), "of-a-file\n").toString();
        var other = Files.writeString(folder.resolve("u"), "of-another").toString();

        assertThat(shown(Map.of())).isEmpty();
        assertThat(shown(Map.of("CONSUL_HTTP_TOKEN_FILE", file))).isEqualTo("of-a-file");
        assertThat(shown(Map.of("CONSUL_HTTP_TOKEN", "c", "CONSUL_HTTP_TOKEN_FILE", file)))
                .isEqualTo("c");
        assertThat(shown(Map.of("HANSA_TOKEN_FILE", file, "CONSUL_HTTP_TOKEN", "c")))
                .isEqualTo("of-a-file");
        assertThat(shown(Map.of("HANSA_TOKEN", "h", "HANSA_TOKEN_FILE", file))).isEqualTo("h");
        assertThat(shown(Map.of("HANSA_TOKEN", "h"), "-token-file", other)).isEqualTo("of-another");
        assertThat(shown(Map.of("HANSA_TOKEN", "h"), "-token=t")).isEqualTo("t");
        assertThat(shown(Map.of("HANSA_TOKEN", "  "))).isEmpty();
    }

    @Test
    void tokenIsShownWithEveryKindOfRequest() throws IOException {
        server.on("GET /v1/snapshot", 500, "no")
                .on("POST /v1/peering/token", 500, "no")
                .on("GET /v1/hansa/failovers?index=0&wait=30s", 500, "no")
                .on("DELETE /v1/peering/lke", 500, "no");
        var environment = Map.of("HANSA_HTTP_ADDR", server.address(), "HANSA_TOKEN", "h");

        for (var words :
                List.of(
                        List.of("snapshot", "save", folder.resolve("s").toString()),
                        List.of("peering", "generate-token", "-name", "lke"),
                        List.of("peering", "delete", "-name", "lke"),
                        List.of("failover", "events"))) {
            Ran.hansa(environment, "", words.toArray(String[]::new));
        }

        assertThat(server.tokens()).containsExactly("h", "h", "h", "h");
    }

    @Test
    void tokenThatIsNoneIsRefusedWithoutBeingRepeated() throws IOException {
        var file = Files.writeString(folder.resolve("t"), SECRET + "\nX-Other: 1\n").toString();

        for (var ran :
                List.of(
                        list(Map.of("HANSA_TOKEN_FILE", file)),
                        list(Map.of(), "-token", SECRET + "\u0007"),
                        list(Map.of("HANSA_TOKEN", SECRET.repeat(300))))) {
            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.err()).startsWith("hansa: token of ").doesNotContain(SECRET);
        }
        assertThat(list(Map.of(), "-token", SECRET, "-token-file", file))
                .satisfies(ran -> assertThat(ran.status()).isEqualTo(2))
                .satisfies(ran -> assertThat(ran.err()).contains("found both"))
                .satisfies(ran -> assertThat(ran.err()).doesNotContain(SECRET));
        assertThat(list(Map.of("HANSA_TOKEN_FILE", file + "x")).err())
                .contains("HANSA_TOKEN_FILE", "found none at");
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void helpDoesNotShowWhatTheEnvironmentHolds() {
        var ran = list(Map.of("HANSA_TOKEN", SECRET), "-token", SECRET, "--help");

        assertThat(ran.out()).contains("--token-file", "HANSA_TOKEN").doesNotContain(SECRET);
    }

    @Test
    void refusalNamesCommandAndWhereTheTokenCameFrom() throws IOException {
        server.on(PEERINGS, 403, "Permission denied: lacks 'peering:read', was " + SECRET);
        var file = Files.writeString(folder.resolve("t"), SECRET).toString();

        assertThat(list(Map.of("HANSA_TOKEN_FILE", file)).err())
                .isEqualTo(
                        "hansa: hansa peering list: Permission denied: lacks 'peering:read', was <redacted>"
                                + " (asked with the token of HANSA_TOKEN_FILE '"
                                + file
                                + "'; name another by --token-file or HANSA_TOKEN_FILE)\n");
        assertThat(list(Map.of()).err())
                .startsWith("hansa: hansa peering list: Permission denied")
                .contains("asked without a token; set HANSA_TOKEN_FILE");
    }

    @Test
    void passwordInAnAddressIsRefusedAndNotRepeated() {
        for (var address :
                List.of(
                        "http://ops:" + SECRET + "@127.0.0.1:8500",
                        "ops:" + SECRET + "@127.0.0.1:8500",
                        "ftp://ops:" + SECRET + "@127.0.0.1")) {
            var ran = run(Map.of("HANSA_HTTP_ADDR", address));
            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.err()).startsWith("hansa: HTTP address: ").doesNotContain(SECRET);
        }
    }

    /// A flag beats its variable; beside a profile no variable counts.
    @Test
    void variableOfConsulsThatMeansWhatThereIsNotIsRefused() {
        for (var what : List.of("NAMESPACE", "PARTITION")) {
            var variable = Map.of("CONSUL_" + what, "team");
            var refused = list(variable);
            assertThat(refused.status()).isEqualTo(2);
            assertThat(refused.err())
                    .contains(
                            "CONSUL_"
                                    + what
                                    + ": expected 'default', the only one that there is here; found 'team'");
            var flag = "-" + what.toLowerCase(Locale.ROOT);
            assertThat(list(variable, flag, "default").status()).isZero();
            assertThat(list(Map.of("CONSUL_" + what, "default")).status()).isZero();
            assertThat(list(Map.of("CONSUL_" + what, "default"), flag, "team").err())
                    .contains("-" + flag + ": expected 'default'");
            assertThat(list(variable, "-profile", "none").err()).doesNotContain("CONSUL_");
        }
        for (var no : List.of("false", "0", "perhaps")) {
            var unverified = list(Map.of("CONSUL_HTTP_SSL_VERIFY", no));
            assertThat(unverified.status()).isEqualTo(2);
            assertThat(unverified.err())
                    .contains(
                            "CONSUL_HTTP_SSL_VERIFY: expected true, since a server that nobody certifies is not asked; found '"
                                    + no
                                    + "'");
        }
        assertThat(list(Map.of("CONSUL_HTTP_SSL_VERIFY", "true")).status()).isZero();
        var password = list(Map.of("CONSUL_HTTP_AUTH", "ops:" + SECRET));
        assertThat(password.status()).isEqualTo(2);
        assertThat(password.err())
                .contains("CONSUL_HTTP_AUTH: expected none")
                .doesNotContain(SECRET, "ops");
    }

    @Test
    void tokenThatWouldTravelInTheClearIsSaid() {
        var ran =
                run(
                        Map.of("HANSA_TOKEN", SECRET),
                        // nothing answers there: the name is one of a test's
                        "-http-addr",
                        "http://server.invalid:8500");

        assertThat(ran.err())
                .startsWith("http://server.invalid:8500: the token goes there in the clear")
                .doesNotContain(SECRET);
        assertThat(list(Map.of("HANSA_TOKEN", SECRET)).err()).isEmpty();
    }

    @Test
    void serverIsBelievedThatTheFileCertifies() throws IOException, GeneralSecurityException {
        var authority = new TestingAuthority();
        var tls = add(TestingServer.tls(authority.server("127.0.0.1", "eks.example")));
        var ca = authority.pem(folder).toString();
        var https = "https://127.0.0.1:" + tls.port();

        assertThat(run(Map.of("HANSA_HTTP_ADDR", https), "-ca-file", ca, "-token", "t").out())
                .isEqualTo("There are no peering connections.\n");
        assertThat(
                        run(Map.of(
                                        "CONSUL_HTTP_ADDR",
                                        "127.0.0.1:" + tls.port(),
                                        "CONSUL_HTTP_SSL",
                                        "true",
                                        "CONSUL_CACERT",
                                        ca))
                                .status())
                .isZero();
        assertThat(
                        run(Map.of(
                                        "HANSA_HTTP_ADDR",
                                        https,
                                        "HANSA_CACERT",
                                        ca,
                                        "CONSUL_CACERT",
                                        "/nowhere"))
                                .status())
                .isZero();
        assertThat(tls.tokens()).containsExactly("t", "", "");
    }

    @Test
    void serverOfAnotherAuthorityOrNameIsNotTalkedTo()
            throws IOException, GeneralSecurityException {
        var authority = new TestingAuthority();
        var ca = authority.pem(folder).toString();
        var tls = add(TestingServer.tls(authority.server("eks.example", "*.lke.example")));
        var stranger = add(TestingServer.tls(new TestingAuthority().server("127.0.0.1")));
        var https = "https://127.0.0.1:" + tls.port();

        assertThat(run(Map.of("HANSA_HTTP_ADDR", https), "-ca-file", ca).err())
                .startsWith("hansa: " + https + ": expected TLS with a certificate that '" + ca);
        for (var name : List.of("eks.example", "a.lke.example", "A.LKE.example")) {
            assertThat(
                            run(
                                            Map.of("HANSA_HTTP_ADDR", https),
                                            "-ca-file",
                                            ca,
                                            "-tls-server-name",
                                            name)
                                    .status())
                    .as(name)
                    .isZero();
        }
        for (var name : List.of("lke.example", "b.a.lke.example", "eks.example.org")) {
            assertThat(
                            run(
                                            Map.of(
                                                    "HANSA_HTTP_ADDR",
                                                    https,
                                                    "HANSA_TLS_SERVER_NAME",
                                                    name),
                                            "-ca-file",
                                            ca)
                                    .err())
                    .as(name)
                    .contains("is not for '" + name + "'");
        }
        var other = "https://127.0.0.1:" + stranger.port();
        for (var name : List.of("127.0.0.1", "eks.example")) {
            assertThat(
                            run(
                                            Map.of("HANSA_HTTP_ADDR", other),
                                            "-ca-file",
                                            ca,
                                            "-tls-server-name",
                                            name)
                                    .status())
                    .isEqualTo(1);
        }
        assertThat(run(Map.of("HANSA_HTTP_ADDR", other)).err()).contains("the JVM's roots certify");
        assertThat(stranger.asked()).isEmpty();
        assertThat(tls.asked()).hasSize(3);
    }

    @Test
    void fileWithoutCertificatesIsRefused() throws IOException {
        var file = Files.writeString(folder.resolve("ca.pem"), "no certificate\n").toString();

        assertThat(run(Map.of("HANSA_HTTP_ADDR", "https://127.0.0.1:1"), "-ca-file", file).err())
                .isEqualTo(
                        "hansa: CA file: expected certificates in PEM; found none that can be read in '"
                                + file
                                + "'\n");
    }

    @Test
    void consulsFlagForTheTokenStandsBesideThatOfThePeering() throws IOException {
        server.on("POST /v1/peering/establish", 200, "{\"Fingerprint\":\"ab\"}");
        var own = Files.writeString(folder.resolve("own"), "api").toString();
        var peering = Files.writeString(folder.resolve("peering"), "p").toString();
        var environment = Map.of("HANSA_HTTP_ADDR", server.address(), "HANSA_TOKEN", "h");

        Ran.hansa(
                environment,
                "",
                "peering",
                "establish",
                "-name=lke",
                "-token-file",
                own,
                "-peering-token=@" + peering);
        Ran.hansa(environment, "", "peering", "establish", "-name=lke", "-token-file", peering);

        assertThat(server.tokens()).containsExactly("api", "h");
        assertThat(server.asked())
                .allSatisfy(asked -> assertThat(asked.body()).contains("\"PeeringToken\":\"p\""));
    }
}
