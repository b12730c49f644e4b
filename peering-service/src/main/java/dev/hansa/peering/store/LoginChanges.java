package dev.hansa.peering.store;

import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.peering.audit.AuditReason;
import dev.hansa.peering.store.AclChanges.Change;
import java.time.Instant;
import java.util.HashMap;

/// What the commands about auth methods and binding rules do, and what ends a login's token: pure
/// functions, as all of [StateMachine].
final class LoginChanges {
    private LoginChanges() {}

    /// @param command about logins
    static Change of(AclState before, StoreCommand command, long index) {
        return switch (command) {
            case StoreCommand.PutAuthMethod(var method) -> put(before, method, index);
            case StoreCommand.RemoveAuthMethod(var name) -> removeMethod(before, name);
            case StoreCommand.PutBindingRule(var rule) -> put(before, rule, index);
            case StoreCommand.RemoveBindingRule(var id) -> removeRule(before, id);
            case StoreCommand.ForgetExpiredTokens(var now) -> forget(before, now);
            default ->
                    throw new IllegalStateException(
                            "no command about logins: " + command.getClass());
        };
    }

    private static Change put(AclState before, AuthMethodRecord method, long index) {
        var logins = before.logins();
        var held = logins.methods().get(method.name());
        if (method.createIndex() != (held == null ? 0 : held.createIndex())) {
            return Change.refused(
                    before,
                    AuditReason.STALE,
                    "Invalid Auth Method: expected auth method '"
                            + method.name()
                            + "' as it was read; found "
                            + (held == null ? "it deleted" : "another"));
        }
        if (held == null && logins.methods().size() >= AuthMethodRecord.MOST) {
            return Change.refused(
                    before,
                    AuditReason.CROWDED,
                    "expected at most "
                            + AuthMethodRecord.MOST
                            + " auth methods; found as many: delete some first");
        }
        var written = method.indexed(held == null ? index : held.createIndex(), index);
        return Change.to(
                before.with(
                        new LoginState(
                                PersistentMap.copyOf(logins.methods()).with(method.name(), written),
                                logins.rules())));
    }

    /// Its rules and the tokens that were made by it go with it: another of its name may believe
    /// others.
    private static Change removeMethod(AclState before, String name) {
        var logins = before.logins();
        if (!logins.methods().containsKey(name)) {
            return Change.to(before);
        }
        var rules = new HashMap<>(logins.rules());
        rules.values().removeIf(rule -> rule.method().equals(name));
        var tokens = PersistentMap.copyOf(before.tokens());
        for (var token : before.tokens().values()) {
            if (token.authMethod().equals(name)) {
                tokens = tokens.without(token.secretHash());
            }
        }
        return Change.to(
                before.withTokens(tokens)
                        .with(
                                new LoginState(
                                        PersistentMap.copyOf(logins.methods()).without(name),
                                        rules)));
    }

    private static Change put(AclState before, BindingRuleRecord rule, long index) {
        var logins = before.logins();
        var held = logins.rules().get(rule.id());
        if (rule.createIndex() != (held == null ? 0 : held.createIndex())) {
            return Change.refused(
                    before,
                    AuditReason.STALE,
                    "Invalid Binding Rule: expected binding rule '"
                            + rule.id()
                            + "' as it was read; found "
                            + (held == null ? "it deleted" : "another"));
        }
        if (!logins.methods().containsKey(rule.method())) {
            return Change.refused(
                    before,
                    AuditReason.ABSENT,
                    "Invalid Binding Rule: expected an auth method named '"
                            + rule.method()
                            + "'; found none");
        }
        if (held == null && logins.rules().size() >= BindingRuleRecord.MOST) {
            return Change.refused(
                    before,
                    AuditReason.CROWDED,
                    "expected at most "
                            + BindingRuleRecord.MOST
                            + " binding rules; found as many: delete some first");
        }
        var written = rule.indexed(held == null ? index : held.createIndex(), index);
        return Change.to(
                before.with(
                        new LoginState(
                                logins.methods(),
                                PersistentMap.copyOf(logins.rules()).with(rule.id(), written))));
    }

    private static Change removeRule(AclState before, String id) {
        var logins = before.logins();
        return logins.rules().containsKey(id)
                ? Change.to(
                        before.with(
                                new LoginState(
                                        logins.methods(),
                                        PersistentMap.copyOf(logins.rules()).without(id))))
                : Change.to(before);
    }

    private static Change forget(AclState before, Instant now) {
        var tokens = before.withoutExpired(now);
        return Change.to(
                tokens.size() == before.tokens().size() ? before : before.withTokens(tokens));
    }
}
