package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.BuiltInPolicies;
import dev.hansa.peering.audit.Author;
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
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// `/v1/acl/login` and `logout`: a token of somebody else's for one of ours, for as long as it is
/// good. What is shown to log in with is in no answer, no event and no record.
final class LoginResource {
    /// Whose signatures are checked, which takes the processor a millisecond or some; strangers may
    /// ask. Nobody waits here.
    private static final int MOST_AT_ONCE = 32;

    /// What is said of a login in its token's description.
    private static final int MAX_META = 1024;

    /// Where the method sets none: a day's work. An issuer may give its tokens a year.
    static final Duration LIFE = Duration.ofHours(24);

    private final AclWrites writes;
    private final AclTokenResource tokens;
    private final KeySource keys;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;
    private final Semaphore atOnce = new Semaphore(MOST_AT_ONCE);

    /// By name; no more than methods that there are, or were.
    private final Map<String, Parsed> parsed = new ConcurrentHashMap<>();

    private record Parsed(AuthMethodRecord method, AuthMethodConfig config) {}

    /// Somebody who wants to come in.
    private record Attempt(
            AuthMethodRecord method, AuthMethodConfig config, String bearer, String source) {}

    /// @param keys of issuers that publish them
    LoginResource(AclWrites writes, AclTokenResource tokens, KeySource keys, Clock clock) {
        this.writes = writes;
        this.tokens = tokens;
        this.keys = keys;
        this.clock = clock;
        this.events = writes.events();
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
        var attempt =
                new Attempt(method, config(method), body.text("BearerToken"), source(request));
        return enter(attempt, claims(attempt), description);
    }

    /// Also where another server has passed the request on, if it could say so.
    private static String source(ApiRequest request) {
        var from = Author.from();
        return from.isEmpty() ? request.stay().source() : from;
    }

    /// Strangers log in as often as they like: what a method says is read once.
    private AuthMethodConfig config(AuthMethodRecord method) throws RefusedRequestException {
        var known = parsed.get(method.name());
        if (known != null && known.method().equals(method)) {
            return known.config();
        }
        if (parsed.size() >= AuthMethodRecord.MOST) {
            parsed.clear();
        }
        var config = AuthMethodReader.config(method);
        parsed.put(method.name(), new Parsed(method, config));
        return config;
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

    /// @param outcome a word for those who count
    private RefusedRequestException refused(Attempt attempt, String outcome, String sentence) {
        note(attempt, outcome);
        return denied(sentence);
    }

    private void note(Attempt attempt, String outcome) {
        events.accept(
                new PeeringEvent.LoginTried(attempt.method().name(), outcome, attempt.source()));
    }

    private RefusedRequestException refused(Attempt attempt, LoginReading.Rejected rejected) {
        return refused(
                attempt,
                rejected.reason().name().toLowerCase(Locale.ROOT),
                "bearer token: " + rejected.sentence());
    }

    private LoginClaims claims(Attempt attempt)
            throws RefusedRequestException, InterruptedException {
        var fault = LoginTokenReader.fault(attempt.bearer(), attempt.config().terms());
        if (fault.isPresent()) {
            // no issuer is asked for its sake
            throw refused(attempt, fault.get());
        }
        var known = keys(attempt, false);
        var reading = read(attempt, known);
        if (attempt.config().keys() instanceof Keys.Published && isOfAnotherKey(reading)) {
            // an issuer publishes its next key some time before it signs with it, or at that moment
            var newer = keys(attempt, true);
            reading = newer == known ? reading : read(attempt, newer);
        }
        return switch (reading) {
            case LoginReading.Accepted(var claims) -> claims;
            case LoginReading.UnknownKey _ ->
                    throw refused(
                            attempt,
                            "unknown_key",
                            "bearer token: expected one signed with a key of auth method '"
                                    + attempt.method().name()
                                    + "'; found another key");
            case LoginReading.Rejected rejected -> throw refused(attempt, rejected);
        };
    }

    /// Keys need not have names, and issuers use names again.
    private static boolean isOfAnotherKey(LoginReading reading) {
        return switch (reading) {
            case LoginReading.Accepted _ -> false;
            case LoginReading.UnknownKey _ -> true;
            case LoginReading.Rejected(var reason, _) -> reason == LoginReading.Reason.SIGNATURE;
        };
    }

    private LoginKeys keys(Attempt attempt, boolean newer)
            throws RefusedRequestException, InterruptedException {
        try {
            return switch (attempt.config().keys()) {
                case Keys.Pinned(var pinned) -> pinned;
                case Keys.Published(var place) -> keys.keys(place, newer);
            };
        } catch (KeysUnavailableException _) {
            // no verdict: who is refused comes no more, who finds nobody there comes again
            note(attempt, "no_keys");
            throw new RefusedRequestException(
                    503,
                    "login: auth method '"
                            + attempt.method().name()
                            + "': expected its issuer's keys; found none for now: the log of the server that leads says why");
        }
    }

    private LoginReading read(Attempt attempt, LoginKeys known) throws RefusedRequestException {
        if (!atOnce.tryAcquire()) {
            note(attempt, "crowd");
            throw new RefusedRequestException(
                    429,
                    "login: expected at most "
                            + MOST_AT_ONCE
                            + " at once; found as many: try again");
        }
        try {
            return LoginTokenReader.read(
                    attempt.bearer(), known, attempt.config().terms(), clock.instant());
        } finally {
            atOnce.release();
        }
    }

    private ApiAnswer enter(Attempt attempt, LoginClaims claims, String description)
            throws RefusedRequestException {
        var method = attempt.method();
        List<Binding> bindings;
        try {
            bindings =
                    Binding.of(
                            writes.store().now().acl().logins().rulesOf(method.name()),
                            attempt.config().claims(),
                            attempt.config().claims().of(claims));
        } catch (InvalidLoginException e) {
            throw refused(attempt, "claims", "bearer token: " + e.sentence());
        }
        var policies = policies(bindings);
        var services = names(bindings, BindKind.SERVICE);
        var nodes = names(bindings, BindKind.NODE);
        if (policies.isEmpty() && services.isEmpty() && nodes.isEmpty()) {
            throw refused(
                    attempt,
                    "no_rule",
                    "expected a binding rule of auth method '"
                            + method.name()
                            + "' that gives something to whoever has this token; found none");
        }
        var accessor = UUID.randomUUID().toString();
        var secret = AclTokenResource.random();
        var now = clock.instant();
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
                                Optional.of(end(attempt, claims, now)),
                                Optional.of(
                                        new AclTokenRecord.Login(
                                                method.name(),
                                                method.modifyIndex(),
                                                Sha256.hex(
                                                        claims.subject()
                                                                .getBytes(
                                                                        StandardCharsets.UTF_8)))),
                                0,
                                0),
                        now),
                "token '"
                        + accessor
                        + "' made for '"
                        + shown(claims.subject(), 200)
                        + "', who has logged in by auth method '"
                        + method.name()
                        + "'",
                reason -> notKept(attempt, reason));
        note(attempt, "accepted");
        return tokens.made(accessor, secret);
    }

    /// The store's reason, with a status by which clients know whether to try again.
    private RefusedRequestException notKept(Attempt attempt, String reason) {
        if (reason.startsWith(AclTokenRecord.FULL)) {
            note(attempt, "crowd");
            return new RefusedRequestException(429, "login: " + reason);
        }
        // of the method or a policy, since it was read
        note(attempt, "changed");
        return new RefusedRequestException(503, "login: " + reason + ": try again");
    }

    /// The token ends with the one that it was made for, however long others may live.
    private static Instant end(Attempt attempt, LoginClaims claims, Instant now) {
        // one that has ended by our clock, and is good by its leeway, ends with that
        var end =
                claims.expiresAt().isAfter(now)
                        ? claims.expiresAt()
                        : claims.expiresAt().plus(attempt.config().terms().expirationLeeway());
        var life = attempt.method().longestLife();
        var longest = now.plus(life.isZero() ? LIFE : life);
        return end.isBefore(longest) ? end : longest;
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
