package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.peering.store.AuthMethodRecord;
import dev.hansa.peering.store.RecordJson;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// `/v1/acl/auth-method`: by whose tokens somebody may log in.
final class AuthMethodResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// Consul's.
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,128}");

    private static final List<String> LOCALITIES = List.of("local", "global");

    private static final String NONE = "ACL not found";

    private final AclWrites writes;
    private final Store store;
    private final BlockingReads reads;

    AuthMethodResource(AclWrites writes, BlockingReads reads) {
        this.writes = writes;
        this.store = writes.store();
        this.reads = reads;
    }

    /// As Consul does it, also over one that has the name.
    ApiAnswer create(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var body = body(request);
        return write(body, body.text("Name"));
    }

    ApiAnswer update(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var name = request.part("name");
        var body = body(request);
        if (!body.text("Name").isEmpty() && !body.text("Name").equals(name)) {
            throw bad("Auth method name in URL and payload do not match");
        }
        if (!store.now().acl().logins().methods().containsKey(name)) {
            throw new RefusedRequestException(404, NONE);
        }
        return write(body, name);
    }

    private static JsonFields body(ApiRequest request) throws RefusedRequestException {
        var body =
                JsonFields.read(request.body(), "AuthMethod decoding failed")
                        .only(
                                List.of(
                                        "Name",
                                        "Type",
                                        "DisplayName",
                                        "Description",
                                        "MaxTokenTTL",
                                        "TokenLocality",
                                        "Config",
                                        "NamespaceRules",
                                        "TokenNameFormat",
                                        "Namespace",
                                        "Partition",
                                        "CreateIndex",
                                        "ModifyIndex"));
        if (!body.list("NamespaceRules").isEmpty()) {
            throw AuthMethodReader.invalid(
                    "NamespaceRules: expected none, since there are no namespaces; found some");
        }
        if (!body.text("TokenNameFormat").isEmpty()) {
            throw AuthMethodReader.invalid(
                    "TokenNameFormat: expected none, since tokens of logins are called by their Meta; found one");
        }
        return body;
    }

    private ApiAnswer write(JsonFields body, String name) throws RefusedRequestException {
        if (!NAME.matcher(name).matches()) {
            throw AuthMethodReader.invalid(
                    "invalid Name. Only alphanumeric characters, a maximum of 128 of them, '-' and '_' are allowed; found '"
                            + shown(name)
                            + "'");
        }
        var before = Optional.ofNullable(store.now().acl().logins().methods().get(name));
        if (!body.text("Type").equals("jwt")
                && !(body.text("Type").isEmpty() && before.isPresent())) {
            throw AuthMethodReader.invalid(
                    "Type: expected 'jwt', by which people and Kubernetes' service accounts alike log in; found '"
                            + shown(body.text("Type"))
                            + "'");
        }
        var locality = body.text("TokenLocality");
        var kept = before.map(AuthMethodRecord::locality).orElse("local");
        if (!locality.isEmpty()
                && (!LOCALITIES.contains(locality)
                        || before.isPresent() && !locality.equals(kept))) {
            throw AuthMethodReader.invalid(
                    "TokenLocality: expected "
                            + (before.isPresent()
                                    ? "'" + kept + "', which cannot be changed"
                                    : "'local' or 'global'")
                            + "; found '"
                            + shown(locality)
                            + "'");
        }
        var config = body.fields("Config");
        if (config.isEmpty()) {
            throw AuthMethodReader.invalid("Config: expected an object; found none");
        }
        // read for what is wrong with it; what it says is read when somebody logs in
        AuthMethodReader.config(config.get());
        writes.apply(
                new StoreCommand.PutAuthMethod(
                        new AuthMethodRecord(
                                name,
                                "jwt",
                                AclPolicyResource.brief(body, "DisplayName"),
                                AclPolicyResource.description(body),
                                life(body),
                                locality.isEmpty() ? kept : locality,
                                AuthMethodReader.kept(config.get()).toString(),
                                before.map(AuthMethodRecord::createIndex).orElse(0L),
                                0)),
                "auth method '" + name + "' written");
        return found(Optional.ofNullable(store.now().acl().logins().methods().get(name)));
    }

    private static Duration life(JsonFields body) throws RefusedRequestException {
        var text = body.duration("MaxTokenTTL");
        if (text.isEmpty() || ApiRequest.read(text, GoDuration::parse).isZero()) {
            return Duration.ZERO;
        }
        return AclTokenReader.life("MaxTokenTTL", ApiRequest.read(text, GoDuration::parse));
    }

    ApiAnswer delete(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var name = request.part("name");
        writes.apply(
                new StoreCommand.RemoveAuthMethod(name),
                "auth method '" + shown(name) + "' deleted, with its rules and tokens");
        return ApiAnswer.TRUE;
    }

    ApiAnswer read(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var name = request.part("name");
        return reads.read(
                request,
                Scope.CONFIG,
                () -> found(Optional.ofNullable(store.now().acl().logins().methods().get(name))));
    }

    private static ApiAnswer found(Optional<AuthMethodRecord> method) {
        return method.map(one -> ApiAnswer.json(json(one, true)))
                .orElseGet(() -> ApiAnswer.text(404, NONE));
    }

    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var filter = ListFilters.of(request, AclFilters.AUTH_METHOD);
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var list = JSON.arrayNode();
                    store.now().acl().logins().methods().values().stream()
                            .sorted(Comparator.comparing(AuthMethodRecord::name))
                            .map(method -> json(method, false))
                            .filter(filter)
                            .forEach(list::add);
                    return ApiAnswer.json(list);
                });
    }

    private static ObjectNode json(AuthMethodRecord method, boolean withConfig) {
        var json = JSON.objectNode().put("Name", method.name()).put("Type", method.type());
        Map.of("DisplayName", method.displayName(), "Description", method.description())
                .forEach((field, text) -> {
                    if (!text.isEmpty()) {
                        json.put(field, text);
                    }
                });
        if (!method.longestLife().isZero()) {
            json.put("MaxTokenTTL", GoDuration.format(method.longestLife()));
        }
        json.put("TokenLocality", method.locality());
        if (withConfig) {
            json.set("Config", RecordJson.read(method.config(), ObjectNode.class));
        }
        return json.put("CreateIndex", method.createIndex())
                .put("ModifyIndex", method.modifyIndex());
    }
}
