package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.PeeringEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Bad input is answered with one sentence and changes nothing.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApiRefusalTest {
    private ApiWorld world;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        world = new ApiWorld(folder);
    }

    @AfterAll
    void stop() throws Exception {
        world.close();
    }

    /// curl calls every body a form, and a form of Vert.x has short fields only.
    @Test
    void bodyOfAnyLengthIsReadWhateverItIsCalled() throws Exception {
        var description = "x".repeat(20_000);
        for (var type : new String[] {"application/x-www-form-urlencoded", "multipart/form-data"}) {
            var answer =
                    world.send(
                            "POST",
                            "/v1/peering/token",
                            "{\"PeerName\":\"" + description + "\"}",
                            "Content-Type",
                            type);

            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("is not a valid peer name");
        }
    }

    @Test
    void errorIsOneLineWhateverItQuotes() throws Exception {
        var answer =
                world.send(
                        "PUT",
                        "/v1/agent/service/register",
                        "{\"Name\":\"web\",\"TaggedAddresses\":{\"a\\nb\\u202e\":{\"Port\":\"x\"}}}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("a?b?.Port: expected");
    }

    @Test
    void metadataIsHeldToItsLimits() throws Exception {
        assertThat(token("{\"" + "k".repeat(129) + "\":\"v\"}"))
                .contains(": expected at most 128 characters; found 129");
        assertThat(token("{\"k\":\"" + "v".repeat(513) + "\"}"))
                .isEqualTo("Meta value of 'k': expected at most 512 characters; found 513");
        var many = new StringJoiner(",", "{", "}");
        for (var i = 0; i < 65; i++) {
            many.add("\"k" + i + "\":\"v\"");
        }
        assertThat(token(many.toString())).isEqualTo("Meta: expected at most 64 pairs; found 65");
    }

    @Test
    void checksOfAServiceAreHeldToTheirLimits() throws Exception {
        var before = world.store.now().index();
        var many = new StringJoiner(",", "[", "]");
        for (var i = 0; i < 65; i++) {
            many.add("{\"TTL\":\"1h\"}");
        }

        assertThat(checks(many.toString()))
                .isEqualTo("checks: expected at most 64 of one service or node; found 65");
        assertThat(checks("[{\"TTL\":\"1h\",\"Notes\":\"" + "x".repeat(513) + "\"}]"))
                .isEqualTo("Checks[0].Notes: expected at most 512 characters; found 513");
        assertThat(checks("[{\"TCP\":\"h:1\",\"Interval\":\"1s\",\"Timeout\":\"61s\"}]"))
                .isEqualTo("Checks[0].Timeout: expected a duration from 1ms to 1m; found '61s'");
        assertThat(world.store.now().index()).isEqualTo(before);
    }

    private String checks(String checks) throws Exception {
        var answer =
                world.put(
                        "/v1/agent/service/register", "{\"Name\":\"a\",\"Checks\":" + checks + "}");
        assertThat(answer.statusCode()).isEqualTo(400);
        return answer.body();
    }

    private String token(String meta) throws Exception {
        var answer = world.post("/v1/peering/token", "{\"PeerName\":\"a\",\"Meta\":" + meta + "}");
        assertThat(answer.statusCode()).isEqualTo(400);
        return answer.body();
    }

    // shows: GET /v1/peering/
    // shows: DELETE /v1/config/:kind
    // shows: GET /v1/catalog/node/
    // shows: GET /v1/catalog/node-services/
    // shows: GET /v1/catalog/service/
    // shows: GET /v1/catalog/connect/
    // shows: GET /v1/health/service/
    // shows: GET /v1/health/connect/
    // shows: GET /v1/health/ingress/
    // shows: GET /v1/health/checks/
    // shows: GET /v1/health/node/
    // shows: GET /v1/health/state/
    // shows: PUT /v1/agent/service/maintenance/
    // shows: GET /v1/discovery-chain/
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "POST|/v1/peering/token||400|The peering arguments must be provided in the body",
                "POST|/v1/peering/token|{|400|Body decoding failed: expected a JSON object; found a mistake at line",
                "POST|/v1/peering/token|[]|400|Body decoding failed: body: expected a JSON object; found something else",
                "POST|/v1/peering/token|{}|400|PeerName is required in the payload when generating a new peering token.",
                "POST|/v1/peering/token|{\"Peer\":\"x\"}|400|Body decoding failed: json: unknown field \"peer\": expected one of PeerName",
                "POST|/v1/peering/token|{\"PeerName\":7}|400|Body decoding failed: PeerName: expected text; found something else",
                "POST|/v1/peering/token|{\"PeerName\":\"a_b\"}|400|a_b is not a valid peer name",
                "POST|/v1/peering/token|{\"PeerName\":\"a\",\"TTL\":\"8760h\"}|400|TTL: expected a duration above 0 and up to 168h; found '8760h'",
                "POST|/v1/peering/token|{\"PeerName\":\"a\",\"TTL\":\"soon\"}|400|expected a duration such as 250ms, 10s or 1h30m; found 'soon'",
                "POST|/v1/peering/token|{\"PeerName\":\"a\",\"Partition\":\"p\"}|500|Partitions are a Consul Enterprise feature",
                "POST|/v1/peering/establish|{\"PeeringToken\":\"x\"}|400|PeerName is required in the payload when establishing a peering.",
                "POST|/v1/peering/establish|{\"PeerName\":\"x\"}|400|PeeringToken is required in the payload when establishing a peering.",
                "GET|/v1/peering/||400|Must specify a name to fetch.",
                "PUT|/v1/peering/token|{}|405|method PUT not allowed",
                "PUT|/v1/config||400|Request decoding failed: config entry: expected an object with a Kind; found nothing",
                "PUT|/v1/config|{\"Kind\":\"moon\"}|400|Request decoding failed: invalid config entry kind: moon",
                "PUT|/v1/config|{\"Kind\":\"mesh\",\"Colour\":\"red\"}|400|Request decoding failed: invalid config key \"Colour\"",
                "PUT|/v1/config|{\"Kind\":\"mesh\",\"Name\":\"x\"}|500|mesh Name must be \"mesh\"; found 'x'",
                "PUT|/v1/config?cas=x|{\"Kind\":\"mesh\"}|400|cas: expected a modify index; found 'x'",
                "GET|/v1/config/moon||400|invalid config entry kind: moon",
                "DELETE|/v1/config/mesh||404|Must provide both a kind and name to delete",
                "GET|/v1/config/mesh/mesh?index=x||400|Invalid index",
                "GET|/v1/config/mesh/mesh?wait=x||400|Invalid wait time",
                "GET|/v1/config/mesh/mesh?stale&consistent||400|Cannot specify ?stale with ?consistent, conflicting semantics.",
                "GET|/v1/health/service/web?passing=maybe||400|Invalid value for ?passing",
                "GET|/v1/health/service/web?filter=x||400|filter: expected an operator",
                "GET|/v1/health/service/web?filter=Colour==red||400|filter: selector \"Colour\" is not valid: expected one of Service.ID",
                "GET|/v1/catalog/nodes?filter=(||400|filter: expected a selector",
                "GET|/v1/health/state/||400|Missing check state",
                "GET|/v1/health/state/well||400|expected passing, warning, critical or maintenance; found 'well'",
                "GET|/v1/health/node/||400|Missing node name",
                "GET|/v1/agent/service/x||404|unknown service ID: x",
                "GET|/v1/discovery-chain/||400|Missing chain name",
                "GET|/v1/discovery-chain/a?compile-dc=moon||500|No path to datacenter",
                "POST|/v1/discovery-chain/a|{\"OverrideMeshGateway\":{\"Mode\":\"far\"}}|400|Invalid OverrideMeshGateway.Mode parameter",
                "PUT|/v1/agent/maintenance||400|Missing value for enable",
                "PUT|/v1/agent/maintenance?enable=maybe||400|Invalid value for ?enable",
                "PUT|/v1/agent/service/maintenance/x?enable=true||404|Unknown service ID \"x\"",
                "PUT|/v1/agent/check/register|{}|400|Missing check name",
                "PUT|/v1/agent/check/register|{\"Name\":\"a\",\"Status\":\"well\"}|400|Bad check status",
                "PUT|/v1/agent/check/register|{\"Name\":\"a\",\"ServiceID\":\"x\",\"TTL\":\"1s\"}|404|ServiceID \"x\" does not exist",
                "PUT|/v1/agent/check/deregister/x||404|Unknown check ID \"x\"",
                "PUT|/v1/agent/check/pass/x||404|Unknown check ID \"x\"",
                "PUT|/v1/agent/check/update/x|{\"Status\":\"well\"}|400|Invalid check status: 'well'",
                "GET|/v1/health/service/||400|Missing service name",
                "GET|/v1/health/checks/||400|Missing service name",
                "GET|/v1/health/ingress/||400|Missing service name",
                "GET|/v1/connect/ca/roots?pem=yes||400|The 'pem' query parameter must be a boolean value",
                "GET|/v1/health/service/web?peer=a&sg=b||400|peer-name and sameness-group are mutually exclusive",
                "GET|/v1/catalog/services?dc=moon||500|No path to datacenter",
                "PUT|/v1/agent/service/register|{\"Port\":1}|400|Missing service name",
                "PUT|/v1/agent/service/register|{\"Name\":\"no/slash\"}|400|invalid service name: expected 1 to 63 lower-case letters",
                "PUT|/v1/agent/service/register|{\"Name\":\"consul\"}|400|invalid service name: expected a name of your own; found 'consul'",
                "PUT|/v1/agent/service/register|{\"Name\":\"a-sidecar-proxy\"}|400|invalid service name: expected no name that ends in -sidecar-proxy",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Port\":70000}|400|Port: expected a port number from 0 to 65535; found '70000'",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"ID\":\"b/c\"}|400|ID: expected 1 to 253 characters without '/' and white space; found 'b/c'",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Kind\":\"connect-proxy\"}|400|Proxy.DestinationServiceName must be non-empty for Connect proxy services",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Kind\":\"ingress-gateway\"}|400|expected '', connect-proxy or mesh-gateway; found 'ingress-gateway'",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"TCP\":\"x:1\"}}|400|Check.Interval: expected a duration from 1ms to 1440h; found ''",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"TTL\":\"1h\",\"DeregisterCriticalServiceAfter\":\"nope\"}}|400|Check.DeregisterCriticalServiceAfter: invalid duration: expected a duration such as 250ms, 10s or 1h30m; found 'nope'",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"TTL\":\"1441h\"}}|400|Check.TTL: expected a duration from 1ms to 1440h; found '1441h'",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"TCP\":\"x\",\"Interval\":\"1s\"}}|400|expected host:port; found 'x'",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"TTL\":\"1s\",\"HTTP\":\"http://a\"}}|400|Check: expected one of TTL, HTTP, TCP and GRPC",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"ScriptArgs\":[\"x\"],\"Interval\":\"1s\"}}|400|Check: expected TTL, HTTP, TCP or GRPC; found ScriptArgs: scripts are not run by servers",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"HTTP\":\"file:///etc/passwd\",\"Interval\":\"1s\"}}|400|HTTP: expected a URL of http or https",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"HTTP\":\"http://a\",\"Interval\":\"1s\",\"Header\":{\"Host\":[\"b\"]}}}|400|Header: expected names of headers other than Host",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"GRPC\":\"h:1/a b\",\"Interval\":\"1s\"}}|400|GRPC: expected HOST:PORT/SERVICE, the service",
                "PUT|/v1/catalog/register|{\"Node\":\"n\",\"Address\":\"h\",\"Service\":{\"Service\":\"a\"},\"Check\":{\"TCP\":\"x:1\"}}|400|Check: expected a Status and no way to find it",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"Status\":\"well\"}}|400|Status for checks must 'passing', 'warning', 'critical'; found 'well'",
                "PUT|/v1/agent/service/register|{\"Name\":\"a\",\"Check\":{\"TTL\":\"1h\",\"Status\":\"maintenance\"}}|400|Status for checks must 'passing', 'warning', 'critical'; found 'maintenance'",
                "PUT|/v1/agent/check/register|{\"Name\":\"a\",\"TTL\":\"1h\",\"Status\":\"maintenance\"}|400|Bad check status",
                "PUT|/v1/catalog/register|{\"Node\":\"n\",\"Service\":{\"Service\":\"a\"}}|400|Must provide node and address",
                "PUT|/v1/catalog/register|{\"Node\":\"n\"}|400|Must provide node and address",
                "PUT|/v1/catalog/register|{\"Node\":\"n\",\"Check\":{\"ServiceID\":\"x\",\"Status\":\"passing\"}}|500|Missing service registration: expected a registered service of node 'n'; found ServiceID 'x'",
                "PUT|/v1/catalog/register|{\"Node\":\"n\",\"PeerName\":\"x\"}|500|cannot register requests with PeerName in them",
                "PUT|/v1/catalog/register|{\"Node\":\"n\",\"Address\":\"h\",\"Service\":{\"Service\":\"a\",\"PeerName\":\"x\"}}|500|cannot register requests with PeerName in them",
                "PUT|/v1/catalog/register|{\"Node\":\"n\",\"Address\":\"h\",\"Check\":{\"Name\":\"c\",\"PeerName\":\"x\"}}|500|cannot register requests with PeerName in them",
                "PUT|/v1/catalog/register|{\"Node\":\"n\",\"Address\":\"h\",\"Checks\":[{\"Name\":\"c\"},{\"Name\":\"d\",\"PeerName\":\"x\"}]}|500|cannot register requests with PeerName in them",
                "PUT|/v1/catalog/deregister|{}|400|Missing node name",
                "POST|/v1/hansa/join-token|{}|400|join token: expected Services, MeshGateway or Server; found none",
                "POST|/v1/hansa/join-token|{\"Services\":[\"A\"]}|400|invalid service name",
                "GET|/v1/nowhere||404|404 page not found",
            })
    void badRequestIsRefusedWithOneSentence(
            String method, String path, String body, int status, String sentence)
            throws IOException, InterruptedException {
        var before = world.store.now().index();

        var answer = world.send(method, path, body == null ? "" : body);

        assertThat(answer.body()).startsWith(sentence).doesNotContain("\n");
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
        assertThat(world.store.now().index()).isEqualTo(before);
        assertThat(world.asked).isEmpty();
    }

    @Test
    void wrongMethodNamesTheRightOnes() throws Exception {
        assertThat(world.put("/v1/peerings", "").headers().firstValue("Allow"))
                .contains("OPTIONS,GET");
    }

    @Test
    void longBodyIsRefused() throws Exception {
        var answer = world.put("/v1/config", "x".repeat(600 * 1024));

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).isEqualTo("body: expected at most 524288 bytes; found more");
    }

    /// A page whose name was pointed at this address.
    @Test
    void hostThatIsNotOursIsRefused() throws Exception {
        assertThat(withHost("evil.example:8500"))
                .startsWith("HTTP/1.1 403")
                .contains("Host: expected an IP address, localhost or '127.0.0.1'");
        assertThat(withHost("127.0.0.1.evil.example")).startsWith("HTTP/1.1 403");
        assertThat(withHost("localhost:8500")).startsWith("HTTP/1.1 200");
        assertThat(withHost("[::1]:8500")).startsWith("HTTP/1.1 200");
    }

    /// Which no client of Java's would send.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/peerings?index=%zz",
                "/v1/health/service/%zz",
                "/v1/catalog/nodes?filter=%"
            })
    void whatCannotBeDecodedIsTheCallersMistakeAndNoDefect(String path) throws Exception {
        var answer = raw(path, "localhost");

        assertThat(answer)
                .startsWith("HTTP/1.1 400")
                .endsWith("request: expected one that can be read; found otherwise");
        assertThat(List.copyOf(world.events))
                .noneMatch(PeeringEvent.BackgroundFailure.class::isInstance);
    }

    /// Which no client of Java's would send either: no Host, chunks without a size, a body's half.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/peerings HTTP/1.1\r\nConnection: close\r\n\r\n",
                "PUT /v1/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
                "PUT /v1/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
                "PUT /v1/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{"
            })
    void requestThatCannotBeReadIsTheCallersMistakeAndNoDefect(String request) throws Exception {
        var answer = answerTo(request);

        assertThat(answer).matches("(?s)|HTTP/1.1 400.*");
        assertThat(world.get("/v1/peerings").statusCode()).isEqualTo(200);
        assertThat(List.copyOf(world.events))
                .noneMatch(PeeringEvent.BackgroundFailure.class::isInstance);
    }

    private String withHost(String host) throws IOException {
        return raw("/v1/status/leader", host);
    }

    private String raw(String path, String host) throws IOException {
        return answerTo(
                "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    /// @param request after which the caller says no more
    private String answerTo(String request) throws IOException {
        try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), world.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            if (request.contains("Content-Length")) {
                socket.shutdownOutput();
            }
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void pageOfAnotherOriginIsRefused() throws Exception {
        var path = "/v1/status/leader";

        assertThat(world.send("GET", path, "", "Origin", "http://evil.example").statusCode())
                .isEqualTo(403);
        assertThat(
                        world.send("GET", path, "", "Origin", "http://127.0.0.1:" + world.port())
                                .statusCode())
                .isEqualTo(200);
    }
}
