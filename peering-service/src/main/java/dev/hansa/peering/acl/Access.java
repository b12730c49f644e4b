package dev.hansa.peering.acl;

import java.util.Optional;

/// What one caller may do. Every decision is made here.
public final class Access {
    /// The token of whoever shows none.
    public static final String ANONYMOUS = "00000000-0000-0000-0000-000000000002";

    /// For a server without access control, and for itself.
    public static final Access EVERYTHING =
            new Access("", Rules.everything(Level.WRITE), Level.WRITE);

    /// For a caller who is not known yet.
    public static final Access NOTHING = new Access("", Rules.NONE, Level.DENY);

    /// A rule for all services: who writes it must be allowed to for each of them, who reads it for
    /// any, as in Consul.
    private static final String ANY = "*";

    private final String accessor;
    private final Rules rules;
    private final Level otherwise;

    /// @param accessor the token's public id; empty: there is no access control
    /// @param otherwise what holds where no rule speaks
    Access(String accessor, Rules rules, Level otherwise) {
        this.accessor = accessor;
        this.rules = rules;
        this.otherwise = otherwise;
    }

    /// The token's public id; empty: there is no access control.
    public String accessor() {
        return accessor;
    }

    public boolean allows(Need need) {
        if (need.resource() == Resource.INTENTIONS && need.name().equals(ANY)) {
            var levels = rules.levels(Resource.INTENTIONS, otherwise).stream();
            return need.level() == Level.WRITE
                    ? levels.allMatch(level -> level.allows(Level.WRITE))
                    : levels.anyMatch(level -> level.allows(Level.READ));
        }
        return rules.level(need.resource(), need.name())
                .orElse(otherwise(need))
                .allows(need.level());
    }

    /// Tokens and policies are never open by default: whoever writes them may do everything.
    private Level otherwise(Need need) {
        return need.resource() == Resource.ACL ? Level.DENY : otherwise;
    }

    /// Whether there is nothing at all that it allows.
    public boolean isNothing() {
        return otherwise == Level.DENY && rules.isNothing();
    }

    /// Why something is not allowed, in Consul's words; empty when it is.
    public Optional<String> refusal(Need need) {
        return allows(need) ? Optional.empty() : Optional.of(lacks(need));
    }

    /// The same for what gives away the datacenter's keys: a rule has to allow it, since what holds
    /// where no rule speaks holds for strangers too.
    public Optional<String> refusalWithoutRule(Need need) {
        var isAllowed =
                rules.level(need.resource(), need.name()).orElse(Level.DENY).allows(need.level());
        if (isAllowed) {
            return Optional.empty();
        }
        var lacks = lacks(need);
        return Optional.of(
                allows(need)
                        ? lacks
                                + (lacks.endsWith(".") ? "" : ".")
                                + " Here a rule has to give it: acl.default-policy does not."
                        : lacks);
    }

    private String lacks(Need need) {
        return "Permission denied: "
                + (accessor.equals(ANONYMOUS)
                        ? "anonymous token lacks permission "
                                + need
                                + ". The anonymous token is used implicitly when a request does not specify a token."
                        : "token with AccessorID '" + accessor + "' lacks permission " + need);
    }

    @Override
    public String toString() {
        return "Access[" + accessor + "]";
    }
}
