package dev.hansa.trustbundle;

import java.util.regex.Pattern;

/// The name of a datacenter, a DNS label: it stands in SNI names and SPIFFE IDs.
public record Datacenter(String name) {
    private static final Pattern FORM = Pattern.compile("[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?");

    /// @throws IllegalArgumentException when the name is not a datacenter name
    public Datacenter {
        if (!FORM.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "expected a datacenter name of at most 63 lower-case letters, digits, '-' or '_'; found '"
                            + TrustDomain.shown(name)
                            + "'");
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
