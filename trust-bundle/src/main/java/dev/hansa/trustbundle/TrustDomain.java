package dev.hansa.trustbundle;

import java.util.Locale;
import java.util.regex.Pattern;

/// A SPIFFE trust domain without scheme: `<cluster id>.consul`, lower-case, at most 255 characters
/// (SPIFFE-ID 2.1). One datacenter is one trust domain.
public record TrustDomain(String name) implements Comparable<TrustDomain> {
    private static final Pattern FORM = Pattern.compile("[a-z0-9]([a-z0-9._-]{0,253}[a-z0-9])?");

    /// @throws IllegalArgumentException when the name is not a trust domain
    public TrustDomain {
        name = name.toLowerCase(Locale.ROOT);
        if (!FORM.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "expected a trust domain of lower-case letters, digits, '.', '-' and '_'; found '"
                            + shown(name)
                            + "'");
        }
    }

    @Override
    public int compareTo(TrustDomain other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }

    /// Hostile names are shown cut, and without characters that would move a terminal's cursor or
    /// turn its text round.
    static String shown(String text) {
        var cut = text.length() > 80 ? text.substring(0, 80) + "…" : text;
        return cut.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
    }
}
