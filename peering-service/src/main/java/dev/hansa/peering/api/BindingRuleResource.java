package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.login.BindKind;
import dev.hansa.peering.login.Binding;
import dev.hansa.peering.login.InvalidLoginException;
import dev.hansa.peering.store.BindingRuleRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// `/v1/acl/binding-rule`: what whoever logs in may do.
final class BindingRuleResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private static final String NONE = "binding rule does not exist: ACL not found";

    private final AclWrites writes;
    private final Store store;
    private final BlockingReads reads;

    BindingRuleResource(AclWrites writes, BlockingReads reads) {
        this.writes = writes;
        this.store = writes.store();
        this.reads = reads;
    }

    ApiAnswer create(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var body = body(request);
        if (!body.text("ID").isEmpty()) {
            throw bad("Cannot specify the ID when creating a new binding rule");
        }
        return write(body, UUID.randomUUID().toString(), 0, body.text("AuthMethod"));
    }

    ApiAnswer update(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var id = request.part("id");
        var body = body(request);
        if (!body.text("ID").isEmpty() && !body.text("ID").equals(id)) {
            throw bad("BindingRule ID in URL and payload do not match");
        }
        var before = store.now().acl().logins().rules().get(id);
        if (before == null) {
            throw new RefusedRequestException(404, NONE);
        }
        var method = body.text("AuthMethod");
        if (!method.isEmpty() && !method.equals(before.method())) {
            throw invalid("the AuthMethod field of a Binding Rule is immutable");
        }
        return write(body, id, before.createIndex(), before.method());
    }

    private static RefusedRequestException invalid(String sentence) {
        return bad("Invalid Binding Rule: " + sentence);
    }

    private static JsonFields body(ApiRequest request) throws RefusedRequestException {
        return JsonFields.read(request.body(), "BindingRule decoding failed")
                .only(
                        List.of(
                                "ID",
                                "Description",
                                "AuthMethod",
                                "Selector",
                                "BindType",
                                "BindName",
                                "BindVars",
                                "Namespace",
                                "Partition",
                                "CreateIndex",
                                "ModifyIndex"));
    }

    /// @param created the create index of the one that is written over; 0: there is none
    private ApiAnswer write(JsonFields body, String id, long created, String methodName)
            throws RefusedRequestException {
        var method = store.now().acl().logins().methods().get(methodName);
        if (method == null) {
            throw invalid(
                    "AuthMethod: expected the name of one; found '" + shown(methodName) + "'");
        }
        var type = body.text("BindType");
        if (BindKind.of(type).isEmpty()) {
            throw invalid(
                    "BindType: expected 'policy', 'service' or 'node', since there are no roles and no templated policies; found '"
                            + shown(type)
                            + "'");
        }
        if (body.has("BindVars")) {
            throw invalid("BindVars: expected none, since no BindType has any; found some");
        }
        var rule =
                new BindingRuleRecord(
                        id,
                        AclPolicyResource.description(body),
                        methodName,
                        body.text("Selector"),
                        type,
                        body.text("BindName"),
                        created,
                        0);
        try {
            Binding.check(rule, AuthMethodReader.config(method).claims());
        } catch (InvalidLoginException e) {
            throw invalid(e.sentence());
        }
        writes.apply(
                new StoreCommand.PutBindingRule(rule),
                "binding rule '" + id + "' of auth method '" + methodName + "' written");
        return found(Optional.ofNullable(store.now().acl().logins().rules().get(id)));
    }

    ApiAnswer delete(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var id = request.part("id");
        writes.apply(
                new StoreCommand.RemoveBindingRule(id), "binding rule '" + shown(id) + "' deleted");
        return ApiAnswer.TRUE;
    }

    ApiAnswer read(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var id = request.part("id");
        return reads.read(
                request,
                Scope.CONFIG,
                () -> found(Optional.ofNullable(store.now().acl().logins().rules().get(id))));
    }

    private static ApiAnswer found(Optional<BindingRuleRecord> rule) {
        return rule.map(one -> ApiAnswer.json(json(one)))
                .orElseGet(() -> ApiAnswer.text(404, NONE));
    }

    /// All of them, or those of one auth method.
    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var method = request.parameter("authmethod").orElse("");
        var filter = ListFilters.of(request, AclFilters.BINDING_RULE);
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var list = JSON.arrayNode();
                    store.now().acl().logins().rules().values().stream()
                            .filter(rule -> method.isEmpty() || rule.method().equals(method))
                            .sorted(Comparator.comparing(BindingRuleRecord::id))
                            .map(BindingRuleResource::json)
                            .filter(filter)
                            .forEach(list::add);
                    return ApiAnswer.json(list);
                });
    }

    private static ObjectNode json(BindingRuleRecord rule) {
        return JSON.objectNode()
                .put("ID", rule.id())
                .put("Description", rule.description())
                .put("AuthMethod", rule.method())
                .put("Selector", rule.selector())
                .put("BindType", rule.bindType())
                .put("BindName", rule.bindName())
                .put("CreateIndex", rule.createIndex())
                .put("ModifyIndex", rule.modifyIndex());
    }
}
