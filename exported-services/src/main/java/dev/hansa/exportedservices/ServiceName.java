package dev.hansa.exportedservices;

import dev.hansa.bootstrap.ForeignText;
import java.util.regex.Pattern;

/// The name of a mesh service: a DNS label, because it stands in SNI names.
public record ServiceName(String value) implements Comparable<ServiceName> {
    private static final Pattern FORM = Pattern.compile("[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?");

    /// Names that end so belong to proxies, those that have joined and those that are made up for
    /// peers; nobody may register another service under one.
    public static final String SIDECAR_SUFFIX = "-sidecar-proxy";

    /// @throws IllegalArgumentException when the name has illegal characters or length
    public ServiceName {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "invalid service name: expected 1 to 63 lower-case letters, digits, '-' or '_', beginning and ending"
                            + " with a letter or digit; found '"
                            + ForeignText.shown(value)
                            + "'");
        }
    }

    /// `<name>-sidecar-proxy`, the name under which the gateways of an exported service travel.
    public String sidecar() {
        return value + SIDECAR_SUFFIX;
    }

    @Override
    public int compareTo(ServiceName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
