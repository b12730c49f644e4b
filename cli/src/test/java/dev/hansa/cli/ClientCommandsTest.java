package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientCommandsTest {
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
    void intentionIsCreatedWhereNoneIs() {
        server.on(
                "GET /v1/connect/intentions/exact?source=peer%3Aeks%2Fweb&destination=db",
                404, "Intention not found");
        server.on(
                "PUT /v1/connect/intentions/exact?source=peer%3Aeks%2Fweb&destination=db",
                200, "true");

        assertThat(Ran.hansa(server, "intention", "create", "-deny", "peer:eks/web", "db"))
                .isEqualTo(new Ran(0, "Created: peer:eks/web => db (deny)\n", ""));
    }

    @Test
    void deniedCallIsAnExitCode() {
        server.on(
                "GET /v1/connect/intentions/check?source=web&destination=db",
                200,
                "{\"Allowed\":false}");

        assertThat(Ran.hansa(server, "intention", "check", "web", "db").status()).isEqualTo(1);
    }

    @Test
    void denialsAreATable() {
        server.on(
                "GET /v1/hansa/intention-denials",
                200,
                "[{\"At\":\"2026-11-23T00:00:00Z\",\"Source\":\"spiffe://x/web\",\"Destination\":\"db\",\"Intention\":\"default\"}]");

        assertThat(Ran.hansa(server, "intention", "denials").out())
                .contains("Time")
                .contains("2026-11-23T00:00:00Z")
                .contains("default");
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

    /// A process list and a shell's history are read by others.
    @Test
    void tokenOnTheCommandLineIsRefusedAndNotRepeated() {
        var ran = establish("", "-peering-token", "eyJhbGciOiJFUzI1NiJ9");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err())
                .contains("expected '-' for standard input or @FILE")
                .contains("revoke-token")
                .doesNotContain("eyJ");
        assertThat(ran.out()).isEmpty();
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
    void escapeSequencesOfAServerDoNotReachTheTerminal() {
        server.on("GET /v1/peerings", 500, "bad \u001b[2Jday");

        assertThat(Ran.hansa(server, "peering", "list").err()).isEqualTo("hansa: bad ?[2Jday\n");
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

    @Test
    void yamlEntryIsSentAsItIs() throws IOException {
        var text = "kind: ServiceResolver\nmetadata:\n  name: shippingservice\nspec: {}\n";
        var file = Files.writeString(folder.resolve("resolver.yaml"), text);
        server.on("PUT /v1/config", 200, "true");

        var ran = Ran.hansa(server, "config", "write", file.toString());

        assertThat(ran.out()).isEqualTo("Config entry written: service-resolver/shippingservice\n");
        assertThat(server.onlyAsked())
                .isEqualTo(new TestingServer.Asked("PUT /v1/config", "application/yaml", text));
    }

    @Test
    void jsonEntryThatMustNotExistIsNotWrittenOverAnother() {
        server.on("PUT /v1/config?cas=0", 200, "false");

        var ran =
                Ran.hansa(
                        Map.of("HANSA_HTTP_ADDR", server.address()),
                        "{\"Kind\":\"mesh\"}",
                        "config",
                        "write",
                        "-cas",
                        "-modify-index",
                        "0",
                        "-");

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .isEqualTo("hansa: Config entry not updated: mesh/mesh (its index has changed)\n");
        assertThat(server.onlyAsked().contentType()).isEqualTo("application/json");
    }

    @Test
    void brokenJsonIsFoundBeforeItIsSent() {
        var ran =
                Ran.hansa(
                        Map.of("HANSA_HTTP_ADDR", server.address()),
                        "{\"Kind\":",
                        "config",
                        "write",
                        "-");

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err())
                .startsWith("hansa: config entry: expected JSON; found a mistake at line 1");
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void entryIsReadAsIndentedJson() {
        server.on("GET /v1/config/mesh/mesh", 200, "{\"Kind\":\"mesh\",\"Tags\":[],\"L\":[1]}");

        assertThat(Ran.hansa(server, "config", "read", "-kind", "mesh", "-name", "mesh").out())
                .isEqualTo(
                        """
                        {
                            "Kind": "mesh",
                            "Tags": [],
                            "L": [
                                1
                            ]
                        }
                        """);
    }

    @Test
    void entriesAreListedAndDeleted() {
        server.on("GET /v1/config/service-resolver", 200, "[{\"Name\":\"a\"},{\"Name\":\"b\"}]")
                .on("DELETE /v1/config/service-resolver/a%20b", 200, "{}");

        assertThat(Ran.hansa(server, "config", "list", "-kind", "service-resolver").out())
                .isEqualTo("a\nb\n");
        assertThat(
                        Ran.hansa(
                                        server,
                                        "config",
                                        "delete",
                                        "-kind",
                                        "service-resolver",
                                        "-name",
                                        "a b")
                                .out())
                .isEqualTo("Config entry deleted: service-resolver/a b\n");
    }

    @Test
    void serviceIsRegisteredByFlags() {
        server.on("PUT /v1/agent/service/register", 200, "");

        var ran =
                Ran.hansa(
                        server,
                        "services",
                        "register",
                        "-name",
                        "billing",
                        "-address",
                        "127.0.0.1",
                        "-port",
                        "9090",
                        "-tag",
                        "v1",
                        "-tag",
                        "eu");

        assertThat(ran.out()).isEqualTo("Registered service: billing\n");
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"Name\":\"billing\",\"Address\":\"127.0.0.1\",\"Port\":9090,\"Tags\":[\"v1\",\"eu\"]}");
    }

    @Test
    void servicesAreRegisteredAndDeregisteredByFile() throws IOException {
        var file =
                Files.writeString(
                        folder.resolve("s.json"),
                        "{\"services\":[{\"name\":\"a\",\"id\":\"a1\"},{\"Name\":\"b\"}]}");
        server.on("PUT /v1/agent/service/register", 200, "")
                .on("PUT /v1/agent/service/deregister/a1", 200, "")
                .on("PUT /v1/agent/service/deregister/b", 404, "Unknown service ID \"b\".");

        assertThat(Ran.hansa(server, "services", "register", file.toString()).out())
                .isEqualTo("Registered service: a\nRegistered service: b\n");
        assertThat(Ran.hansa(server, "services", "deregister", file.toString()))
                .isEqualTo(
                        new Ran(
                                1,
                                "Deregistered service: a1\n",
                                "hansa: Unknown service ID \"b\".\n"));
    }

    @Test
    void catalogIsPrinted() {
        server.on("GET /v1/catalog/services", 200, "{\"web\":[\"v1\",\"v2\"],\"consul\":[]}")
                .on(
                        "GET /v1/catalog/nodes",
                        200,
                        "[{\"ID\":\"0123456789\",\"Node\":\"eks-server\",\"Address\":\"127.1.0.1\",\"Datacenter\":\"eks\"}]")
                .on("GET /v1/catalog/datacenters", 200, "[\"eks\"]");

        assertThat(Ran.hansa(server, "catalog", "services").out()).isEqualTo("consul\nweb\n");
        assertThat(Ran.hansa(server, "catalog", "services", "-tags").out())
                .isEqualTo("consul\nweb     v1,v2\n");
        assertThat(Ran.hansa(server, "catalog", "nodes").out())
                .isEqualTo(
                        "Node        ID        Address    DC\neks-server  01234567  127.1.0.1  eks\n");
        assertThat(Ran.hansa(server, "catalog", "datacenters").out()).isEqualTo("eks\n");
    }

    @Test
    void joinTokenIsWrittenForTheOwnerAlone() throws IOException {
        server.on("POST /v1/hansa/join-token", 200, "{\"JoinToken\":\"j\"}");
        var file = folder.resolve("join");

        var ran =
                Ran.hansa(
                        server,
                        "join-token",
                        "--service",
                        "a",
                        "b",
                        "--ttl",
                        "1h",
                        "--out",
                        file.toString());

        assertThat(ran.status()).isZero();
        assertThat(file).hasContent("j");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(server.onlyAsked().body())
                .isEqualTo("{\"Services\":[\"a\",\"b\"],\"MeshGateway\":false,\"TTL\":\"1h\"}");
    }

    @Test
    void rotationSaysWhatItWaitsFor() {
        var status =
                """
                {"TrustDomain":"a.consul","ActiveRootID":"aa:bb","External":false,"Rotation":
                {"Phase":"publishing","OtherRootID":"cc:dd","StartedAt":"t0","Since":"t1","Until":"t2",
                "WaitsFor":[{"Kind":"peer","Name":"lke","Reason":"is away","Since":"t3"}]}}\
                """;
        server.on("PUT /v1/hansa/ca/rotate", 200, status);

        assertThat(Ran.hansa(server, "ca", "rotate", "--external").out())
                .isEqualTo(
                        """
                        Trust domain: a.consul
                        Signing root: aa:bb
                        Rotation:     publishing since t1, begun t0, goes on at t2 at the latest
                        Other root:   cc:dd
                        Waits for:    peer lke: is away, since t3
                        """);
        assertThat(server.onlyAsked().body()).isEqualTo("{\"External\":true}");
    }

    @Test
    void certificateAuthorityAtRestHasNoRotation() {
        server.on(
                "GET /v1/hansa/ca",
                200,
                "{\"TrustDomain\":\"a.consul\",\"ActiveRootID\":\"aa:bb\",\"External\":true,\"Rotation\":null}");

        assertThat(Ran.hansa(server, "ca", "status").out())
                .isEqualTo(
                        "Trust domain: a.consul\nSigning root: aa:bb (yours)\nRotation:     none\n");
    }

    @Test
    void refusedConnectionNamesAddressAndFlag() {
        var address = server.address();
        server.close();

        var ran = Ran.hansa(Map.of(), "", "peering", "list", "-http-addr", address);

        assertThat(ran)
                .isEqualTo(
                        new Ran(
                                1,
                                "",
                                "hansa: http://"
                                        + address
                                        + ": expected a server that accepts connections; found none (name another by --http-addr or HANSA_HTTP_ADDR)\n"));
    }
}
