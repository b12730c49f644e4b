package dev.hansa.peering.store;

import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.peering.audit.AuditReason;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/// What the commands about tokens and policies do: pure functions, as all of [StateMachine].
final class AclChanges {
    private AclChanges() {}

    /// @param after the same state when nothing has changed
    /// @param reason of the refusal
    record Change(AclState after, Optional<String> refusal, AuditReason reason) {
        static Change to(AclState after) {
            return new Change(after, Optional.empty(), AuditReason.NONE);
        }

        static Change refused(AclState before, AuditReason reason, String sentence) {
            return new Change(before, Optional.of(sentence), reason);
        }
    }

    /// @param command about tokens or policies
    static Change of(AclState before, StoreCommand command, long index) {
        return switch (command) {
            case StoreCommand.BootstrapAcl(var token, var reset) ->
                    bootstrap(before, token, reset, index);
            case StoreCommand.PutAclToken(var token, var now) -> put(before, token, now, index);
            case StoreCommand.RemoveAclToken(var accessor) -> removeToken(before, accessor);
            case StoreCommand.PutAclPolicy(var policy) -> put(before, policy, index);
            case StoreCommand.RemoveAclPolicy(var id) -> removePolicy(before, id);
            default ->
                    throw new IllegalStateException(
                            "no command about tokens or policies: " + command.getClass());
        };
    }

    private static Change bootstrap(
            AclState before, AclTokenRecord token, OptionalLong reset, long index) {
        if (before.bootstrap().isPresent()) {
            var done = before.bootstrap().get().index();
            if (reset.isEmpty() || reset.getAsLong() != done) {
                return Change.refused(
                        before, AuditReason.USED, AclState.bootstrapped(before.bootstrap().get()));
            }
        }
        var refusal = taken(before, token);
        return refusal.isPresent()
                ? Change.refused(before, AuditReason.TAKEN, refusal.get())
                : Change.to(
                        new AclState(
                                with(before, token.indexed(index, index)),
                                before.policies(),
                                Optional.of(new AclBootstrapRecord(index)),
                                before.logins()));
    }

    private static PersistentMap<String, AclTokenRecord> with(
            AclState before, AclTokenRecord token) {
        return PersistentMap.copyOf(before.tokens()).with(token.secretHash(), token);
    }

    private static Optional<String> taken(AclState before, AclTokenRecord token) {
        if (before.tokens().containsKey(token.secretHash())) {
            return Optional.of(
                    "Invalid Token: expected a SecretID that no token has; found one in use");
        }
        return before.token(token.accessor())
                .map(_ ->
                        "Invalid Token: expected an AccessorID that no token has; found '"
                                + token.accessor()
                                + "' in use");
    }

    private static Change put(AclState before, AclTokenRecord token, Instant now, long index) {
        var tokens = before.withoutExpired(now);
        var kept = before.withTokens(tokens);
        var held = kept.token(token.accessor());
        if (token.createIndex() == 0) {
            var refusal = taken(kept, token);
            if (refusal.isPresent()) {
                return Change.refused(before, AuditReason.TAKEN, refusal.get());
            }
        } else if (held.isEmpty() || held.get().createIndex() != token.createIndex()) {
            // deleted since it was read: it must not come back with its secret
            return Change.refused(
                    before,
                    AuditReason.ABSENT,
                    "Invalid Token: expected token '"
                            + token.accessor()
                            + "' as it was read; found it deleted");
        } else if (!held.get().secretHash().equals(token.secretHash())) {
            return Change.refused(
                    before,
                    AuditReason.WRONG_SECRET,
                    "Invalid Token: expected the SecretID of token '"
                            + token.accessor()
                            + "', which cannot be changed; found another");
        }
        var crowd =
                tokens.containsKey(token.secretHash())
                        ? Optional.<Change>empty()
                        : token.login()
                                .map(login -> crowd(before, kept, login))
                                .orElseGet(() -> crowd(before, kept));
        if (crowd.isPresent()) {
            return crowd.get();
        }
        var written = token.indexed(held.map(AclTokenRecord::createIndex).orElse(index), index);
        return Change.to(kept.withTokens(with(kept, written)));
    }

    /// Why there must be no further token of operators; empty when there may.
    private static Optional<Change> crowd(AclState before, AclState kept) {
        return kept.tokens().values().stream().filter(one -> one.login().isEmpty()).count()
                        < AclTokenRecord.MOST
                ? Optional.empty()
                : Optional.of(
                        Change.refused(
                                before,
                                AuditReason.CROWDED,
                                "expected at most "
                                        + AclTokenRecord.MOST
                                        + " tokens; found as many: delete some first"));
    }

    /// Why a login must not have a token; empty when it may. What was looked at by a method that is
    /// another by now is not believed.
    private static Optional<Change> crowd(
            AclState before, AclState kept, AclTokenRecord.Login login) {
        var method = kept.logins().methods().get(login.method());
        if (method == null || method.modifyIndex() != login.methodIndex()) {
            return Optional.of(
                    Change.refused(
                            before,
                            AuditReason.STALE,
                            "auth method '"
                                    + login.method()
                                    + "': expected it as it was when the login began; found it "
                                    + (method == null ? "deleted" : "changed: try again")));
        }
        var all = 0;
        var ofMethod = 0;
        var ofSubject = 0;
        for (var token : kept.tokens().values()) {
            if (token.login().isPresent()) {
                var other = token.login().get();
                var isOfMethod = other.method().equals(login.method());
                all++;
                ofMethod += isOfMethod ? 1 : 0;
                ofSubject += isOfMethod && other.subject().equals(login.subject()) ? 1 : 0;
            }
        }
        if (ofSubject >= AclTokenRecord.MOST_OF_A_SUBJECT) {
            return full(before, AclTokenRecord.MOST_OF_A_SUBJECT, " of one subject");
        }
        if (ofMethod >= AclTokenRecord.MOST_OF_A_METHOD) {
            return full(before, AclTokenRecord.MOST_OF_A_METHOD, " of one auth method");
        }
        return all >= AclTokenRecord.MOST_OF_LOGINS
                ? full(before, AclTokenRecord.MOST_OF_LOGINS, "")
                : Optional.empty();
    }

    private static Optional<Change> full(AclState before, int most, String whose) {
        return Optional.of(
                Change.refused(
                        before,
                        AuditReason.CROWDED,
                        AclTokenRecord.FULL
                                + most
                                + " tokens of logins"
                                + whose
                                + "; found as many: wait until some end (MaxTokenTTL), or log out"));
    }

    private static Change removeToken(AclState before, String accessor) {
        return before.tokens().values().stream()
                .filter(token -> token.accessor().equals(accessor))
                .findFirst()
                .map(token ->
                        Change.to(
                                before.withTokens(
                                        PersistentMap.copyOf(before.tokens())
                                                .without(token.secretHash()))))
                .orElseGet(() -> Change.to(before));
    }

    private static Change put(AclState before, AclPolicyRecord policy, long index) {
        var held = before.policies().get(policy.id());
        if (policy.createIndex() != (held == null ? 0 : held.createIndex())) {
            return Change.refused(
                    before,
                    AuditReason.STALE,
                    "Invalid Policy: expected policy '"
                            + policy.id()
                            + "' as it was read; found "
                            + (held == null ? "it deleted" : "another"));
        }
        for (var other : before.policies().values()) {
            if (other.name().equals(policy.name()) && !other.id().equals(policy.id())) {
                return Change.refused(
                        before,
                        AuditReason.TAKEN,
                        "Invalid Policy: A Policy with Name \""
                                + policy.name()
                                + "\" already exists");
            }
        }
        if (held == null && before.policies().size() >= AclPolicyRecord.MOST) {
            return Change.refused(
                    before,
                    AuditReason.CROWDED,
                    "expected at most "
                            + AclPolicyRecord.MOST
                            + " policies; found as many: delete some first");
        }
        return Change.to(
                before.withPolicies(
                        PersistentMap.copyOf(before.policies())
                                .with(
                                        policy.id(),
                                        policy.indexed(
                                                held == null ? index : held.createIndex(),
                                                index))));
    }

    private static Change removePolicy(AclState before, String id) {
        return before.policies().containsKey(id)
                ? Change.to(
                        before.withPolicies(PersistentMap.copyOf(before.policies()).without(id)))
                : Change.to(before);
    }
}
