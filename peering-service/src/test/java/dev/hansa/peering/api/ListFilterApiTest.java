package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.acl.AccessSettings;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `?filter=` on lists of config entries and of what access control has, over real HTTP.
// shows: GET /v1/config/:kind
// shows: GET /v1/hansa/config
// shows: GET /v1/acl/tokens
// shows: GET /v1/acl/policies
// shows: GET /v1/acl/auth-methods
// shows: GET /v1/acl/binding-rules
class ListFilterApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path folder;

    private static String filtered(String path, String filter) {
        return path + "?filter=" + URLEncoder.encode(filter, StandardCharsets.UTF_8);
    }

    private static List<String> listed(
            ApiWorld world, String token, String path, String filter, String field)
            throws Exception {
        var answer = world.sendAs(token, "GET", filtered(path, filter), "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        var all = new ArrayList<String>();
        for (JsonNode item : JSON.readTree(answer.body())) {
            all.add(item.path(field).asText());
        }
        return all;
    }

    private static void write(ApiWorld world, String entry) throws Exception {
        var answer = world.put("/v1/config", entry.replace('\'', '"'));
        assertThat(answer.body()).isEqualTo("true");
    }

    @Test
    void entriesOfAKindAreListedByWhatTheySay() throws Exception {
        try (var world = new ApiWorld(folder)) {
            write(
                    world,
                    "{'Kind':'service-defaults','Name':'web','Protocol':'http','Meta':{'team':'shop'},'MaxInboundConnections':7}");
            write(world, "{'Kind':'service-defaults','Name':'db','Protocol':'tcp'}");
            write(
                    world,
                    "{'Kind':'service-resolver','Name':'web','ConnectTimeout':'3s','Failover':{'*':{'Targets':[{'Peer':'lke'}]}}}");
            write(
                    world,
                    "{'Kind':'service-intentions','Name':'web','Sources':[{'Name':'cart','Action':'allow'},{'Name':'bank','Action':'deny'}]}");
            var defaults = "/v1/config/service-defaults";
            assertThat(listed(world, "", defaults, "Protocol == \"http\"", "Name"))
                    .containsExactly("web");
            assertThat(listed(world, "", defaults, "Meta.team == \"shop\"", "Name"))
                    .containsExactly("web");
            assertThat(listed(world, "", defaults, "team not in Meta", "Name"))
                    .containsExactly("db");
            assertThat(listed(world, "", defaults, "MaxInboundConnections == 7", "Name"))
                    .containsExactly("web");
            assertThat(listed(world, "", defaults, "MaxInboundConnections != 7", "Name"))
                    .containsExactly("db");
            var resolvers = "/v1/config/service-resolver";
            assertThat(
                            listed(
                                    world,
                                    "",
                                    resolvers,
                                    "ConnectTimeout == \"3s\" and \"*\" in Failover",
                                    "Name"))
                    .containsExactly("web");
            assertThat(listed(world, "", resolvers, "Failover is empty", "Name")).isEmpty();
            var intentions = "/v1/config/service-intentions";
            assertThat(listed(world, "", intentions, "Sources.Name == bank", "Name"))
                    .containsExactly("web");
            assertThat(listed(world, "", intentions, "Sources.Name == ada", "Name")).isEmpty();
            assertThat(listed(world, "", "/v1/hansa/config", "Name == web", "Kind"))
                    .containsExactly("service-defaults", "service-intentions", "service-resolver");
        }
    }

    @Test
    void tokensAndWhatTheyRestOnAreListedByWhatTheySay() throws Exception {
        try (var world = new ApiWorld(folder, new AccessSettings(true, false))) {
            var root =
                    JSON.readTree(world.put("/v1/acl/bootstrap", "").body())
                            .path("SecretID")
                            .asText();
            for (var name : List.of("readers", "writers")) {
                world.sendAs(
                        root,
                        "PUT",
                        "/v1/acl/policy",
                        "{\"Name\":\"" + name + "\",\"Rules\":\"peering = \\\"read\\\"\"}");
            }
            world.sendAs(
                    root,
                    "PUT",
                    "/v1/acl/token",
                    "{\"Description\":\"ci\",\"Policies\":[{\"Name\":\"readers\"}],\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]}");
            var tokens = "/v1/acl/tokens";

            assertThat(listed(world, root, tokens, "Policies.Name == readers", "Description"))
                    .containsExactly("ci");
            assertThat(
                            listed(
                                    world,
                                    root,
                                    tokens,
                                    "ServiceIdentities.ServiceName == web and Local == false",
                                    "Description"))
                    .containsExactly("ci");
            assertThat(listed(world, root, tokens, "Description == none", "Description")).isEmpty();
            assertThat(listed(world, root, "/v1/acl/policies", "Name == writers", "Name"))
                    .containsExactly("writers");
            assertThat(listed(world, root, "/v1/acl/auth-methods", "Type == jwt", "Name"))
                    .isEmpty();
            assertThat(listed(world, root, "/v1/acl/binding-rules", "BindType == policy", "ID"))
                    .isEmpty();
            // a secret cannot be found out a letter at a time
            var answer = world.sendAs(root, "GET", filtered(tokens, "SecretID matches \"^5\""), "");
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).startsWith("filter: ").contains("SecretID");
            // whoever may not list, may not ask
            assertThat(world.get(filtered(tokens, "Local == true")).statusCode()).isEqualTo(403);
        }
    }

    @Test
    void filterThatCannotBeReadIsRefusedWithItsPlace() throws Exception {
        try (var world = new ApiWorld(folder)) {
            for (var kind : List.of("/v1/config/mesh", "/v1/hansa/config")) {
                var unknown = world.get(filtered(kind, "Name == x and Colour == red"));
                assertThat(unknown.statusCode()).isEqualTo(400);
                assertThat(unknown.body()).startsWith("filter: ").contains("Colour");
                var broken = world.get(filtered(kind, "Name =="));
                assertThat(broken.statusCode()).isEqualTo(400);
                assertThat(broken.body()).startsWith("filter: ").containsPattern("\\d");
            }
        }
    }
}
