package dev.hansa.exportedservices;

/// Where something listens: IP address or host name, and port 1 to 65535.
public record Endpoint(String host, int port) {
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

    /// `host:port`, an IPv6 host in brackets.
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /// @throws IllegalArgumentException when the text is not `host:port`
    public static Endpoint parse(String text) {
        var colon = text.lastIndexOf(':');
        var host = colon > 0 ? text.substring(0, colon) : "";
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.contains(":")) {
            host = "";
        }
        try {
            return new Endpoint(host, Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("expected host:port; found '" + text + "'", e);
        }
    }
}
