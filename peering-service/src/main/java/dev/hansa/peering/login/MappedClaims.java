package dev.hansa.peering.login;

import java.util.List;
import java.util.Map;

/// What of a token's claims an auth method looks at, under the names that it gives them.
///
/// @param values empty where the token does not say it
public record MappedClaims(Map<String, String> values, Map<String, List<String>> lists) {
    public MappedClaims {
        values = Map.copyOf(values);
        lists = Map.copyOf(lists);
    }
}
