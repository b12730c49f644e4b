package dev.hansa.kubernetes.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Who may do what at a server: policies, tokens, and who logs in. Each write happens only where
/// something differs, so that who asks often leaves no trail.
public final class AclApi {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int NOT_FOUND = 404;
    private static final int FORBIDDEN = 403;

    private final HansaApi api;
    private final Optional<String> token;

    /// @param name of the policy
    /// @param rules as a policy has them
    public record Policy(String name, String description, String rules) {}

    /// @param description by which it is found again
    /// @param selector over what a login's token says
    /// @param bindType `service` or `policy`
    public record Rule(String description, String selector, String bindType, String bindName) {}

    /// @param token what is shown with each request; empty: nothing
    public AclApi(HansaApi api, Optional<Secret> token) {
        this.api = api;
        this.token = token.map(Secret::value);
    }

    private HansaApi.Answer ask(String method, String path, String body)
            throws ApiException, InterruptedException {
        return api.ask(method, path, body, token);
    }

    /// Whether the servers have a leader, so that something can be written.
    public boolean hasLeader() throws ApiException, InterruptedException {
        var leader = HansaApi.tree(HansaApi.succeeded(ask("GET", "/v1/status/leader", "")));
        return !leader.asText().isEmpty();
    }

    /// Whether this token is one.
    ///
    /// @throws ApiException where nobody can say
    public boolean isKnown() throws ApiException, InterruptedException {
        var answer = ask("GET", "/v1/acl/token/self", "");
        if (answer.status() == FORBIDDEN) {
            return false;
        }
        HansaApi.succeeded(answer);
        return true;
    }

    /// @return whether anything was written
    public boolean write(Policy policy) throws ApiException, InterruptedException {
        var body =
                JSON.createObjectNode()
                        .put("Name", policy.name())
                        .put("Description", policy.description())
                        .put("Rules", policy.rules());
        var answer = ask("GET", "/v1/acl/policy/name/" + HansaApi.part(policy.name()), "");
        if (answer.status() == NOT_FOUND) {
            HansaApi.succeeded(ask("PUT", "/v1/acl/policy", body.toString()));
            return true;
        }
        var found = HansaApi.object(HansaApi.succeeded(answer));
        if (found.path("Rules").asText().equals(policy.rules())) {
            return false;
        }
        var id = found.path("ID").asText();
        HansaApi.succeeded(
                ask("PUT", "/v1/acl/policy/" + HansaApi.part(id), body.put("ID", id).toString()));
        return true;
    }

    /// A token with one policy, under a secret that the caller has kept before.
    ///
    /// @return whether it was made; false: it was there
    public boolean create(Secret secret, String description, String policy)
            throws ApiException, InterruptedException {
        if (new AclApi(api, Optional.of(secret)).isKnown()) {
            return false;
        }
        var body =
                JSON.createObjectNode()
                        .put("SecretID", secret.value())
                        .put("Description", description);
        body.putArray("Policies").addObject().put("Name", policy);
        HansaApi.succeeded(ask("PUT", "/v1/acl/token", body.toString()));
        return true;
    }

    /// An auth method of type `jwt`.
    ///
    /// @return whether anything was written
    public boolean writeMethod(
            String name, String description, Duration longestToken, ObjectNode config)
            throws ApiException, InterruptedException {
        var answer = ask("GET", "/v1/acl/auth-method/" + HansaApi.part(name), "");
        if (answer.status() != NOT_FOUND) {
            var found = HansaApi.object(HansaApi.succeeded(answer));
            if (found.path("Config").equals(config)) {
                return false;
            }
        }
        // Consul's create also writes over one that has the name
        HansaApi.succeeded(
                ask(
                        "PUT",
                        "/v1/acl/auth-method",
                        JSON.createObjectNode()
                                .put("Name", name)
                                .put("Type", "jwt")
                                .put("Description", description)
                                .put("MaxTokenTTL", longestToken.toSeconds() + "s")
                                .set("Config", config)
                                .toString()));
        return true;
    }

    /// Makes the rules of a method these, as far as they are `whose`; rules that somebody else has
    /// written beside them stay.
    ///
    /// @param whose how the descriptions of ours begin
    /// @return how many were written or removed
    public int writeRules(String method, String whose, List<Rule> wanted)
            throws ApiException, InterruptedException {
        var found = new HashMap<String, List<JsonNode>>();
        for (var one :
                HansaApi.tree(
                        HansaApi.succeeded(
                                ask(
                                        "GET",
                                        "/v1/acl/binding-rules?authmethod=" + HansaApi.part(method),
                                        "")))) {
            found.computeIfAbsent(one.path("Description").asText(), _ -> new ArrayList<>())
                    .add(one);
        }
        var changes = 0;
        for (var rule : wanted) {
            var before = found.remove(rule.description());
            if (before == null) {
                HansaApi.succeeded(
                        ask("PUT", "/v1/acl/binding-rule", body(method, rule).toString()));
                changes++;
            } else if (!isSame(before.getFirst(), rule)) {
                var id = before.getFirst().path("ID").asText();
                HansaApi.succeeded(
                        ask(
                                "PUT",
                                "/v1/acl/binding-rule/" + HansaApi.part(id),
                                body(method, rule).put("ID", id).toString()));
                changes++;
            }
        }
        return changes + removeRules(found, whose);
    }

    private int removeRules(Map<String, List<JsonNode>> left, String whose)
            throws ApiException, InterruptedException {
        var removed = 0;
        for (var entry : left.entrySet()) {
            if (!entry.getKey().startsWith(whose)) {
                continue;
            }
            for (var one : entry.getValue()) {
                HansaApi.succeeded(
                        ask(
                                "DELETE",
                                "/v1/acl/binding-rule/" + HansaApi.part(one.path("ID").asText()),
                                ""));
                removed++;
            }
        }
        return removed;
    }

    private static boolean isSame(JsonNode found, Rule rule) {
        return found.path("Selector").asText().equals(rule.selector())
                && found.path("BindType").asText().equals(rule.bindType())
                && found.path("BindName").asText().equals(rule.bindName());
    }

    private static ObjectNode body(String method, Rule rule) {
        return JSON.createObjectNode()
                .put("AuthMethod", method)
                .put("Description", rule.description())
                .put("Selector", rule.selector())
                .put("BindType", rule.bindType())
                .put("BindName", rule.bindName());
    }

    /// A token of this datacenter for one of somebody else's.
    ///
    /// @throws ApiException in the server's words, which hold neither
    public Secret login(String method, Secret bearer) throws ApiException, InterruptedException {
        var body =
                JSON.createObjectNode()
                        .put("AuthMethod", method)
                        .put("BearerToken", bearer.value());
        var answer = HansaApi.succeeded(ask("POST", "/v1/acl/login", body.toString()));
        return new Secret(HansaApi.object(answer).path("SecretID").asText());
    }

    /// Ends the token that this asks with.
    public void logout() throws ApiException, InterruptedException {
        HansaApi.succeeded(ask("POST", "/v1/acl/logout", ""));
    }

    /// What one server joins the others with, once.
    ///
    /// @param life how long it may lie unused
    public Secret serverJoinToken(Duration life) throws ApiException, InterruptedException {
        return joinToken(JSON.createObjectNode().put("Server", true), life);
    }

    /// What one mesh gateway joins with, once.
    ///
    /// @param life how long it may lie unused
    public Secret gatewayJoinToken(Duration life) throws ApiException, InterruptedException {
        return joinToken(JSON.createObjectNode().put("MeshGateway", true), life);
    }

    private Secret joinToken(ObjectNode body, Duration life)
            throws ApiException, InterruptedException {
        var answer =
                HansaApi.succeeded(
                        ask(
                                "POST",
                                "/v1/hansa/join-token",
                                body.put("TTL", life.toSeconds() + "s").toString()));
        return new Secret(HansaApi.object(answer).path("JoinToken").asText());
    }
}
