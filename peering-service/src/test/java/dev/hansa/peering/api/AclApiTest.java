package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.acl.AccessSettings;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokens and policies over real HTTP and a real store, and what they let through.
class AclApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path folder;
    private ApiWorld world;
    private String root = "";
    private String rootAccessor = "";

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder, new AccessSettings(true, false));
        var made = JSON.readTree(send("PUT", "/v1/acl/bootstrap", "", "").body());
        root = made.path("SecretID").asText();
        rootAccessor = made.path("AccessorID").asText();
        assertThat(root).hasSize(36).isNotEqualTo(rootAccessor);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private HttpResponse<String> send(String method, String path, String body, String token)
            throws Exception {
        return world.sendAs(token, method, path, body);
    }

    private JsonNode json(String method, String path, String body) throws Exception {
        var answer = send(method, path, body, root);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private String policy(String name, String rules) throws Exception {
        return json(
                        "PUT",
                        "/v1/acl/policy",
                        JSON.createObjectNode().put("Name", name).put("Rules", rules).toString())
                .path("ID")
                .asText();
    }

    /// The secret of a token with one policy of these rules.
    private String tokenWith(String rules) throws Exception {
        var name = "p" + world.store.now().index();
        policy(name, rules);
        return json("PUT", "/v1/acl/token", "{\"Policies\":[{\"Name\":\"" + name + "\"}]}")
                .path("SecretID")
                .asText();
    }

    private String put(String entry, String token) throws Exception {
        var answer = send("PUT", "/v1/config", entry, token);
        return answer.statusCode() + " " + answer.body();
    }

    @Test
    void firstTokenIsMadeOnceUnlessTheFileSaysTheNumber() throws Exception {
        var again = send("PUT", "/v1/acl/bootstrap", "", "");
        assertThat(again.statusCode()).isEqualTo(403);
        assertThat(again.body())
                .matches(
                        "Permission denied: ACL bootstrap no longer allowed \\(reset index: \\d+\\)");

        var number = Long.parseLong(again.body().replaceAll("\\D", ""));
        world.reset = OptionalLong.of(number + 1);
        assertThat(send("PUT", "/v1/acl/bootstrap", "", "").statusCode()).isEqualTo(403);
        world.reset = OptionalLong.of(number);
        assertThat(send("PUT", "/v1/acl/bootstrap", "", "").statusCode()).isEqualTo(200);
        // the same number is good for once
        assertThat(send("PUT", "/v1/acl/bootstrap", "", "").statusCode()).isEqualTo(403);
    }

    @Test
    void whoShowsATokenBeforeThereIsAnyIsToldToMakeTheFirst(@TempDir Path other) throws Exception {
        try (var fresh = new ApiWorld(other, new AccessSettings(true, false))) {
            assertThat(fresh.sendAs(root, "GET", "/v1/peerings", "").body())
                    .isEqualTo(
                            "ACL system must be bootstrapped before making any requests that require authorization: ACL not found");
            fresh.put("/v1/acl/bootstrap", "");
            assertThat(fresh.sendAs(root, "GET", "/v1/peerings", "").body())
                    .isEqualTo("ACL not found");
        }
    }

    @Test
    void tokenMayDoWhatItsPolicySaysAndNoMore() throws Exception {
        var web =
                tokenWith(
                        """
                        service "web" { policy = "write" }
                        service_prefix "pay" { policy = "read" }
                        """);

        assertThat(put("{\"Kind\":\"service-resolver\",\"Name\":\"web\"}", web))
                .isEqualTo("200 true");
        assertThat(put("{\"Kind\":\"service-resolver\",\"Name\":\"payments\"}", web))
                .startsWith("403 Permission denied: token with AccessorID '")
                .endsWith("' lacks permission 'service:write' on \"payments\"");
        assertThat(put("{\"Kind\":\"mesh\"}", web)).endsWith("lacks permission 'mesh:write'");
        assertThat(
                        put(
                                "{\"Kind\":\"service-intentions\",\"Name\":\"web\",\"Sources\":[{\"Name\":\"a\",\"Action\":\"allow\"}]}",
                                web))
                .endsWith("lacks permission 'intentions:write' on \"web\"");

        json("PUT", "/v1/config", "{\"Kind\":\"service-resolver\",\"Name\":\"payments\"}");
        json("PUT", "/v1/config", "{\"Kind\":\"service-resolver\",\"Name\":\"other\"}");
        var seen = send("GET", "/v1/config/service-resolver", "", web);
        assertThat(seen.body()).contains("web", "payments").doesNotContain("other");
        assertThat(seen.headers().firstValue("X-Consul-Results-Filtered-By-ACLs")).contains("true");
        assertThat(seen.headers().firstValue("X-Consul-Default-ACL-Policy")).contains("deny");
        assertThat(send("GET", "/v1/config/service-resolver/other", "", web).statusCode())
                .isEqualTo(403);
        assertThat(send("GET", "/v1/peerings", "", web).statusCode()).isEqualTo(403);
    }

    @Test
    void policyMayNameItsOwnDatacenterAndNoOther() throws Exception {
        var body = "{\"Name\":\"here\",\"Rules\":\"\",\"Datacenters\":[\"%s\"]}";
        var made = json("PUT", "/v1/acl/policy", body.formatted("eks"));
        assertThat(made.path("Datacenters").toString()).isEqualTo("[\"eks\"]");
        var path = "/v1/acl/policy/" + made.path("ID").asText();
        assertThat(json("GET", path, "").path("Datacenters").toString()).isEqualTo("[\"eks\"]");
        var other = send("PUT", path, body.formatted("lke"), root);
        assertThat(other.statusCode() + " " + other.body())
                .isEqualTo(
                        "400 Invalid Policy: Datacenters: expected none or 'eks', since each datacenter keeps its own policies; found 'lke'");

        var anew = json("PUT", path, "{\"Name\":\"here\",\"Rules\":\"\"}");

        assertThat(anew.path("Datacenters").isNull()).isTrue();
        assertThat(anew.path("Hash")).isNotEqualTo(made.path("Hash"));
    }

    @Test
    void changeOfAPolicyHoldsForTheNextRequest() throws Exception {
        var id = policy("p", "peering = \"read\"");
        var made = json("PUT", "/v1/acl/token", "{\"Policies\":[{\"ID\":\"" + id + "\"}]}");
        var token = made.path("SecretID").asText();
        assertThat(send("GET", "/v1/peerings", "", token).statusCode()).isEqualTo(200);

        json(
                "PUT",
                "/v1/acl/policy/" + id,
                "{\"Name\":\"p\",\"Rules\":\"peering = \\\"deny\\\"\"}");
        assertThat(send("GET", "/v1/peerings", "", token).statusCode()).isEqualTo(403);
        json(
                "PUT",
                "/v1/acl/policy/" + id,
                "{\"Name\":\"p\",\"Rules\":\"operator = \\\"read\\\"\"}");
        assertThat(send("GET", "/v1/peerings", "", token).statusCode()).isEqualTo(200);
        json("DELETE", "/v1/acl/policy/" + id, "");
        assertThat(send("GET", "/v1/peerings", "", token).statusCode()).isEqualTo(403);
        json("DELETE", "/v1/acl/token/" + made.path("AccessorID").asText(), "");
        assertThat(send("GET", "/v1/peerings", "", token).body()).isEqualTo("ACL not found");
    }

    @Test
    void whoWaitsIsAnsweredByWhatHeMayDoThen() throws Exception {
        json("PUT", "/v1/config", "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}");
        var id = policy("p", "service_prefix \"\" { policy = \"read\" }");
        var made = json("PUT", "/v1/acl/token", "{\"Policies\":[{\"ID\":\"" + id + "\"}]}");
        var token = made.path("SecretID").asText();
        var all = "/v1/config/service-resolver";
        assertThat(send("GET", all, "", token).body()).contains("web");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var narrowed = threads.submit(() -> send("GET", all + waiting(), "", token).body());
            json(
                    "PUT",
                    "/v1/acl/policy/" + id,
                    "{\"Name\":\"p\",\"Rules\":\"peering = \\\"read\\\"\"}");
            assertThat(narrowed.get()).isEqualTo("[]");
            var gone = threads.submit(() -> send("GET", all + waiting(), "", token).body());
            json("DELETE", "/v1/acl/token/" + made.path("AccessorID").asText(), "");
            assertThat(gone.get()).isEqualTo("ACL not found");
        }
    }

    private String waiting() throws Exception {
        var index =
                send("GET", "/v1/config/service-resolver", "", root)
                        .headers()
                        .firstValue("X-Consul-Index")
                        .orElseThrow();
        return "?wait=15s&index=" + index;
    }

    @Test
    void expiredTokenIsNoneAndIsForgottenWithTheNextWrite() throws Exception {
        var made =
                json(
                        "PUT",
                        "/v1/acl/token",
                        "{\"ExpirationTTL\":\"1h\",\"Policies\":[{\"Name\":\"global-management\"}]}");
        var token = made.path("SecretID").asText();
        var accessor = made.path("AccessorID").asText();
        assertThat(send("GET", "/v1/peerings", "", token).statusCode()).isEqualTo(200);

        world.ahead = Duration.ofMinutes(61);
        assertThat(send("GET", "/v1/peerings", "", token).body()).isEqualTo("ACL not found");
        assertThat(send("GET", "/v1/acl/token/" + accessor, "", root).statusCode()).isEqualTo(404);
        assertThat(world.store.now().acl().token(accessor)).isPresent();
        json("PUT", "/v1/acl/token", "{}");
        assertThat(world.store.now().acl().token(accessor)).isEmpty();
    }

    @Test
    void anonymousMayWhatSomebodyAllows() throws Exception {
        assertThat(send("GET", "/v1/peerings", "", "").body())
                .startsWith("Permission denied: anonymous token lacks permission 'peering:read'.");
        policy("look", "peering = \"read\"");
        var anonymous = "00000000-0000-0000-0000-000000000002";

        json(
                "PUT",
                "/v1/acl/token/" + anonymous,
                "{\"AccessorID\":\"" + anonymous + "\",\"Policies\":[{\"Name\":\"look\"}]}");

        assertThat(send("GET", "/v1/peerings", "", "").statusCode()).isEqualTo(200);
        assertThat(send("GET", "/v1/peerings", "", "anonymous").statusCode()).isEqualTo(200);
        assertThat(send("DELETE", "/v1/acl/token/" + anonymous, "", root).statusCode())
                .isEqualTo(400);
    }

    @Test
    void serviceIdentityMayRegisterItselfAndSeeOthers() throws Exception {
        var web =
                json("PUT", "/v1/acl/token", "{\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]}")
                        .path("SecretID")
                        .asText();

        assertThat(
                        send("PUT", "/v1/agent/service/register", "{\"Name\":\"web\"}", web)
                                .statusCode())
                .isEqualTo(200);
        assertThat(send("PUT", "/v1/agent/service/register", "{\"Name\":\"pay\"}", web).body())
                .contains("'service:write' on \"pay\"");
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/agent/service/register",
                                        "{\"ID\":\"pay\",\"Name\":\"pay\"}",
                                        root)
                                .statusCode())
                .isEqualTo(200);
        // another service's id under a name that it may write; which one it is is not said
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/agent/service/register",
                                        "{\"ID\":\"pay\",\"Name\":\"web\"}",
                                        web)
                                .body())
                .isEqualTo(
                        "Permission denied: expected an id that is free or a service's that may be written; found another's");
        assertThat(send("PUT", "/v1/agent/service/deregister/pay", "", web).statusCode())
                .isEqualTo(403);
        assertThat(send("GET", "/v1/catalog/services", "", web).body()).contains("web", "pay");
    }

    @Test
    void whoMayNotWriteAServiceGetsNoJoinTokenForIt() throws Exception {
        var web = tokenWith("service \"web\" { policy = \"write\" }");

        assertThat(
                        send("POST", "/v1/hansa/join-token", "{\"Services\":[\"web\"]}", web)
                                .statusCode())
                .isEqualTo(200);
        for (var asked :
                List.of(
                        "{\"Services\":[\"web\",\"pay\"]}",
                        "{\"Services\":[\"web\"],\"MeshGateway\":true}",
                        "{\"Services\":[\"web\"],\"Server\":true}")) {
            assertThat(send("POST", "/v1/hansa/join-token", asked, web).statusCode())
                    .as(asked)
                    .isEqualTo(403);
        }
    }

    @Test
    void badTokensAndPoliciesAreRefusedInWords() throws Exception {
        assertThat(refused("PUT", "/v1/acl/policy", "{\"Name\":\"a b\"}")).contains("invalid Name");
        assertThat(refused("PUT", "/v1/acl/policy", "{\"Name\":\"p\",\"Rules\":\"services = 1\"}"))
                .startsWith("Invalid Policy: rules: expected one of [service, service_prefix,")
                .endsWith("found 'services'");
        assertThat(
                        refused(
                                "PUT",
                                "/v1/acl/policy",
                                "{\"Name\":\"p\",\"Rules\":\"service \\\"a\\\" { policy = \\\"wirte\\\" }\"}"))
                .isEqualTo(
                        "Invalid Policy: rules: service \"a\".policy: expected 'read', 'write' or 'deny'; found 'wirte'");
        assertThat(refused("PUT", "/v1/acl/token", "{\"Policies\":[{\"Name\":\"none\"}]}"))
                .isEqualTo("No such ACL policy with name \"none\"");
        assertThat(refused("PUT", "/v1/acl/token", "{\"SecretID\":\"my password\"}"))
                .isEqualTo("Invalid Token: SecretID: expected a UUID; found 11 other characters");
        assertThat(refused("PUT", "/v1/acl/token", "{\"SecretID\":\"" + root + "\"}"))
                .contains("found one in use")
                .doesNotContain(root);
        assertThat(refused("PUT", "/v1/acl/token", "{\"ExpirationTTL\":\"1s\"}"))
                .contains("expected a life from 1m");
        assertThat(refused("PUT", "/v1/acl/token", "{\"Roles\":[{\"Name\":\"r\"}]}"))
                .contains("Roles");
        assertThat(refused("DELETE", "/v1/acl/token/" + rootAccessor, ""))
                .isEqualTo("Deletion of the request's authorization token is not permitted");
        assertThat(refused("DELETE", "/v1/acl/policy/00000000-0000-0000-0000-000000000001", ""))
                .contains("not permitted");
        policy("twice", "");
        assertThat(refused("PUT", "/v1/acl/policy", "{\"Name\":\"twice\"}"))
                .isEqualTo("Invalid Policy: A Policy with Name \"twice\" already exists");
    }

    private String refused(String method, String path, String body) throws Exception {
        var answer = send(method, path, body, root);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        return answer.body();
    }

    @Test
    void copyOfATokenMayDoTheSameUnderAnotherSecret() throws Exception {
        var copy =
                json(
                        "PUT",
                        "/v1/acl/token/" + rootAccessor + "/clone",
                        "{\"Description\":\"two\"}");
        assertThat(copy.path("Description").asText()).isEqualTo("two");
        var secret = copy.path("SecretID").asText();
        assertThat(secret).hasSize(36).isNotEqualTo(root);
        assertThat(send("GET", "/v1/acl/tokens", "", secret).statusCode()).isEqualTo(200);
    }

    @Test
    void tokensAndPoliciesAreThereAfterARestart() throws Exception {
        var web = tokenWith("service \"web\" { policy = \"write\" }");
        world.close();
        world = new ApiWorld(folder, new AccessSettings(true, false));

        assertThat(put("{\"Kind\":\"service-resolver\",\"Name\":\"web\"}", web))
                .isEqualTo("200 true");
        assertThat(put("{\"Kind\":\"mesh\"}", web)).startsWith("403");
        assertThat(send("PUT", "/v1/acl/bootstrap", "", "").statusCode()).isEqualTo(403);
    }

    @Test
    void whoMayNotSeeWhatIsFoundUnderAnIdIsToldThatThereIsNone() throws Exception {
        json(
                "PUT",
                "/v1/agent/service/register",
                "{\"Name\":\"pay\",\"Check\":{\"CheckID\":\"c\",\"TTL\":\"1h\"}}");
        var web = tokenWith("service \"web\" { policy = \"write\" }");
        for (var path :
                List.of(
                        "/v1/agent/service/deregister/pay",
                        "/v1/agent/service/maintenance/pay?enable=true",
                        "/v1/agent/check/pass/c",
                        "/v1/agent/check/deregister/c")) {
            var there = send("PUT", path, "", web);
            var none = send("PUT", path.replace("pay", "none").replace("/c", "/d"), "", web);
            assertThat(there.statusCode()).as(path).isEqualTo(404);
            assertThat(none.statusCode()).isEqualTo(404);
        }
        assertThat(send("GET", "/v1/agent/services", "", root).body()).contains("\"pay\"");
    }

    @Test
    void serviceIsNoGatewayAndNoServer() throws Exception {
        var web =
                tokenWith(
                        "service_prefix \"\" { policy = \"write\" } node_prefix \"\" { policy = \"write\" }");
        var gateway =
                "{\"Name\":\"web\",\"Kind\":\"mesh-gateway\",\"TaggedAddresses\":{\"wan\":{\"Address\":\"198.51.100.9\",\"Port\":443}}}";

        assertThat(send("PUT", "/v1/agent/service/register", gateway, web).body())
                .endsWith("lacks permission 'mesh:write'");
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/catalog/register",
                                        "{\"Node\":\"n\",\"Address\":\"a\",\"Service\":"
                                                + gateway.replace("Name", "Service")
                                                + "}",
                                        web)
                                .body())
                .endsWith("lacks permission 'mesh:write'");
        for (var token : List.of(web, root)) {
            assertThat(
                            send(
                                            "POST",
                                            "/v1/hansa/join-token",
                                            "{\"Services\":[\"consul\"]}",
                                            token)
                                    .statusCode())
                    .isEqualTo(400);
        }
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/catalog/register",
                                        "{\"Node\":\"n\",\"Address\":\"a\",\"NodeMeta\":{\"hansa-agent\":\"true\"}}",
                                        web)
                                .statusCode())
                .isEqualTo(400);
    }

    @Test
    void resolverLeadsOnlyToWhatItsWriterMaySee() throws Exception {
        var web = tokenWith("service \"web\" { policy = \"write\" }");

        for (var entry :
                List.of(
                        "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"Redirect\":{\"Service\":\"secret\"}}",
                        "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"Failover\":{\"*\":{\"Service\":\"secret\"}}}",
                        "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"Failover\":{\"*\":{\"Targets\":[{\"Service\":\"secret\"}]}}}")) {
            assertThat(put(entry, web)).endsWith("lacks permission 'service:read' on \"secret\"");
        }
    }

    @Test
    void ruleForAllServicesNeedsThemAll() throws Exception {
        var most =
                tokenWith(
                        """
                        service_prefix "" { policy = "read" intentions = "write" }
                        service "db" { policy = "deny" }
                        """);
        var all =
                "{\"Kind\":\"service-intentions\",\"Name\":\"*\",\"Sources\":[{\"Name\":\"*\",\"Action\":\"allow\"}]}";

        assertThat(put(all, most)).endsWith("'intentions:write' on \"*\"");
        assertThat(put(all.replaceFirst("\\*", "web"), most)).isEqualTo("200 true");
        assertThat(
                        put(
                                all,
                                tokenWith(
                                        "service_prefix \"\" { policy = \"read\" intentions = \"write\" }")))
                .isEqualTo("200 true");
        assertThat(
                        put(
                                all,
                                tokenWith(
                                        "service \"*\" { policy = \"read\" intentions = \"write\" }")))
                .startsWith("403");
    }

    @Test
    void explanationOfWhatIsNotThereNamesNothingElse() throws Exception {
        json("PUT", "/v1/agent/service/register", "{\"Name\":\"secretive\"}");
        var team = tokenWith("service_prefix \"team\" { policy = \"read\" }");

        assertThat(send("GET", "/v1/hansa/explain/team-secretiv", "", team).body())
                .doesNotContain("secretive'");
        assertThat(send("GET", "/v1/hansa/explain/team-x?from=secretive", "", team).statusCode())
                .isEqualTo(403);
        assertThat(send("POST", "/v1/hansa/trace/team-x?from=team-y", "", team).statusCode())
                .isEqualTo(403);
    }
}
