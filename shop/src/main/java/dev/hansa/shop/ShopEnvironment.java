package dev.hansa.shop;

import java.net.InetSocketAddress;
import java.util.Map;

/// What a shop service is told by its environment, as Online Boutique's services are: where it
/// listens, where its upstreams are, and the name of its datacenter.
record ShopEnvironment(Map<String, String> variables) {
    ShopEnvironment {
        variables = Map.copyOf(variables);
    }

    /// The name that every answer carries.
    String datacenter() {
        return variables.getOrDefault("DATACENTER", "unknown");
    }

    /// Loopback unless told otherwise: the application is reached through its sidecar only.
    InetSocketAddress listen(int port) {
        var host = variables.getOrDefault("LISTEN_HOST", "127.0.0.1");
        return new InetSocketAddress(
                host, port("PORT", variables.getOrDefault("PORT", Integer.toString(port))));
    }

    InetSocketAddress upstream(String variable, String fallback) {
        var text = variables.getOrDefault(variable, fallback);
        var colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new InvalidEnvironment(
                    variable
                            + ": expected an address such as 127.0.0.1:7070; found '"
                            + text
                            + "'");
        }
        return new InetSocketAddress(
                text.substring(0, colon), port(variable, text.substring(colon + 1)));
    }

    String required(String variable, String meaning) {
        var text = variables.getOrDefault(variable, "");
        if (text.isBlank()) {
            throw new InvalidEnvironment(
                    variable
                            + ": expected "
                            + meaning
                            + "; found nothing (set the environment variable)");
        }
        return text;
    }

    private static int port(String variable, String text) {
        try {
            var port = Integer.parseInt(text);
            if (port >= 0 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw new InvalidEnvironment(
                    variable + ": expected a port number; found '" + text + "'", e);
        }
        throw new InvalidEnvironment(variable + ": expected a port number; found '" + text + "'");
    }

    /// A variable is missing or makes no sense; the message is for the operator.
    static final class InvalidEnvironment extends RuntimeException {
        private static final long serialVersionUID = 1;

        InvalidEnvironment(String message) {
            super(message);
        }

        InvalidEnvironment(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
