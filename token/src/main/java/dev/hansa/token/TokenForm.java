package dev.hansa.token;

import java.util.Locale;
import java.util.Optional;

/// How a token is written.
public enum TokenForm {
    /// Consul's with a compact JWS in it, which says who made it, for whom and until when, and
    /// proves it.
    SIGNED,

    /// Consul's base64 of JSON, for peers that know no other; it proves nothing.
    CONSUL;

    /// By its name in lower case, as flags, settings and requests have it.
    public static Optional<TokenForm> named(String name) {
        for (var form : values()) {
            if (form.toString().equals(name)) {
                return Optional.of(form);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
