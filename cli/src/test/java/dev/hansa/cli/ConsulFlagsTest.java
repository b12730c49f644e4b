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

/// Flags that commands have as Consul's do: what each asks of a server, or why it does not.
class ConsulFlagsTest {
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

    private Ran hansa(String... words) {
        return Ran.hansa(server, words);
    }

    private Ran done(String... words) {
        var ran = hansa(words);
        assertThat(ran.status()).as(ran.err()).isZero();
        return ran;
    }

    @Test
    void datacenterIsTheServersOrRefusedWithBothNames() {
        server.on("GET /v1/catalog/datacenters?stale", 200, "[\"eks\"]")
                .on("GET /v1/peerings", 200, "[]");

        assertThat(done("peering", "list", "-datacenter", "eks").out())
                .isEqualTo("There are no peering connections.\n");
        assertThat(hansa("peering", "list", "-datacenter=lke"))
                .isEqualTo(
                        new Ran(
                                1,
                                "",
                                "hansa: datacenter: expected 'eks', which is that of the server at http://"
                                        + server.address()
                                        + "; found 'lke' (name a server of that one by --http-addr)\n"));
        assertThat(server.asked().getLast().line()).contains("datacenters");
    }

    @Test
    void onlyNamespaceAndPartitionAreDefault() {
        server.on("GET /v1/peerings", 200, "[]");

        for (var flag : List.of("-namespace", "-partition")) {
            done("peering", "list", flag, "default");
            done("peering", "list", flag + "=");
            var refused = hansa("peering", "list", flag, "team");
            assertThat(refused.status()).isEqualTo(2);
            assertThat(refused.err())
                    .contains(
                            "-"
                                    + flag
                                    + ": expected 'default', the only one that there is here; found 'team'");
        }
        assertThat(server.asked()).hasSize(4);
    }

    @Test
    void staleIsAskedOfWhatIsReadAndNotOfWhatIsWritten() {
        server.on("GET /v1/catalog/datacenters?stale", 200, "[]")
                .on("GET /v1/agent/members?wan=1&stale", 200, "[{\"Name\":\"a\"}]")
                .on("DELETE /v1/config/mesh/mesh", 200, "true");

        done("catalog", "datacenters", "-stale");
        done("members", "-wan", "-stale");
        done("config", "delete", "-kind", "mesh", "-name", "mesh", "-stale");
    }

    @Test
    void nodesAndServicesAreChosenByFilterAndMeta() {
        server.on(
                        "GET /v1/catalog/nodes?filter=Meta.zone%20%3D%3D%20a&node-meta=os%3Alinux",
                        200, "[]")
                .on("GET /v1/catalog/services?node-meta=os%3Alinux", 200, "{}")
                .on("GET /v1/catalog/service/web?filter=ServicePort%20%3D%3D%201", 200, "[]");

        done("catalog", "nodes", "-filter", "Meta.zone == a", "-node-meta", "os=linux");
        done("catalog", "services", "-node-meta=os=linux");
        done("catalog", "nodes", "-service", "web", "-filter", "ServicePort == 1");
        // as Go's flags take it
        done("catalog", "services", "-tags=true", "-node-meta", "os=linux");
        assertThat(hansa("catalog", "services", "-node", "n", "-node-meta", "os=linux").err())
                .contains("nodes: expected --node or --node-meta; found both");
        assertThat(hansa("catalog", "nodes", "-near", "_agent").err())
                .isEqualTo(
                        "hansa: hansa catalog nodes: expected what hansa has of Consul's; found '--near', which it has not: nothing measures how far nodes are from each other; see 'hansa catalog nodes --help'\n");
    }

    @Test
    void entriesAreChosenByFilterAndDeletedByTheirFile() throws IOException {
        server.on("GET /v1/config/service-resolver?filter=Name%20%3D%3D%20web", 200, "[]")
                .on("DELETE /v1/config/service-resolver/web", 200, "true");
        var file =
                Files.writeString(
                                folder.resolve("web.hcl"),
                                "Kind = \"service-resolver\"\nName = \"web\"\n")
                        .toString();

        done("config", "list", "-kind", "service-resolver", "-filter", "Name == web");
        assertThat(done("config", "delete", "-filename", file).out())
                .isEqualTo("Config entry deleted: service-resolver/web\n");
        for (var words :
                List.of(
                        List.of("-filename", file, "-kind", "service-resolver"),
                        List.of("-kind", "service-resolver"),
                        List.<String>of())) {
            var all = new ArrayList<>(List.of("config", "delete"));
            all.addAll(words);
            assertThat(hansa(all.toArray(String[]::new)).status())
                    .as(words.toString())
                    .isEqualTo(2);
        }
        var nameless =
                Files.writeString(folder.resolve("n.hcl"), "Kind = \"service-resolver\"\n")
                        .toString();
        assertThat(hansa("config", "delete", "-filename", nameless).err())
                .contains("expected its kind and name in '", "found 'service-resolver/'");
        assertThat(server.asked()).hasSize(2);
    }

    @Test
    void exportsAreChosenByFilter() {
        server.on(
                "GET /v1/exported-services",
                200,
                "[{\"Service\":\"web\",\"Consumers\":{\"Peers\":[\"lke\"]}},{\"Service\":\"db\",\"Consumers\":{\"Peers\":[\"gke\"]}}]");

        assertThat(done("services", "exported-services", "-filter", "lke in Consumers.Peers").out())
                .contains("web")
                .doesNotContain("db");
        assertThat(hansa("services", "exported-services", "-filter", "Nothing == 1").err())
                .startsWith("hansa: filter: ");
    }

    @Test
    void intentionsAreReadFromFilesBeforeAnyIsCreated() throws IOException {
        var one =
                "{\"SourceName\":\"web\",\"SourcePeer\":\"eks\",\"DestinationName\":\"db\",\"Action\":\"deny\",\"Meta\":{\"team\":\"a\"}}";
        var path = "/v1/connect/intentions/exact?source=peer%3Aeks%2Fweb&destination=db";
        server.on("GET " + path, 404, "Intention not found").on("PUT " + path, 200, "true");
        var file = Files.writeString(folder.resolve("one.json"), one).toString();
        var wrong =
                Files.writeString(folder.resolve("wrong.json"), "{\"Action\":\"deny\"}").toString();

        assertThat(hansa("intention", "create", "-file", file, wrong).err())
                .contains("expected a JSON object with SourceName and DestinationName");
        assertThat(hansa("intention", "create", "-file", "-meta", "a=b", file).status())
                .isEqualTo(2);
        assertThat(hansa("intention", "create", "web").err())
                .contains("intention: expected SRC and DST; found 1 words");
        assertThat(server.asked()).isEmpty();
        assertThat(done("intention", "create", "-file", file).out())
                .isEqualTo("Created: peer:eks/web => db (deny)\n");
        assertThat(server.asked().getLast().body()).isEqualTo(one);
    }

    @Test
    void intentionKeepsItsMeta() {
        var path = "/v1/connect/intentions/exact?source=web&destination=db";
        server.on("PUT " + path, 200, "true")
                .on(
                        "GET " + path,
                        200,
                        "{\"SourceName\":\"web\",\"DestinationName\":\"db\",\"Action\":\"allow\",\"Meta\":{\"team\":\"a\"}}");

        done("intention", "create", "-replace", "-meta", "team=a", "-meta", "x=y", "web", "db");
        assertThat(server.onlyAsked().body())
                .isEqualTo("{\"Action\":\"allow\",\"Meta\":{\"team\":\"a\",\"x\":\"y\"}}");
        assertThat(done("intention", "get", "web", "db").out())
                .containsPattern("Meta\\[team]: +a\n");
    }

    /// A flag has one dash or two; what stands behind it has as many as it had.
    @Test
    void valueThatBeginsWithADashIsKeptAsItWasTyped() {
        var path = "/v1/connect/intentions/exact?source=a&destination=b";
        server.on("PUT " + path, 200, "true");

        for (var value : List.of("-old rule", "-hot path", "-o", "--two", "-x=y", "-deny it")) {
            for (var words :
                    List.of(List.of("-description", value), List.of("-description=" + value))) {
                var all = new ArrayList<>(List.of("intention", "create", "-allow", "-replace"));
                all.addAll(words);
                all.addAll(List.of("a", "b"));
                done(all.toArray(String[]::new));
                assertThat(server.asked().getLast().body())
                        .isEqualTo("{\"Action\":\"allow\",\"Description\":\"" + value + "\"}");
            }
        }
        done("intention", "create", "-replace", "-meta", "-team=-a", "a", "b");
        assertThat(server.asked().getLast().body()).contains("\"Meta\":{\"-team\":\"-a\"}");
        // a word without a dash is no flag, whatever its letters are
        done("intention", "create", "-replace", "-description", "h", "a", "b");
        // another flag of the command is no value of the one before it
        assertThat(hansa("intention", "create", "-description", "-allow", "a", "b"))
                .satisfies(ran -> assertThat(ran.status()).isEqualTo(2))
                .satisfies(ran -> assertThat(ran.err()).contains("--description", "--allow"));
        server.on("PUT /v1/connect/intentions/exact?source=-s&destination=b", 200, "true");
        done("intention", "create", "-replace", "--", "-s", "b");
    }

    @Test
    void oneThingIsPrintedAsJsonOrAsALineToo() {
        var id = "986193b5-e2b5-eb26-6264-b524ea60cc6d";
        server.on(
                        "GET /v1/connect/intentions/" + id,
                        200,
                        "{\"ID\":\"i\",\"SourceName\":\"web\",\"DestinationName\":\"db\",\"Action\":\"allow\",\"Precedence\":9}")
                .on("GET /v1/config/mesh/mesh", 200, "{\"Kind\":\"mesh\",\"ModifyIndex\":7}")
                .on(
                        "GET /v1/connect/ca/configuration",
                        200,
                        "{\"Provider\":\"consul\",\"Config\":{\"LeafCertTTL\":\"72h0m0s\"}}");

        assertThat(done("intention", "get", id).out()).containsPattern("Source: +web\n");
        assertThat(done("intention", "get", "-format=json", id).out())
                .contains("\"SourceName\": \"web\"");
        assertThat(done("intention", "get", "-format=table", id).out())
                .isEqualTo(
                        "ID  Source  Action  Destination  Precedence\ni   web     allow   db           9\n");
        var read = List.of("config", "read", "-kind=mesh", "-name=mesh");
        var json = "{\n    \"Kind\": \"mesh\",\n    \"ModifyIndex\": 7\n}\n";
        assertThat(done(read.toArray(String[]::new)).out()).isEqualTo(json);
        for (var format : List.of("json", "table")) {
            var words = new ArrayList<>(read);
            words.add("-format=" + format);
            assertThat(done(words.toArray(String[]::new)).out())
                    .isEqualTo(
                            format.equals("json")
                                    ? json
                                    : "Kind  Name  Modify Index\nmesh  mesh  7\n");
        }
        assertThat(done("connect", "ca", "get-config", "-format=table").out())
                .isEqualTo("Setting      Value\nProvider     consul\nLeafCertTTL  72h0m0s\n");
        assertThat(done("connect", "ca", "get-config", "-format=json").out())
                .isEqualTo(done("connect", "ca", "get-config").out());
    }

    /// Also what prints one thing has the columns of its list.
    @Test
    void whatIsNoListHasATableToo() {
        var token =
                "{\"AccessorID\":\"a\",\"SecretID\":\"s\",\"Description\":\"d\",\"Policies\":[{\"ID\":\"1\",\"Name\":\"p\"}]}";
        server.on(
                        "GET /v1/peering/lke",
                        200,
                        "{\"Name\":\"lke\",\"State\":\"ACTIVE\",\"StreamStatus\":{\"ImportedServices\":[\"a\"]},\"Meta\":{\"x\":\"y\"}}")
                .on(
                        "POST /v1/peering/token",
                        200,
                        "{\"PeeringToken\":\"t\",\"Fingerprint\":\"12\",\"FingerprintWords\":\"two words\"}")
                .on("GET /v1/acl/token/self", 200, token)
                .on("PUT /v1/acl/token", 200, token)
                .on(
                        "GET /v1/operator/autopilot/health",
                        200,
                        "{\"Servers\":[{\"Name\":\"s1\",\"Address\":\"h:1\",\"Leader\":true,\"SerfStatus\":\"alive\",\"Healthy\":true,\"LastContact\":\"0s\",\"LastTerm\":3}]}")
                .on(
                        "GET /v1/hansa/explain/web",
                        200,
                        "{\"Service\":\"web\",\"Targets\":[{\"Target\":\"web\",\"State\":\"live\",\"Evidence\":\"1 of 1\"}]}");

        assertThat(table("peering", "read", "-name=lke"))
                .isEqualTo(
                        "Name  State   Imported Svcs  Exported Svcs  Meta\nlke   ACTIVE  1              0              x=y\n");
        assertThat(table("peering", "generate-token", "-name=lke"))
                .isEqualTo(
                        "Peer  Fingerprint  In words   Token\nlke   12           two words  t\n");
        for (var words :
                List.of(
                        List.of("acl", "token", "self"),
                        List.of("acl", "token", "read", "-self"),
                        List.of("acl", "token", "create", "-policy-name=p"))) {
            assertThat(table(words.toArray(String[]::new)))
                    .isEqualTo(
                            "AccessorID  SecretID  Description  Policies  Services  Ends\na           s         d            p\n");
        }
        assertThat(table("operator", "autopilot", "state"))
                .isEqualTo(
                        "Name  Address  Version  Status  Node Status  Healthy  Last Contact  Last Term\ns1    h:1               leader  alive        true     0s            3\n");
        assertThat(table("explain", "web"))
                .startsWith("Target  State  Evidence  From\nweb     live   1 of 1")
                .hasLineCount(2);
    }

    private String table(String... words) {
        var all = new ArrayList<>(List.of(words));
        all.add("-format=table");
        return done(all.toArray(String[]::new)).out();
    }

    @Test
    void serviceHasAddressesByTag() {
        server.on("PUT /v1/agent/service/register", 200, "");

        done(
                "services",
                "register",
                "-name=a",
                "-port=80",
                "-tagged-address",
                "wan=203.0.113.2:443",
                "-tagged-address=lan=10.0.0.1",
                "-tagged-address=six=[2001:db8::1]:81",
                "-tagged-address=bare=2001:db8::2");
        assertThat(server.onlyAsked().body())
                .endsWith(
                        "\"TaggedAddresses\":{\"wan\":{\"Address\":\"203.0.113.2\",\"Port\":443},\"lan\":{\"Address\":\"10.0.0.1\",\"Port\":80},\"six\":{\"Address\":\"2001:db8::1\",\"Port\":81},\"bare\":{\"Address\":\"2001:db8::2\",\"Port\":80}}}");
        assertThat(hansa("services", "register", "-name=a", "-tagged-address=wan=h:x").err())
                .contains("expected TAG=HOST or TAG=HOST:PORT; found the port 'x'");
    }

    @Test
    void tokenIsMadeWithWhatTheFlagsSay() throws IOException {
        server.on(
                "PUT /v1/acl/token",
                200,
                "{\"AccessorID\":\"a\",\"Hash\":\"h\",\"CreateIndex\":7}");
        var secret = Files.writeString(folder.resolve("s"), "the-secret\n").toString();

        assertThat(
                        done(
                                        "acl",
                                        "token",
                                        "create",
                                        "-accessor=acc",
                                        "-secret=@" + secret,
                                        "-local",
                                        "-node-identity=n1:eks",
                                        "-service-identity=web:eks,gke",
                                        "-meta")
                                .out())
                .containsPattern("Hash: +h\nCreate Index: +7\n");
        assertThat(server.onlyAsked().body())
                .isEqualTo(
                        "{\"ServiceIdentities\":[{\"ServiceName\":\"web\",\"Datacenters\":[\"eks\",\"gke\"]}],\"NodeIdentities\":[{\"NodeName\":\"n1\",\"Datacenter\":\"eks\"}],\"AccessorID\":\"acc\",\"SecretID\":\"the-secret\",\"Local\":true}");
        assertThat(hansa("acl", "token", "create", "-node-identity=n1").err())
                .contains("node identity: expected NODE:DATACENTER; found 'n1'");
    }

    @Test
    void identitiesAreAppendedOrReplaced() {
        var id = "986193b5-e2b5-eb26-6264-b524ea60cc6d";
        var path = "/v1/acl/token/" + id;
        server.on(
                        "GET " + path,
                        200,
                        "{\"ServiceIdentities\":[{\"ServiceName\":\"a\"}],\"NodeIdentities\":[{\"NodeName\":\"n\",\"Datacenter\":\"eks\"}]}")
                .on("PUT " + path, 200, "{}");

        done(
                "acl",
                "token",
                "update",
                "-accessor-id",
                id,
                "-append-service-identity=b",
                "-append-node-identity=m:eks");
        assertThat(server.asked().getLast().body())
                .contains(
                        "[{\"ServiceName\":\"a\"},{\"ServiceName\":\"b\"}]",
                        "[{\"NodeName\":\"n\",\"Datacenter\":\"eks\"},{\"NodeName\":\"m\",\"Datacenter\":\"eks\"}]");
        done("acl", "token", "update", "-accessor-id", id, "-node-identity=m:eks");
        assertThat(server.asked().getLast().body())
                .contains("\"NodeIdentities\":[{\"NodeName\":\"m\",\"Datacenter\":\"eks\"}]");
    }

    @Test
    void policyHoldsInThisDatacenterAndIsSaidAnew() {
        var id = "986193b5-e2b5-eb26-6264-b524ea60cc6d";
        server.on("GET /v1/catalog/datacenters?stale", 200, "[\"eks\"]")
                .on("PUT /v1/acl/policy", 200, "{\"Name\":\"p\",\"ModifyIndex\":9}")
                .on(
                        "GET /v1/acl/policy/" + id,
                        200,
                        "{\"ID\":\""
                                + id
                                + "\",\"Name\":\"p\",\"Description\":\"d\",\"Rules\":\"r\",\"Datacenters\":[\"eks\"]}")
                .on("PUT /v1/acl/policy/" + id, 200, "{}");

        var made =
                done(
                        "acl",
                        "policy",
                        "create",
                        "-name=p",
                        "-rules=r",
                        "-valid-datacenter=eks",
                        "-meta");
        assertThat(made.out()).endsWith("Modify Index: 9\n");
        assertThat(server.asked().getLast().body()).contains("\"Datacenters\":[\"eks\"]");
        assertThat(
                        hansa(
                                        "acl",
                                        "policy",
                                        "create",
                                        "-name=p",
                                        "-rules=r",
                                        "-valid-datacenter=lke")
                                .err())
                .contains("expected 'eks'", "found 'lke'");
        done("acl", "policy", "update", "-id", id, "-rules=s");
        assertThat(server.asked().getLast().body()).contains("\"Datacenters\":[\"eks\"]");
        done("acl", "policy", "update", "-id", id, "-no-merge", "-rules=s");
        assertThat(server.asked().getLast().body())
                .isEqualTo(
                        "{\"ID\":\""
                                + id
                                + "\",\"Name\":\"p\",\"Description\":\"\",\"Rules\":\"s\"}");
    }

    @Test
    void autopilotsStateIsThatOfTheServers() {
        server.on(
                "GET /v1/operator/autopilot/health",
                200,
                "{\"Healthy\":true,\"FailureTolerance\":1,\"Servers\":[{\"ID\":\"s1\",\"Name\":\"s1\",\"Address\":\"10.0.0.1:8300\",\"Leader\":true,\"Voter\":true,\"Healthy\":true,\"SerfStatus\":\"alive\",\"LastContact\":\"0s\",\"LastTerm\":3}]}");

        assertThat(done("operator", "autopilot", "state").out())
                .containsPattern(
                        "Healthy: +true\nFailure Tolerance: +1\nLeader: +s1\nVoters:\n   s1\n")
                .containsPattern("      Status: +leader\n");
        assertThat(done("operator", "autopilot", "state", "-format=json").out())
                .contains("\"FailureTolerance\": 1");
        assertThat(hansa("operator", "autopilot", "get-config").err()).contains("raft.dead-after");
    }

    @Test
    void serverIsRemovedByIdOrAddress() {
        server.on("DELETE /v1/operator/raft/peer?id=s1", 200, "")
                .on("DELETE /v1/operator/raft/peer?address=10.0.0.1%3A8300", 200, "");

        assertThat(done("operator", "raft", "remove-peer", "s1").out())
                .isEqualTo("Server removed: s1\n");
        done("operator", "raft", "remove-peer", "-id=s1");
        done("operator", "raft", "remove-peer", "-address=10.0.0.1:8300");
        for (var words : List.of(List.<String>of(), List.of("s1", "-id=s1"))) {
            var all = new ArrayList<>(List.of("operator", "raft", "remove-peer"));
            all.addAll(words);
            assertThat(hansa(all.toArray(String[]::new)).status()).isEqualTo(2);
        }
        assertThat(server.asked()).hasSize(3);
    }

    /// Lists of what is kept say it below each.
    @Test
    void indexesAreShownOnlyToWhoAsks() {
        server.on(
                "GET /v1/acl/policies",
                200,
                "[{\"ID\":\"i\",\"Name\":\"p\",\"Hash\":\"h\",\"CreateIndex\":5,\"ModifyIndex\":6}]");

        assertThat(done("acl", "policy", "list").out()).doesNotContain("Hash");
        assertThat(done("acl", "policy", "list", "-meta").out())
                .containsPattern("   Hash: +h\n   Create Index: +5\n   Modify Index: +6\n$");
        assertThat(Ran.hansa(Map.of(), "", "acl", "policy", "list", "-help").out())
                .contains("--meta");
    }
}
