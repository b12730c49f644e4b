package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.peering.acl.BuiltInPolicies;
import dev.hansa.peering.login.AuthMethodConfig;
import dev.hansa.peering.login.AuthMethodConfig.Keys;
import dev.hansa.peering.login.BindKind;
import dev.hansa.peering.login.Binding;
import dev.hansa.peering.login.InvalidLoginException;
import dev.hansa.peering.login.KeySource;
import dev.hansa.peering.login.KeysUnavailableException;
import dev.hansa.peering.store.AclPolicyRecord;
import dev.hansa.peering.store.AclTokenRecord;
import dev.hansa.peering.store.AuthMethodRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.token.login.LoginClaims;
import dev.hansa.token.login.LoginKeys;
import dev.hansa.token.login.LoginReading;
import dev.hansa.token.login.LoginTokenReader;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/// `/v1/acl/login` and `logout`: a token of somebody else's for one of ours, for as long as it is
/// good. What is shown to log in with is in no answer, no event and no record.
final class LoginResource {
    /// Each may wait for an issuer's keys, and strangers may ask.
    private static final int MOST_AT_ONCE = 32;

    /// What is said of a login in its token's description.
    private static final int MAX_META = 1024;

    private final AclWrites writes;
    private final AclTokenResource tokens;
    private final KeySource keys;
    private final Clock clock;
    private final Semaphore atOnce = new Semaphore(MOST_AT_ONCE);

    /// @param keys of issuers that publish them
    LoginResource(AclWrites writes, AclTokenResource tokens, KeySource keys, Clock clock) {
        this.writes = writes;
        this.tokens = tokens;
        this.keys = keys;
        this.clock = clock;
    }

    ApiAnswer login(ApiRequest request) throws RefusedRequestException, InterruptedException {
        writes.requireEnabled();
        var body =
                JsonFields.read(request.body(), "Failed to decode request body")
                        .only(
                                List.of(
                                        "AuthMethod",
                                        "BearerToken",
                                        "Meta",
                                        "Namespace",
                                        "Partition",
                                        "Datacenter"));
        var description = description(body);
        var name = body.text("AuthMethod");
        var method = writes.store().now().acl().logins().methods().get(name);
        if (method == null) {
            throw new RefusedRequestException(
                    403, "ACL not found: auth method \"" + shown(name) + "\" not found");
        }
        if (!atOnce.tryAcquire()) {
            throw new RefusedRequestException(
                    429,
                    "login: expected at most "
                            + MOST_AT_ONCE
                            + " at once; found as many: try again");
        }
        try {
            var config = AuthMethodReader.config(method);
            var now = clock.instant();
            return enter(
                    method,
                    config,
                    claims(method, config, body.text("BearerToken"), now),
                    description,
                    now);
        } finally {
            atOnce.release();
        }
    }

    private static String description(JsonFields body) throws RefusedRequestException {
        var meta = JsonNodeFactory.instance.objectNode();
        body.map("Meta").forEach(meta::put);
        var text = meta.toString();
        if (text.length() > MAX_META) {
            throw RefusedRequestException.bad(
                    "Meta: expected at most " + MAX_META + " characters; found " + text.length());
        }
        return "token created via login" + (meta.isEmpty() ? "" : ": " + text);
    }

    private static RefusedRequestException denied(String sentence) {
        return Caller.denied("Permission denied: " + sentence);
    }

    private LoginClaims claims(
            AuthMethodRecord method, AuthMethodConfig config, String bearer, Instant now)
            throws RefusedRequestException, InterruptedException {
        var reading = read(method, config, bearer, now, false);
        if (reading instanceof LoginReading.UnknownKey && config.keys() instanceof Keys.Published) {
            // an issuer publishes its next key some time before it signs with it, or at that moment
            reading = read(method, config, bearer, now, true);
        }
        return switch (reading) {
            case LoginReading.Accepted(var claims) -> claims;
            case LoginReading.UnknownKey _ ->
                    throw denied(
                            "bearer token: expected one signed with a key of auth method '"
                                    + method.name()
                                    + "'; found another key");
            case LoginReading.Rejected(_, var sentence) ->
                    throw denied("bearer token: " + sentence);
        };
    }

    private LoginReading read(
            AuthMethodRecord method,
            AuthMethodConfig config,
            String bearer,
            Instant now,
            boolean newer)
            throws RefusedRequestException, InterruptedException {
        if (bearer.length() > LoginTokenReader.MAX_CHARACTERS) {
            // an issuer is not asked for its sake
            throw denied(
                    "bearer token: expected at most "
                            + LoginTokenReader.MAX_CHARACTERS
                            + " characters; found "
                            + bearer.length());
        }
        LoginKeys known;
        try {
            known =
                    switch (config.keys()) {
                        case Keys.Pinned(var pinned) -> pinned;
                        case Keys.Published(var place) -> keys.keys(place, newer);
                    };
        } catch (KeysUnavailableException _) {
            throw denied(
                    "auth method '"
                            + method.name()
                            + "': expected its issuer's keys; found none for now: the log of the server that leads says why");
        }
        return LoginTokenReader.read(bearer, known, config.terms(), now);
    }

    private ApiAnswer enter(
            AuthMethodRecord method,
            AuthMethodConfig config,
            LoginClaims claims,
            String description,
            Instant now)
            throws RefusedRequestException {
        List<Binding> bindings;
        try {
            bindings =
                    Binding.of(
                            writes.store().now().acl().logins().rulesOf(method.name()),
                            config.claims(),
                            config.claims().of(claims));
        } catch (InvalidLoginException e) {
            throw denied("bearer token: " + e.sentence());
        }
        var policies = policies(bindings);
        var services = names(bindings, BindKind.SERVICE);
        var nodes = names(bindings, BindKind.NODE);
        if (policies.isEmpty() && services.isEmpty() && nodes.isEmpty()) {
            throw denied(
                    "expected a binding rule of auth method '"
                            + method.name()
                            + "' that gives something to whoever has this token; found none");
        }
        var accessor = UUID.randomUUID().toString();
        var secret = AclTokenResource.random();
        writes.apply(
                new StoreCommand.PutAclToken(
                        new AclTokenRecord(
                                accessor,
                                Sha256.hex(secret),
                                description,
                                policies,
                                services,
                                nodes,
                                method.locality().equals("local"),
                                now,
                                Optional.of(end(method, config, claims, now)),
                                method.name(),
                                0,
                                0),
                        now),
                "token '"
                        + accessor
                        + "' made for '"
                        + shown(claims.subject(), 200)
                        + "', who has logged in by auth method '"
                        + method.name()
                        + "'");
        return tokens.made(accessor, secret);
    }

    /// The token ends with the one that it was made for, however long others may live.
    private static Instant end(
            AuthMethodRecord method, AuthMethodConfig config, LoginClaims claims, Instant now) {
        // one that has ended by our clock, and is good by its leeway, ends with that
        var end =
                claims.expiresAt().isAfter(now)
                        ? claims.expiresAt()
                        : claims.expiresAt().plus(config.terms().expirationLeeway());
        var longest = now.plus(method.longestLife());
        return method.longestLife().isZero() || end.isBefore(longest) ? end : longest;
    }

    /// Those that there are.
    private List<String> policies(List<Binding> bindings) {
        var wanted = names(bindings, BindKind.POLICY);
        return Stream.concat(
                        BuiltInPolicies.ALL.stream(),
                        writes.store().now().acl().policies().values().stream())
                .filter(policy -> wanted.contains(policy.name()))
                .map(AclPolicyRecord::id)
                .sorted()
                .toList();
    }

    private static List<String> names(List<Binding> bindings, BindKind kind) {
        return bindings.stream()
                .filter(binding -> binding.kind() == kind)
                .map(Binding::name)
                .toList();
    }

    /// Ends the token that the caller shows, if a login has made it.
    ApiAnswer logout(ApiRequest request) throws RefusedRequestException {
        writes.requireEnabled();
        var accessor = request.caller().access().accessor();
        var token = writes.store().now().acl().token(accessor);
        if (token.isEmpty() || token.get().authMethod().isEmpty()) {
            throw denied("expected a token that a login has made; found another");
        }
        writes.apply(
                new StoreCommand.RemoveAclToken(accessor),
                "token '" + accessor + "' ended by whoever had logged in for it");
        return ApiAnswer.TRUE;
    }
}
