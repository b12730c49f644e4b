package dev.hansa.peering.login;

import dev.hansa.exportedservices.filter.Filter;
import dev.hansa.exportedservices.filter.InvalidFilterException;
import dev.hansa.peering.store.BindingRuleRecord;
import java.util.ArrayList;
import java.util.List;

/// What somebody who has logged in may have.
public record Binding(BindKind kind, String name) {
    /// Whether a rule can be kept.
    ///
    /// @throws InvalidLoginException when its selector or its name says nothing that these claims
    ///   could be
    public static void check(BindingRuleRecord rule, ClaimMappings claims)
            throws InvalidLoginException {
        if (!rule.selector().isBlank()) {
            selector(rule, claims);
        }
        BindName.read(rule.bindName(), kind(rule), claims.values().values());
    }

    private static BindKind kind(BindingRuleRecord rule) throws InvalidLoginException {
        return BindKind.of(rule.bindType())
                .orElseThrow(() ->
                        new InvalidLoginException(
                                "BindType: expected 'policy', 'service' or 'node'; found what is not there"));
    }

    private static boolean selects(BindingRuleRecord rule, ClaimMappings claims, MappedClaims said)
            throws InvalidLoginException {
        return rule.selector().isBlank() || selector(rule, claims).matches(said);
    }

    private static Filter<MappedClaims> selector(BindingRuleRecord rule, ClaimMappings claims)
            throws InvalidLoginException {
        try {
            return Filter.parse(rule.selector(), claims.fields());
        } catch (InvalidFilterException e) {
            throw new InvalidLoginException("Selector: " + e.sentence());
        }
    }

    /// What each rule that fits gives, once. A rule that fits no more to what its auth method looks
    /// at, since that was changed, gives nothing.
    public static List<Binding> of(
            List<BindingRuleRecord> rules, ClaimMappings claims, MappedClaims said) {
        var bindings = new ArrayList<Binding>();
        for (var rule : rules) {
            try {
                var kind = kind(rule);
                var name = BindName.read(rule.bindName(), kind, claims.values().values());
                if (selects(rule, claims, said)) {
                    name.of(said, kind).ifPresent(one -> bindings.add(new Binding(kind, one)));
                }
            } catch (InvalidLoginException _) {
                // said above
            }
        }
        return bindings.stream().distinct().toList();
    }
}
