package dev.hansa.peering.store;

import dev.hansa.bootstrap.PersistentMap;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// How people and programs log in.
///
/// @param methods by name
/// @param rules by id
public record LoginState(
        Map<String, AuthMethodRecord> methods, Map<String, BindingRuleRecord> rules) {
    public static final LoginState NONE = new LoginState(Map.of(), Map.of());

    public LoginState {
        methods = PersistentMap.copyOf(methods);
        rules = PersistentMap.copyOf(rules);
    }

    /// The rules of a method, always in the same order.
    public List<BindingRuleRecord> rulesOf(String method) {
        return rules.values().stream()
                .filter(rule -> rule.method().equals(method))
                .sorted(Comparator.comparing(BindingRuleRecord::id))
                .toList();
    }
}
