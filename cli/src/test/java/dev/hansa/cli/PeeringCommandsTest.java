package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `hansa peering`: tokens, establishing, and what there is.
class PeeringCommandsTest {
    private static final String PEERINGS =
            """
            [{"Name":"west","ID":"2","State":"FAILING","StreamStatus":{"ImportedServices":null,"ExportedServices":null}},
             {"Name":"lke","ID":"3b001063","State":"ACTIVE","Meta":{"env":"demo"},
              "StreamStatus":{"ImportedServices":["shippingservice"],"ExportedServices":[]}}]
            """;

    private TestingServer server;

    @TempDir private Path folder;

    @BeforeEach
    void start() throws IOException {
        server = new TestingServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void generateTokenPrintsTheTokenAlone() {
        server.on(
                "POST /v1/peering/token",
                200,
                "{\"PeeringToken\":\"a.b.c\",\"Fingerprint\":\"7f00:0001\",\"FingerprintWords\":\"lusab-babad\"}");

        var ran =
                Ran.hansa(
                        server,
                        "peering",
                        "generate-token",
                        "-name",
                        "lke",
                        "-for-datacenter=lke",
                        "--ttl",
                        "10m");

        assertThat(ran)
                .isEqualTo(
                        new Ran(
                                0,
                                "a.b.c\n",
                                """
                                fingerprint: 7f00:0001 (lusab-babad)
                                tell it to the other operator in another way than the token
                                """));
        assertThat(server.onlyAsked().body())
                .isEqualTo("{\"PeerName\":\"lke\",\"ForDatacenter\":\"lke\",\"TTL\":\"10m\"}");
    }

    @Test
    void generateTokenSendsAddressesAndMeta() {
        server.on("POST /v1/peering/token", 200, "{\"PeeringToken\":\"a.b.c\"}");

        var ran =
                Ran.hansa(
                        server,
                        "peering",
                        "generate-token",
                        "-name=lke",
                        "-meta",
                        "env=demo",
                        "-server-external-addresses",
                        "192.0.2.1:8503,192.0.2.2:8503",
                        "-format",
                        "json");

        assertThat(ran.out()).isEqualTo("{\n    \"PeeringToken\": \"a.b.c\"\n}\n");
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"PeerName\":\"lke\",\"ServerExternalAddresses\":[\"192.0.2.1:8503\",\"192.0.2.2:8503\"],\"Meta\":{\"env\":\"demo\"}}");
    }

    @Test
    void establishReadsTheTokenFromStandardInput() {
        server.on(
                "POST /v1/peering/establish",
                200,
                "{\"Fingerprint\":\"7f00:0001\",\"FingerprintWords\":\"lusab-babad\"}");

        var ran =
                Ran.hansa(
                        Map.of("CONSUL_HTTP_ADDR", "http://" + server.address() + "/"),
                        "a.b.c\n",
                        "peering",
                        "establish",
                        "-name",
                        "eks",
                        "-token-file",
                        "-");

        assertThat(ran)
                .isEqualTo(
                        new Ran(
                                0,
                                "Successfully established peering connection with eks\n",
                                "trusted on first use: fingerprint 7f00:0001 (lusab-babad)\n"));
        assertThat(server.onlyAsked().body())
                .isEqualTo("{\"PeerName\":\"eks\",\"PeeringToken\":\"a.b.c\"}");
    }

    @Test
    void establishHoldsTheTokenToWhatWasSaid() {
        server.on("POST /v1/peering/establish", 200, "{\"Fingerprint\":\"7f00\"}");

        var ran =
                Ran.hansa(
                        Map.of("CONSUL_HTTP_ADDR", "http://" + server.address() + "/"),
                        "a.b.c\n",
                        "peering",
                        "establish",
                        "-name=eks",
                        "-token-file=-",
                        "-require-signed",
                        "-accept-audience=lke1",
                        "-expect-fingerprint=lusab-babad");

        assertThat(ran.err()).startsWith("as expected: fingerprint 7f00");
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"PeerName\":\"eks\",\"PeeringToken\":\"a.b.c\",\"AcceptAudience\":\"lke1\",\"RequireSigned\":true,\"ExpectFingerprint\":\"lusab-babad\"}");
    }

    @Test
    void revokedTokenIsNamed() {
        server.on("DELETE /v1/peering/lke/token", 200, "{\"TokenID\":\"1-2\"}");

        assertThat(Ran.hansa(server, "peering", "revoke-token", "-name", "lke"))
                .isEqualTo(new Ran(0, "Token 1-2 of peer lke revoked.\n", ""));
    }

    @Test
    void refusalOfTheServerIsTheOneSentence() {
        server.on("POST /v1/peering/establish", 403, "peering token rejected: expired 4m ago\n");

        var ran = establish("x", "-token-file", "-");

        assertThat(ran)
                .isEqualTo(new Ran(1, "", "hansa: peering token rejected: expired 4m ago\n"));
    }

    private Ran establish(String in, String... how) {
        var words = new ArrayList<>(List.of("peering", "establish", "-name", "eks"));
        words.addAll(List.of(how));
        return Ran.hansa(
                Map.of("HANSA_HTTP_ADDR", server.address()), in, words.toArray(String[]::new));
    }

    /// As Consul's own documentation has it; a process list and a shell's history are read by
    /// others, and who writes it there is told so.
    @Test
    void tokenOnTheCommandLineIsTakenAndNotRepeated() {
        server.on("POST /v1/peering/establish", 200, "{\"Fingerprint\":\"ab\"}");

        var ran = establish("", "-peering-token", "eyJhbGciOiJFUzI1NiJ9");

        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(server.asked().getLast().body())
                .contains("\"PeeringToken\":\"eyJhbGciOiJFUzI1NiJ9\"");
        assertThat(ran.err()).contains("the process list and the shell's history show");
        assertThat(ran.out() + ran.err()).doesNotContain("eyJ");
        assertThat(establish("").err()).contains("found neither");
        assertThat(establish("x", "-token-file", "-", "-peering-token", "-").err())
                .contains("found both");
    }

    @Test
    void consulsNameForTheTokenTakesAFileOrStandardInput() throws IOException {
        server.on("POST /v1/peering/establish", 200, "{\"Fingerprint\":\"ab\"}");
        var file = Files.writeString(folder.resolve("token"), "of-a-file\n");

        assertThat(establish("of-stdin\n", "-peering-token", "-").status()).isZero();
        assertThat(server.asked().getLast().body()).contains("\"PeeringToken\":\"of-stdin\"");
        assertThat(establish("", "-peering-token", "@" + file).status()).isZero();
        assertThat(server.asked().getLast().body()).contains("\"PeeringToken\":\"of-a-file\"");
    }

    @Test
    void peeringsAreListedByName() {
        server.on("GET /v1/peerings", 200, PEERINGS);

        assertThat(Ran.hansa(server, "peering", "list").out())
                .isEqualTo(
                        """
                        Name  State    Imported Svcs  Exported Svcs  Meta
                        lke   ACTIVE   1              0              env=demo
                        west  FAILING  0              0
                        """);
    }

    @Test
    void withoutPeeringsTheListSaysSo() {
        server.on("GET /v1/peerings", 200, "[]");

        assertThat(Ran.hansa(server, "peering", "list").out())
                .isEqualTo("There are no peering connections.\n");
    }

    @Test
    void peeringIsRead() {
        server.on(
                "GET /v1/peering/eks",
                200,
                """
                {"ID":"3b00","Name":"eks","State":"ACTIVE","Meta":{"env":"demo"},"PeerID":"e83a","PeerCAPems":["x"],
                 "PeerServerName":"server.eks.peering.example","PeerServerAddresses":["192.0.2.1:8443"],
                 "StreamStatus":{"ImportedServices":[],"ExportedServices":["a","b"]},"CreateIndex":7,"ModifyIndex":9}
                """);

        assertThat(Ran.hansa(server, "peering", "read", "-name", "eks").out())
                .isEqualTo(
                        """
                        Name:    eks
                        ID:      3b00
                        Status:  ACTIVE
                        Meta:
                            env=demo

                        Peer ID:           e83a
                        Peer Server Name:  server.eks.peering.example
                        Peer CA Pems:      1
                        Peer Server Addresses:
                            192.0.2.1:8443

                        Imported Services: 0
                        Exported Services: 2

                        Create Index: 7
                        Modify Index: 9
                        """);
    }

    @Test
    void unknownPeeringIsNamed() {
        server.on("GET /v1/peering/moon", 404, "Peering not found for \"moon\"");

        assertThat(Ran.hansa(server, "peering", "read", "-name", "moon"))
                .isEqualTo(new Ran(1, "", "hansa: No peering with name moon found.\n"));
    }

    @Test
    void peeringIsDeleted() {
        server.on("DELETE /v1/peering/lke", 200, "");

        assertThat(Ran.hansa(server, "peering", "delete", "-name", "lke").out())
                .isEqualTo("Successfully submitted peering connection, lke, for deletion\n");
    }
}
