package dev.hansa.peering.acl;

import dev.hansa.bootstrap.Secret;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.peering.store.AclState;
import dev.hansa.peering.store.AclTokenRecord;
import dev.hansa.peering.store.Store;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Turns what a caller shows into what he may do.
public final class AccessControl {
    private final AccessSettings settings;
    private final Store store;
    private final Clock clock;
    private volatile Compiled compiled;

    public AccessControl(AccessSettings settings, Store store, Clock clock) {
        this.settings = settings;
        this.store = store;
        this.clock = clock;
        this.compiled = new Compiled(store.now().acl(), new ConcurrentHashMap<>());
    }

    /// What was found out of tokens and policies since they changed last.
    ///
    /// @param byHash grows with the tokens that are used: there are no more than stored ones
    private record Compiled(AclState of, Map<String, Access> byHash) {}

    /// What servers of one datacenter must agree about: `off`, `deny` or `allow`.
    public String mode() {
        return !settings.enabled() ? "off" : settings.defaultAllow() ? "allow" : "deny";
    }

    public boolean enabled() {
        return settings.enabled();
    }

    /// Whether the first token was made, without which nobody shows one.
    public boolean isBootstrapped() {
        return store.now().acl().bootstrap().isPresent();
    }

    /// Whether what no rule speaks of is allowed.
    public boolean defaultAllow() {
        return !settings.enabled() || settings.defaultAllow();
    }

    /// @param shown empty: the caller shows no token
    /// @return empty when there is no such token, or not any more
    public Optional<Access> access(Optional<Secret> shown) {
        if (!settings.enabled()) {
            return Optional.of(Access.EVERYTHING);
        }
        var acl = store.now().acl();
        var hash = shown.map(Sha256::hex).orElse(AclTokenRecord.ANONYMOUS_HASH);
        var token =
                Optional.ofNullable(acl.tokens().get(hash))
                        .or(() ->
                                hash.equals(AclTokenRecord.ANONYMOUS_HASH)
                                        ? Optional.of(AclTokenRecord.ANONYMOUS)
                                        : Optional.empty());
        return token.filter(found -> !found.isExpired(clock.instant()))
                .map(found -> of(acl).byHash().computeIfAbsent(hash, _ -> compile(acl, found)));
    }

    private Compiled of(AclState acl) {
        var now = compiled;
        if (!now.of().isSame(acl)) {
            now = new Compiled(acl, new ConcurrentHashMap<>());
            compiled = now;
        }
        return now;
    }

    private Access compile(AclState acl, AclTokenRecord token) {
        var otherwise = settings.defaultAllow() ? Level.WRITE : Level.DENY;
        var rules = new ArrayList<Rules>();
        for (var id : token.policyIds()) {
            // a policy that was deleted meanwhile says nothing
            var policy =
                    BuiltInPolicies.byId(id).or(() -> Optional.ofNullable(acl.policies().get(id)));
            try {
                rules.add(policy.isEmpty() ? Rules.NONE : RulesReader.read(policy.get().rules()));
            } catch (InvalidRulesException _) {
                // they are read before they are written, so a newer version has written them; what
                // they say might be a denial
                return new Access(token.accessor(), Rules.NONE, Level.DENY);
            }
        }
        token.services().forEach(name -> rules.add(Rules.ofService(name)));
        token.nodes().forEach(name -> rules.add(Rules.ofNode(name)));
        return new Access(token.accessor(), Rules.merged(rules), otherwise);
    }

    /// Why rules cannot be kept; empty when they can.
    public static Optional<String> fault(String rules) {
        try {
            RulesReader.read(rules);
            return Optional.empty();
        } catch (InvalidRulesException e) {
            return Optional.of(e.sentence());
        }
    }
}
