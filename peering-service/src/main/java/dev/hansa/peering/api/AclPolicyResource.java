package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.AccessControl;
import dev.hansa.peering.acl.BuiltInPolicies;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.store.AclPolicyRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// `/v1/acl/policy`: rules with a name.
final class AclPolicyResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// Consul's.
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,128}");

    /// Thousands of rules; each request of a token that has them is judged by what they say.
    private static final int MAX_RULES = 64 * 1024;

    private static final int MAX_DESCRIPTION = 256;

    private static final String NONE = "policy does not exist: ACL not found";

    private final String datacenter;
    private final AclWrites writes;
    private final BlockingReads reads;
    private final Store store;

    AclPolicyResource(
            String datacenter,
            AccessControl control,
            Store store,
            BlockingReads reads,
            Consumer<PeeringEvent> events) {
        this.datacenter = datacenter;
        this.writes = new AclWrites(control, store, events);
        this.reads = reads;
        this.store = store;
    }

    ApiAnswer create(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var body = body(request);
        if (!body.text("ID").isEmpty()) {
            throw bad("Cannot specify the ID when creating a new policy");
        }
        return write(UUID.randomUUID().toString(), 0, body);
    }

    ApiAnswer update(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var id = request.part("id");
        var body = body(request);
        if (!body.text("ID").isEmpty() && !body.text("ID").equals(id)) {
            throw bad("Policy ID in URL and payload do not match");
        }
        if (BuiltInPolicies.byId(id).isPresent()) {
            throw bad(
                    "Changing the Rules for the builtin "
                            + BuiltInPolicies.byId(id).get().name()
                            + " policy is not permitted");
        }
        var before = store.now().acl().policies().get(id);
        if (before == null) {
            throw new RefusedRequestException(404, NONE);
        }
        return write(id, before.createIndex(), body);
    }

    private static JsonFields body(ApiRequest request) throws RefusedRequestException {
        return JsonFields.read(request.body(), "Policy decoding failed")
                .only(
                        List.of(
                                "ID",
                                "Name",
                                "Description",
                                "Rules",
                                "Datacenters",
                                "Hash",
                                "CreateIndex",
                                "ModifyIndex",
                                "Namespace",
                                "Partition",
                                "TemplateVariables"));
    }

    /// @param created the create index of the one that is written over; 0: there is none
    private ApiAnswer write(String id, long created, JsonFields body)
            throws RefusedRequestException {
        var name = body.text("Name");
        if (name.isEmpty()) {
            throw bad("Invalid Policy: no Name is set");
        }
        if (!NAME.matcher(name).matches()) {
            throw bad(
                    "Invalid Policy: invalid Name. Only alphanumeric characters, a maximum of 128 of them, '-' and '_' are allowed; found '"
                            + shown(name)
                            + "'");
        }
        if (BuiltInPolicies.ALL.stream().anyMatch(policy -> policy.name().equals(name))) {
            throw bad("Invalid Policy: A Policy with Name \"" + name + "\" already exists");
        }
        var datacenters = body.texts("Datacenters").stream().distinct().toList();
        for (var one : datacenters) {
            if (!one.equals(datacenter)) {
                throw bad(
                        "Invalid Policy: Datacenters: expected none or '"
                                + datacenter
                                + "', since each datacenter keeps its own policies; found '"
                                + shown(one)
                                + "'");
            }
        }
        var rules = body.text("Rules");
        if (rules.length() > MAX_RULES) {
            throw bad(
                    "Invalid Policy: Rules: expected at most "
                            + MAX_RULES
                            + " characters; found "
                            + rules.length());
        }
        var fault = AccessControl.fault(rules);
        if (fault.isPresent()) {
            throw bad("Invalid Policy: " + fault.get());
        }
        writes.apply(
                new StoreCommand.PutAclPolicy(
                        new AclPolicyRecord(
                                id, name, description(body), rules, datacenters, created, 0)),
                "policy '" + name + "' written");
        return found(Optional.ofNullable(store.now().acl().policies().get(id)));
    }

    static String description(JsonFields body) throws RefusedRequestException {
        return brief(body, "Description");
    }

    /// A text that stands in lists.
    static String brief(JsonFields body, String field) throws RefusedRequestException {
        var text = body.text(field);
        if (text.length() > MAX_DESCRIPTION) {
            throw bad(
                    field
                            + ": expected at most "
                            + MAX_DESCRIPTION
                            + " characters; found "
                            + text.length());
        }
        return text;
    }

    ApiAnswer delete(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var id = request.part("id");
        var builtIn = BuiltInPolicies.byId(id);
        if (builtIn.isPresent()) {
            throw bad(
                    "Delete operation not permitted on the builtin "
                            + builtIn.get().name()
                            + " policy");
        }
        writes.apply(new StoreCommand.RemoveAclPolicy(id), "policy '" + shown(id) + "' deleted");
        return ApiAnswer.TRUE;
    }

    private Stream<AclPolicyRecord> all() {
        return Stream.concat(
                BuiltInPolicies.ALL.stream(),
                store.now().acl().policies().values().stream()
                        .sorted(Comparator.comparing(AclPolicyRecord::name)));
    }

    ApiAnswer read(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var id = request.part("id");
        return reads.read(
                request,
                Scope.CONFIG,
                () -> found(all().filter(policy -> policy.id().equals(id)).findFirst()));
    }

    ApiAnswer byName(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var name = request.part("name");
        return reads.read(
                request,
                Scope.CONFIG,
                () -> found(all().filter(policy -> policy.name().equals(name)).findFirst()));
    }

    private static ApiAnswer found(Optional<AclPolicyRecord> policy) {
        return policy.map(one -> ApiAnswer.json(json(one, true)))
                .orElseGet(() -> ApiAnswer.text(404, NONE));
    }

    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var filter = ListFilters.of(request, AclFilters.POLICY);
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var list = JSON.arrayNode();
                    all().map(policy -> json(policy, false)).filter(filter).forEach(list::add);
                    return ApiAnswer.json(list);
                });
    }

    private static ObjectNode json(AclPolicyRecord policy, boolean withRules) {
        var json =
                JSON.objectNode()
                        .put("ID", policy.id())
                        .put("Name", policy.name())
                        .put("Description", policy.description());
        if (withRules) {
            json.put("Rules", policy.rules());
        }
        if (policy.datacenters().isEmpty()) {
            json.putNull("Datacenters");
        } else {
            policy.datacenters().forEach(json.putArray("Datacenters")::add);
        }
        return json.put("Hash", hash(policy))
                .put("CreateIndex", policy.createIndex())
                .put("ModifyIndex", policy.modifyIndex());
    }

    /// Another whenever what it says is.
    private static byte[] hash(AclPolicyRecord policy) {
        return Sha256.of(
                (policy.name()
                                + "\n"
                                + policy.description()
                                + "\n"
                                + policy.rules()
                                + String.join("\n", policy.datacenters()))
                        .getBytes(StandardCharsets.UTF_8));
    }
}
