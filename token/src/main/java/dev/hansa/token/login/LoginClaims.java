package dev.hansa.token.login;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a token says, its signature and its times having been found good.
///
/// @param expiresAt when it ends by its own word
public record LoginClaims(Map<String, Object> all, Instant expiresAt) {
    private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]{0,5}");

    public LoginClaims {
        all = Collections.unmodifiableMap(new LinkedHashMap<>(all));
    }

    /// Whose it is, as its issuer calls him; empty when it does not say.
    public String subject() {
        return all.get("sub") instanceof String name ? name : "";
    }

    /// A claim by its name, or by a JSON pointer (RFC 6901) when `path` begins with `/`: as
    /// `/kubernetes.io/serviceaccount/name`.
    public Optional<Object> at(String path) {
        if (!path.startsWith("/")) {
            return Optional.ofNullable(all.get(path));
        }
        Object here = all;
        for (var step : path.substring(1).split("/", -1)) {
            var name = step.replace("~1", "/").replace("~0", "~");
            here =
                    switch (here) {
                        case Map<?, ?> map -> map.get(name);
                        case List<?> list
                                when INDEX.matcher(name).matches()
                                        && Integer.parseInt(name) < list.size() ->
                                list.get(Integer.parseInt(name));
                        default -> null;
                    };
            if (here == null) {
                return Optional.empty();
            }
        }
        return Optional.of(here);
    }
}
