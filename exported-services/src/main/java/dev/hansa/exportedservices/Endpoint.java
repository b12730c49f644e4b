package dev.hansa.exportedservices;

import java.util.regex.Pattern;

/// Where something listens: IP address or host name, and port 1 to 65535.
public record Endpoint(String host, int port) {
    /// A host name or IPv4, or IPv6 in brackets with or without a zone.
    private static final Pattern TEXT =
            Pattern.compile(
                    "(?:([A-Za-z0-9._-]{1,253})|\\[([0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,32})?)\\]):([0-9]{1,5})");

    /// @throws IllegalArgumentException when the port is out of range or the host empty
    public Endpoint {
        if (port < 1 || port > 65535 || host.isBlank()) {
            throw new IllegalArgumentException(
                    "expected a host and a port from 1 to 65535; found '"
                            + host
                            + ":"
                            + port
                            + "'");
        }
    }

    /// Whether the host is a name, which has addresses, and is none.
    public boolean isNamed() {
        return !host.contains(":") && !host.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9');
    }

    /// `host:port`, an IPv6 host in brackets.
    @Override
    public String toString() {
        return text(host, port);
    }

    /// The same of any port, 0 included.
    public static String text(String host, int port) {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /// @throws IllegalArgumentException when the text is not `host:port`
    public static Endpoint parse(String text) {
        var match = TEXT.matcher(text);
        try {
            if (!match.matches()) {
                throw new IllegalArgumentException("no host and port");
            }
            var name = match.group(1);
            return new Endpoint(
                    name == null ? match.group(2) : name, Integer.parseInt(match.group(3)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("expected host:port; found '" + text + "'", e);
        }
    }
}
