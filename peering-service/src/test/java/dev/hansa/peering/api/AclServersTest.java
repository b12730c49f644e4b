package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.acl.AccessSettings;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How a server's settings, and another server, decide who is asked for a token.
class AclServersTest {
    private static final AccessSettings DENYING = new AccessSettings(true, false);

    @TempDir Path folder;

    private static String secret(HttpResponse<String> made) throws Exception {
        assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
        return new ObjectMapper().readTree(made.body()).path("SecretID").asText();
    }

    @Test
    void requestThatAFollowerPassesOnIsJudgedByTheLeader() throws Exception {
        try (var leader = new ApiWorld(folder.resolve("leader"), DENYING);
                var follower = new ApiWorld(folder.resolve("follower"), DENYING)) {
            follower.follow(leader);
            var root = secret(leader.put("/v1/acl/bootstrap", ""));
            // the follower's own store knows no token
            assertThat(follower.get("/v1/peerings").statusCode()).isEqualTo(403);
            assertThat(
                            follower.send("GET", "/v1/peerings", "", "X-Consul-Token", root)
                                    .statusCode())
                    .isEqualTo(200);
            assertThat(
                            follower.send(
                                            "GET",
                                            "/v1/peerings",
                                            "",
                                            "Authorization",
                                            "Bearer " + root)
                                    .statusCode())
                    .isEqualTo(200);
            var web =
                    secret(
                            follower.send(
                                    "PUT",
                                    "/v1/acl/token",
                                    "{\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]}",
                                    "X-Consul-Token",
                                    root));
            assertThat(
                            follower.send(
                                            "PUT",
                                            "/v1/config",
                                            "{\"Kind\":\"mesh\"}",
                                            "X-Consul-Token",
                                            root)
                                    .body())
                    .isEqualTo("true");
            assertThat(
                            follower.send("GET", "/v1/config/mesh", "", "X-Consul-Token", web)
                                    .headers()
                                    .firstValue("X-Consul-Results-Filtered-By-ACLs"))
                    .contains("true");
        }
    }

    @Test
    void serversThatDisagreeAboutTokensDoNotOpenEachOther() throws Exception {
        try (var open = new ApiWorld(folder.resolve("open-leader"));
                var follower = new ApiWorld(folder.resolve("strict"), DENYING)) {
            follower.follow(open);

            var answer = follower.get("/v1/peerings");

            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.body())
                    .endsWith(
                            "found 'deny' at the one that was asked, 'off' at the one that leads");
        }
    }

    @Test
    void defaultOfAllowLeavesTokensClosed() throws Exception {
        try (var lax = new ApiWorld(folder.resolve("lax"), new AccessSettings(true, true))) {
            assertThat(lax.get("/v1/peerings").statusCode()).isEqualTo(200);
            assertThat(lax.get("/v1/acl/tokens").statusCode()).isEqualTo(403);
            assertThat(lax.get("/v1/snapshot").statusCode()).isEqualTo(403);
        }
    }

    /// Whoever holds a server's join token is given the keys of the datacenter's authority.
    @Test
    void defaultOfAllowGivesNobodyAServersJoinToken() throws Exception {
        try (var lax = new ApiWorld(folder.resolve("lax"), new AccessSettings(true, true))) {
            var root = secret(lax.put("/v1/acl/bootstrap", ""));
            var empty = secret(lax.sendAs(root, "PUT", "/v1/acl/token", "{}"));
            var server = "{\"Server\":true,\"TTL\":\"1h\"}";
            for (var token : List.of("", empty)) {
                var refused = lax.sendAs(token, "POST", "/v1/hansa/join-token", server);
                assertThat(refused.statusCode()).isEqualTo(403);
                assertThat(refused.body())
                        .contains("lacks permission 'operator:write'")
                        .endsWith(" Here a rule has to give it: acl.default-policy does not.");
            }
            assertThat(lax.asked).isEmpty();

            // what the default is for
            assertThat(lax.post("/v1/hansa/join-token", "{\"Services\":[\"web\"]}").statusCode())
                    .isEqualTo(200);
            assertThat(lax.sendAs(root, "POST", "/v1/hansa/join-token", server).statusCode())
                    .isEqualTo(200);
            assertThat(lax.asked).containsExactly("[web] false false PT24H", "[] false true PT1H");
        }
    }

    @Test
    void withoutAccessControlThereAreNoTokens() throws Exception {
        try (var open = new ApiWorld(folder.resolve("open"))) {
            assertThat(open.get("/v1/acl/tokens").statusCode()).isEqualTo(401);
            assertThat(open.get("/v1/acl/tokens").body()).isEqualTo("ACL support disabled");
            assertThat(open.put("/v1/acl/bootstrap", "").statusCode()).isEqualTo(401);
            assertThat(open.get("/v1/peerings").statusCode()).isEqualTo(200);
            assertThat(open.get("/v1/peerings").headers().firstValue("X-Consul-Default-ACL-Policy"))
                    .contains("allow");
        }
    }
}
