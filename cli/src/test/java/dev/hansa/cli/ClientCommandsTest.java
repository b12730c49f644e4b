package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientCommandsTest {
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

        assertThat(Ran.hansa(server, "intention", "check", "web", "db"))
                .isEqualTo(new Ran(1, "Denied\n", ""));
    }

    @Test
    void callOfWhichNothingCouldBeAskedIsNotOneThatIsDenied() {
        server.on(
                "GET /v1/connect/intentions/check?source=web&destination=db",
                403,
                "Permission denied");
        server.on("GET /v1/connect/intentions/check?source=web&destination=x", 200, "{}");

        var refused = Ran.hansa(server, "intention", "check", "web", "db");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.out()).isEmpty();
        assertThat(refused.err()).contains("Permission denied");
        assertThat(Ran.hansa(server, "intention", "check", "web", "x").status()).isEqualTo(2);
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
    void escapeSequencesOfAServerDoNotReachTheTerminal() {
        server.on("GET /v1/peerings", 500, "bad \u001b[2Jday");

        assertThat(Ran.hansa(server, "peering", "list").err()).isEqualTo("hansa: bad ?[2Jday\n");
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
    void hclEntryIsSentAsItIs() throws IOException {
        var text =
                "Kind = \"service-resolver\"\nName = \"web\"\nFailover { \"*\" { Targets = [{Peer = \"lke\"}] } }\n";
        var file = Files.writeString(folder.resolve("resolver.txt"), text);
        server.on("PUT /v1/config", 200, "true");

        var ran = Ran.hansa(server, "config", "write", file.toString());

        assertThat(ran).isEqualTo(new Ran(0, "Config entry written: service-resolver/web\n", ""));
        assertThat(server.onlyAsked())
                .isEqualTo(new TestingServer.Asked("PUT /v1/config", "application/hcl", text));
    }

    @Test
    void mistakeIsToldInTheFormThatTheFilesNameSays() throws IOException {
        var yaml = "kind: mesh\n";
        var hcl = "Kind = \"mesh\"\n";

        assertThat(writing("mesh.hcl", yaml).err())
                .isEqualTo(
                        "hansa: config entry: HCL at line 1, column 5: expected '=' after the key 'kind', or '{'; found ':'\n");
        assertThat(writing("mesh.yaml", hcl).err())
                .isEqualTo(
                        "hansa: config entry: expected an object with a kind; found something else (in YAML)\n");
        assertThat(writing("mesh.json", hcl).err())
                .startsWith("hansa: config entry: expected JSON; found a mistake at line 1");
        assertThat(writing("mesh", "Kind = mesh\n").err())
                .startsWith(
                        "hansa: config entry: HCL at line 1, column 8: expected a string in quotes");
        assertThat(server.asked()).isEmpty();
    }

    private Ran writing(String name, String text) throws IOException {
        return Ran.hansa(
                server,
                "config",
                "write",
                Files.writeString(folder.resolve(name), text).toString());
    }

    @Test
    void jsonInAFileForHclIsJsonAsConsulTakesIt() throws IOException {
        server.on("PUT /v1/config", 200, "true");

        assertThat(writing("mesh.hcl", "{\"Kind\": \"mesh\"}").out())
                .isEqualTo("Config entry written: mesh/mesh\n");
        assertThat(server.onlyAsked().contentType()).isEqualTo("application/json");
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

    /// As Consul's agents are given it, whatever the file is called.
    @Test
    void servicesAreRegisteredByHcl() throws IOException {
        var file =
                Files.writeString(
                        folder.resolve("web.txt"),
                        """
                        # the shop
                        service {
                          name = "web"
                          id   = "web-1"
                          port = 8080
                          tags = ["v1"]
                          check { id = "alive", ttl = "1h" }
                        }
                        """);
        server.on("PUT /v1/agent/service/register", 200, "")
                .on("PUT /v1/agent/service/deregister/web-1", 200, "");

        assertThat(Ran.hansa(server, "services", "register", file.toString()))
                .isEqualTo(new Ran(0, "Registered service: web\n", ""));
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"name\":\"web\",\"id\":\"web-1\",\"port\":8080,\"tags\":[\"v1\"],\"check\":{\"id\":\"alive\",\"ttl\":\"1h\"}}");
        assertThat(Ran.hansa(server, "services", "deregister", file.toString()).out())
                .isEqualTo("Deregistered service: web-1\n");
        var wrong = Files.writeString(folder.resolve("wrong.hcl"), "service {\n  name = \n}\n");
        assertThat(Ran.hansa(server, "services", "register", wrong.toString()).err())
                .contains("service definition: expected HCL or JSON in", "HCL at line 3");
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
