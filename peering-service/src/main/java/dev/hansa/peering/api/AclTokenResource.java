package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Access;
import dev.hansa.peering.acl.AccessControl;
import dev.hansa.peering.acl.FirstToken;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.store.AclState;
import dev.hansa.peering.store.AclTokenRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// `/v1/acl/token`: who may come in. A secret is answered by the request that makes it, and never
/// again: the store has only its hash.
final class AclTokenResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// Consul's word for a secret that the reader may not see.
    private static final String HIDDEN = "<hidden>";

    /// What Terraform's provider looks for.
    private static final String NONE = "token does not exist: ACL not found";

    private final AclTokenReader reader;
    private final AclWrites writes;
    private final Store store;
    private final BlockingReads reads;
    private final Supplier<OptionalLong> reset;
    private final Clock clock;

    /// @param reset the index of a bootstrap that may be done again
    AclTokenResource(
            String datacenter,
            AccessControl control,
            Store store,
            BlockingReads reads,
            Supplier<OptionalLong> reset,
            Clock clock,
            Consumer<PeeringEvent> events) {
        this.reader = new AclTokenReader(datacenter, store);
        this.writes = new AclWrites(control, store, events);
        this.store = store;
        this.reads = reads;
        this.reset = reset;
        this.clock = clock;
    }

    /// Makes the first token, which may do everything.
    ApiAnswer bootstrap(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var given =
                request.body().isBlank()
                        ? ""
                        : JsonFields.read(request.body(), "Request decoding failed")
                                .only(List.of("BootstrapSecret"))
                                .text("BootstrapSecret");
        var secret = given.isEmpty() ? random() : AclTokenReader.secret("BootstrapSecret", given);
        var done = store.now().acl().bootstrap();
        if (done.isPresent() && !reset.get().equals(OptionalLong.of(done.get().index()))) {
            // strangers may ask, and must not cost a write of the log each time
            throw refusedBootstrap(AclState.bootstrapped(done.get()));
        }
        var token = FirstToken.of(secret, clock.instant());
        var command = new StoreCommand.BootstrapAcl(token, reset.get());
        if (store.apply(command) instanceof StoreAnswer.Refused(var reason)) {
            throw refusedBootstrap(reason);
        }
        writes.events()
                .accept(
                        new PeeringEvent.AccessChanged(
                                "bootstrapped, token '" + token.accessor() + "'"));
        return made(token.accessor(), secret) instanceof ApiAnswer.Json(ObjectNode json, var index)
                // as Consul's oldest clients read it
                ? new ApiAnswer.Json(json.put("ID", secret.value()), index)
                : ApiAnswer.EMPTY;
    }

    private static RefusedRequestException refusedBootstrap(String reason) {
        return new RefusedRequestException(403, "Permission denied: " + reason);
    }

    static Secret random() {
        // 122 bits of the system's secure random source, in the form of Consul's tokens
        return new Secret(UUID.randomUUID().toString());
    }

    /// What whoever has made a token is told: its secret, this once.
    ApiAnswer made(String accessor, Secret secret) throws RefusedRequestException {
        var written = store.now().acl().token(accessor);
        if (written.isEmpty()) {
            throw new RefusedRequestException(500, "ACL token: deleted in the same moment");
        }
        return ApiAnswer.json(json(written.get(), secret.value()));
    }

    ApiAnswer create(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var body = AclTokenReader.body(request);
        if (!body.text("AuthMethod").isEmpty()) {
            throw bad("AuthMethod field is disallowed outside of Login");
        }
        var givenSecret = body.text("SecretID");
        var givenAccessor = body.text("AccessorID");
        var secret =
                givenSecret.isEmpty() ? random() : AclTokenReader.secret("SecretID", givenSecret);
        var accessor =
                givenAccessor.isEmpty()
                        ? UUID.randomUUID().toString()
                        : AclTokenReader.uuid("AccessorID", givenAccessor);
        if (store.now().acl().token(accessor).isPresent()) {
            throw bad("Invalid Token: AccessorID is already in use");
        }
        var now = clock.instant();
        return write(
                new AclTokenRecord(
                        accessor,
                        Sha256.hex(secret),
                        AclPolicyResource.description(body),
                        reader.policies(body),
                        reader.services(body),
                        reader.nodes(body),
                        body.flag("Local"),
                        now,
                        AclTokenReader.expiry(body, now),
                        Optional.empty(),
                        0,
                        0),
                secret);
    }

    private ApiAnswer write(AclTokenRecord token, Secret secret) throws RefusedRequestException {
        writes.apply(
                new StoreCommand.PutAclToken(token, clock.instant()),
                "token '" + token.accessor() + "' written");
        return made(token.accessor(), secret);
    }

    ApiAnswer update(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var before = known(request.part("accessor"));
        var body = AclTokenReader.body(request);
        var accessor = body.text("AccessorID");
        if (!accessor.isEmpty() && !accessor.equalsIgnoreCase(before.accessor())) {
            throw bad("Token Accessor ID in URL and payload do not match");
        }
        if (!body.text("AuthMethod").isEmpty()
                && !body.text("AuthMethod").equals(before.authMethod())) {
            throw bad("Cannot change AuthMethod of an existing token");
        }
        var secret = body.text("SecretID");
        if (!List.of("", HIDDEN).contains(secret)
                && !Sha256.hex(new Secret(secret.toLowerCase(Locale.ROOT)))
                        .equals(before.secretHash())) {
            throw bad("Changing a tokens SecretID is not permitted");
        }
        if (!body.duration("ExpirationTTL").isEmpty()
                || !body.text("ExpirationTime").isEmpty()
                        && !Optional.of(AclTokenReader.instant(body.text("ExpirationTime")))
                                .equals(before.expiresAt())) {
            throw bad("Cannot change expiration time of an existing token");
        }
        return write(
                new AclTokenRecord(
                        before.accessor(),
                        before.secretHash(),
                        AclPolicyResource.description(body),
                        reader.policies(body),
                        reader.services(body),
                        reader.nodes(body),
                        body.has("Local") ? body.flag("Local") : before.local(),
                        before.createdAt(),
                        before.expiresAt(),
                        before.login(),
                        before.createIndex(),
                        0),
                new Secret(HIDDEN));
    }

    /// Another token that may do the same.
    ApiAnswer copy(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var before = known(request.part("accessor"));
        if (before.accessor().equals(Access.ANONYMOUS)) {
            throw bad("Cannot clone the anonymous token");
        }
        if (!before.authMethod().isEmpty()) {
            // it would outlive whoever has logged in
            throw bad("Cannot clone a token created from an auth method");
        }
        var description =
                request.body().isBlank()
                        ? ""
                        : AclPolicyResource.description(
                                JsonFields.read(request.body(), "Token decoding failed"));
        var secret = random();
        return write(
                new AclTokenRecord(
                        UUID.randomUUID().toString(),
                        Sha256.hex(secret),
                        description.isEmpty() ? before.description() : description,
                        before.policyIds(),
                        before.services(),
                        before.nodes(),
                        before.local(),
                        clock.instant(),
                        before.expiresAt(),
                        Optional.empty(),
                        0,
                        0),
                secret);
    }

    ApiAnswer delete(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var accessor = request.part("accessor").toLowerCase(Locale.ROOT);
        if (accessor.equals(Access.ANONYMOUS)) {
            throw bad("Delete operation not permitted on the anonymous token");
        }
        if (accessor.equals(request.caller().access().accessor())) {
            throw bad("Deletion of the request's authorization token is not permitted");
        }
        writes.apply(
                new StoreCommand.RemoveAclToken(accessor),
                "token '" + shown(accessor) + "' deleted");
        return ApiAnswer.TRUE;
    }

    private AclTokenRecord known(String accessor) throws RefusedRequestException {
        return live(store.now().acl(), accessor.toLowerCase(Locale.ROOT))
                .orElseThrow(() -> new RefusedRequestException(404, NONE));
    }

    private Optional<AclTokenRecord> live(AclState acl, String accessor) {
        return acl.token(accessor).filter(token -> !token.isExpired(clock.instant()));
    }

    /// What the caller shows, with the secret by which he has just shown it.
    ApiAnswer self(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var secret = request.caller().shown().map(Secret::value).orElse(HIDDEN);
        return live(store.now().acl(), request.caller().access().accessor())
                .map(token -> ApiAnswer.json(json(token, secret)))
                .orElseThrow(() -> new RefusedRequestException(403, Doorkeeper.NO_TOKEN));
    }

    ApiAnswer read(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var accessor = request.part("accessor").toLowerCase(Locale.ROOT);
        return reads.read(
                request,
                Scope.CONFIG,
                () ->
                        live(store.now().acl(), accessor)
                                .map(token -> ApiAnswer.json(json(token, HIDDEN)))
                                .orElseGet(() -> ApiAnswer.text(404, NONE)));
    }

    /// All of them, or those that have a policy.
    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var policy = request.parameter("policy").orElse("");
        var service = request.parameter("servicename").orElse("");
        var method = request.parameter("authmethod").orElse("");
        var filter = ListFilters.of(request, AclFilters.TOKEN);
        var ofWhatIsNot = !request.parameter("role").orElse("").isEmpty();
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var acl = store.now().acl();
                    var list = JSON.arrayNode();
                    Stream.concat(
                                    acl.tokens().containsKey(AclTokenRecord.ANONYMOUS_HASH)
                                            ? Stream.empty()
                                            : Stream.of(AclTokenRecord.ANONYMOUS),
                                    acl.tokens().values().stream())
                            .filter(token -> !token.isExpired(clock.instant()))
                            .filter(_ -> !ofWhatIsNot)
                            .filter(token -> method.isEmpty() || token.authMethod().equals(method))
                            .filter(token -> policy.isEmpty() || token.policyIds().contains(policy))
                            .filter(token ->
                                    service.isEmpty() || token.services().contains(service))
                            .sorted(Comparator.comparing(AclTokenRecord::accessor))
                            .map(token -> json(token, HIDDEN))
                            .filter(filter)
                            .forEach(list::add);
                    return ApiAnswer.json(list);
                });
    }

    private ObjectNode json(AclTokenRecord token, String secret) {
        var json =
                JSON.objectNode()
                        .put("AccessorID", token.accessor())
                        .put("SecretID", secret)
                        .put("Description", token.description());
        var links = JSON.arrayNode();
        for (var id : token.policyIds()) {
            reader.policies()
                    .filter(policy -> policy.id().equals(id))
                    .findFirst()
                    .ifPresent(
                            policy -> links.addObject().put("ID", id).put("Name", policy.name()));
        }
        json.set("Policies", links);
        if (!token.services().isEmpty()) {
            var services = json.putArray("ServiceIdentities");
            token.services()
                    .forEach(name ->
                            services.addObject().put("ServiceName", name).putNull("Datacenters"));
        }
        if (!token.nodes().isEmpty()) {
            var nodes = json.putArray("NodeIdentities");
            token.nodes()
                    .forEach(name ->
                            nodes.addObject()
                                    .put("NodeName", name)
                                    .put("Datacenter", reader.datacenter()));
        }
        if (!token.authMethod().isEmpty()) {
            json.put("AuthMethod", token.authMethod());
        }
        token.expiresAt().ifPresent(at -> json.put("ExpirationTime", at.toString()));
        return json.put("Local", token.local())
                .put("CreateTime", token.createdAt().toString())
                .put("Hash", hash(token))
                .put("CreateIndex", token.createIndex())
                .put("ModifyIndex", token.modifyIndex());
    }

    /// Another whenever what it may do is.
    private static byte[] hash(AclTokenRecord token) {
        return Sha256.of(
                (token.accessor()
                                + "\n"
                                + token.description()
                                + "\n"
                                + token.policyIds()
                                + token.services()
                                + token.nodes())
                        .getBytes(StandardCharsets.UTF_8));
    }
}
