package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.discovery.ConnectedProxy;
import dev.hansa.peering.discovery.TestDenials;
import dev.hansa.peering.failover.TestFailovers;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// An API where everything that there is to see has a name with `hidden` in it, so that whatever
/// tells of it is found, and a call for each of its routes.
final class HiddenWorld implements AutoCloseable {
    /// Of a token that may do everything.
    static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";

    /// What a path may name, each of something that is there.
    private static final Map<String, String> NAMES =
            Map.of(
                    ":service", "hidden-web",
                    ":node", "hidden-node",
                    ":kind", "service-resolver",
                    ":name", "hidden-web",
                    ":state", "any",
                    ":id", "hidden-1",
                    ":accessor", "00000000-0000-0000-0000-000000000002");

    static final String QUERY =
            "?enable=true&source=hidden-web&destination=hidden-web&by=destination&name=hidden-web"
                    + "&from=hidden-web&id=hidden&wait=1ms";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern PART = Pattern.compile(":([a-z]+)");

    final ApiWorld world;

    /// The secret of a token that may do nothing.
    final String nobody;

    /// The id of a control that drains a peer.
    final String control;

    private final String intention;

    HiddenWorld(Path folder) throws Exception {
        world = new ApiWorld(folder, new AccessSettings(true, false));
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/acl/bootstrap",
                                        "{\"BootstrapSecret\":\"" + SECRET + "\"}",
                                        "")
                                .statusCode())
                .isEqualTo(200);
        nobody =
                JSON.readTree(send("PUT", "/v1/acl/token", "{}", SECRET).body())
                        .path("SecretID")
                        .asText();
        assertThat(nobody).hasSize(36);
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/catalog/register",
                                        """
                                        {"Node": "hidden-node", "Address": "hidden-host",
                                         "NodeMeta": {"hidden": "meta"},
                                         "Service": {"ID": "hidden-1", "Service": "hidden-web",
                                          "Tags": ["hidden-tag"], "Port": 80},
                                         "Check": {"CheckID": "hidden-check", "Output": "hidden output"}}
                                        """,
                                        SECRET)
                                .body())
                .isEqualTo("true");
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/agent/service/register",
                                        """
                                        {"ID": "hidden-2", "Name": "hidden-app",
                                         "Check": {"CheckID": "hidden-ttl", "TTL": "1h"}}
                                        """,
                                        SECRET)
                                .statusCode())
                .isEqualTo(200);
        for (var entry :
                List.of(
                        "{\"Kind\":\"service-resolver\",\"Name\":\"hidden-web\",\"Failover\":{\"*\":{\"Service\":\"hidden-app\"}}}",
                        "{\"Kind\":\"service-intentions\",\"Name\":\"hidden-web\",\"Sources\":[{\"Name\":\"hidden-caller\",\"Action\":\"allow\"}]}",
                        "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"hidden-web\",\"Consumers\":[{\"Peer\":\"hidden-peer\"}]}]}")) {
            assertThat(send("PUT", "/v1/config", entry, SECRET).body()).isEqualTo("true");
        }
        for (var service : List.of("hidden-web", "hidden-app")) {
            world.catalog.publish("sidecar of " + service, List.of(LiveSidecar.of(service)));
        }
        ConnectedProxy.sidecar(world.publisher, "hidden-web", "hidden-node");
        var at = new Endpoint("192.0.2.1", 8503);
        var server = new ServerInfo("hidden-member", "hidden-server", at, at, at);
        world.catalog.publish(
                server.owner(), List.of(server.instance(new Datacenter("eks"), Optional.empty())));
        world.catalog.imported(
                new PeerName("hidden-peer"),
                before ->
                        before.with(
                                "hidden-imported",
                                List.of(
                                        world.catalog
                                                .snapshots()
                                                .get()
                                                .named("hidden-web")
                                                .getFirst())));
        world.generateToken(
                new PeerName("hidden-peer"),
                "",
                Map.of(),
                List.of(),
                Optional.empty(),
                Optional.empty());
        control =
                JSON.readTree(
                                send(
                                                "POST",
                                                "/v1/hansa/failover/controls",
                                                "{\"Kind\":\"drain\",\"Peer\":\"hidden-peer\",\"Reason\":\"hidden\"}",
                                                SECRET)
                                        .body())
                        .path("ID")
                        .asText();
        assertThat(control).isNotEmpty();
        intention =
                JSON.readTree(send("GET", "/v1/connect/intentions", "", SECRET).body())
                        .path(0)
                        .path("ID")
                        .asText();
        assertThat(intention).hasSize(36);
        // names that no call of the walk says itself
        TestDenials.add(world.denials, "spiffe://eks.consul/hidden-caller", "hidden-app");
        TestFailovers.add(world.failovers, "hidden-app", "hidden-app", "hidden-imported");
    }

    @Override
    public void close() throws Exception {
        world.close();
    }

    HttpResponse<String> send(String method, String path, String body, String token)
            throws Exception {
        return world.sendAs(token, method, path, body);
    }

    /// A call of a route, with all that it could want.
    ///
    /// @param operation as the document names it, such as `GET /v1/peering/{name}`
    record Call(String operation, String method, String path, String body, Ask ask) {}

    List<Call> calls() {
        var calls = new ArrayList<Call>();
        for (var route : world.routes().inOrder()) {
            var path = route.getKey();
            if (path.startsWith("/v1/hansa/failover/")) {
                path = path.replace(":id", control);
            } else if (path.startsWith("/v1/connect/intentions/")) {
                path = path.replace(":id", intention);
            } else if (path.startsWith("/v1/agent/check/")) {
                path = path.replace(":id", "hidden-ttl");
            } else if (path.startsWith("/v1/agent/")) {
                path = path.replace(":id", "hidden-2").replace(":name", "hidden-app");
            }
            for (var name : NAMES.entrySet()) {
                path = path.replace(name.getKey(), name.getValue());
            }
            for (var one : route.getValue().entrySet()) {
                calls.add(
                        new Call(
                                one.getKey()
                                        + " "
                                        + PART.matcher(route.getKey()).replaceAll("{$1}"),
                                one.getKey(),
                                path,
                                body(route.getKey()),
                                one.getValue().ask()));
            }
        }
        return calls;
    }

    /// Of what is mounted beside those.
    static List<Call> streams() {
        return StreamRoute.ALL.stream()
                .flatMap(stream ->
                        stream.operations().stream().map(operation -> streamed(operation, stream)))
                .toList();
    }

    private static Call streamed(String operation, StreamRoute stream) {
        var words = operation.split(" ");
        return new Call(operation, words[0], words[1], "x", stream.ask());
    }

    private static String body(String route) {
        return switch (route) {
            case "/v1/config", "/v1/hansa/config/validate" ->
                    "{\"Kind\":\"service-resolver\",\"Name\":\"stranger\"}";
            case "/v1/catalog/register" ->
                    "{\"Node\":\"stranger\",\"Address\":\"a\",\"Service\":{\"Service\":\"stranger\"}}";
            case "/v1/catalog/deregister" ->
                    "{\"Node\":\"hidden-node\",\"ServiceID\":\"hidden-1\"}";
            case "/v1/agent/service/register" -> "{\"Name\":\"stranger\"}";
            case "/v1/agent/check/register" -> "{\"Name\":\"stranger\",\"TTL\":\"1h\"}";
            case "/v1/agent/check/update/:id" -> "{\"Status\":\"critical\"}";
            case "/v1/connect/intentions", "/v1/connect/intentions/exact" ->
                    "{\"SourceName\":\"stranger\",\"DestinationName\":\"hidden-web\",\"Action\":\"allow\"}";
            case "/v1/hansa/agent/heartbeat" -> "{\"Node\":\"hidden-node\",\"Address\":\"a\"}";
            case "/v1/hansa/join-token" -> "{\"Services\":[\"hidden-web\"]}";
            case "/v1/hansa/failover/controls" -> "{\"Kind\":\"drain\",\"Peer\":\"hidden-peer\"}";
            case "/v1/peering/token" -> "{\"PeerName\":\"stranger\"}";
            case "/v1/peering/establish" -> "{\"PeerName\":\"stranger\",\"PeeringToken\":\"x\"}";
            case "/v1/acl/token" -> "{\"Policies\":[{\"Name\":\"global-management\"}]}";
            case "/v1/acl/login" ->
                    "{\"AuthMethod\":\"hidden-method\",\"BearerToken\":\"hidden-bearer\"}";
            case "/v1/acl/auth-method", "/v1/acl/auth-method/:name" ->
                    "{\"Name\":\"hidden-web\",\"Type\":\"jwt\",\"Config\":{}}";
            case "/v1/acl/binding-rule" ->
                    "{\"AuthMethod\":\"hidden-method\",\"BindType\":\"policy\",\"BindName\":\"global-management\"}";
            case "/v1/acl/policy" -> "{\"Name\":\"stranger\",\"Rules\":\"acl = \\\"write\\\"\"}";
            default -> "";
        };
    }
}
