package dev.hansa.trustbundle;

import java.util.Locale;
import java.util.regex.Pattern;

/// The name that this datacenter gives to a peer. The two sides of a peering name each other as
/// they like.
public record PeerName(String value) implements Comparable<PeerName> {
    private static final Pattern FORM = Pattern.compile("[a-z0-9]([a-z0-9\\-]{0,61}[a-z0-9])?");

    /// @throws IllegalArgumentException in the words that Consul's clients know
    public PeerName {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    TrustDomain.shown(value)
                            + " is not a valid peer name: a valid peering name must consist of lower case alphanumeric characters"
                            + " or '-', and must start and end with an alphanumeric character");
        }
    }

    /// Reads a name as an operator types it, in any case.
    public static PeerName of(String text) {
        return new PeerName(text.toLowerCase(Locale.ROOT));
    }

    @Override
    public int compareTo(PeerName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
