package dev.hansa.kubernetes.inject;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.kubernetes.inject.InjectDecision.Refusal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// A service that the application calls at a port of its own pod.
///
/// @param peer whose service it is; empty: this datacenter's
/// @param port on 127.0.0.1
record Upstream(String service, Optional<String> peer, int port) {
    /// Environment variables, listeners and arguments grow with each.
    private static final int MOST = 128;

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?");

    /// What Consul has one of only, and we too.
    private static final String DEFAULT = "default";

    private static final String GRAMMAR =
            "service:port, service.svc:port or service.svc.PEER.peer:port";

    /// As a sidecar's setting has it.
    String setting() {
        return service + peer.map(name -> ".svc." + name + ".peer").orElse("") + ":" + port;
    }

    /// The beginning of the variables by which an application finds it.
    String variable() {
        return service.toUpperCase(Locale.ROOT).replace('-', '_') + "_CONNECT_SERVICE_";
    }

    /// The annotation `connect-service-upstreams`: Consul's grammar as far as it has a meaning
    /// without WAN federation, prepared queries, namespaces and partitions; each of those is
    /// refused by its name.
    static List<Upstream> parse(String text) throws RefusedPodException {
        var all = new ArrayList<Upstream>();
        Map<Integer, String> ports = new HashMap<>();
        for (var part : text.split(",")) {
            var one = part.strip();
            if (one.isEmpty()) {
                continue;
            }
            var upstream = one(one);
            var before = ports.put(upstream.port(), one);
            if (before != null) {
                throw new RefusedPodException(
                        Refusal.PORT_TAKEN,
                        "upstream '"
                                + ForeignText.shown(one)
                                + "': expected a port of its own; found that of '"
                                + ForeignText.shown(before)
                                + "'");
            }
            all.add(upstream);
        }
        if (all.size() > MOST) {
            throw refused(text, "at most " + MOST + " upstreams", all.size() + " of them");
        }
        return all;
    }

    private static Upstream one(String text) throws RefusedPodException {
        if (text.startsWith("prepared_query:")) {
            throw refused(text, GRAMMAR, "a prepared query, which there are none of");
        }
        var parts = text.split(":", -1);
        if (parts.length == 3) {
            throw refused(
                    text,
                    GRAMMAR,
                    "a datacenter behind the port; datacenters are reached as peers, by service.svc.PEER.peer:port");
        }
        if (parts.length != 2) {
            throw refused(text, GRAMMAR, "no port");
        }
        var port = port(text, parts[1]);
        var labels = parts[0].split("\\.", -1);
        var service = name(text, labels[0]);
        if (labels.length == 1) {
            return new Upstream(service, Optional.empty(), port);
        }
        if (!labels[1].equals("svc") || labels.length % 2 != 0) {
            throw refused(text, GRAMMAR, "other labels");
        }
        Optional<String> peer = Optional.empty();
        for (var i = 2; i < labels.length; i += 2) {
            var value = labels[i];
            switch (labels[i + 1]) {
                case "peer" -> {
                    if (peer.isPresent()) {
                        throw refused(text, GRAMMAR, "two peers");
                    }
                    peer = Optional.of(name(text, value));
                }
                case "ns", "ap" -> {
                    if (!value.equals(DEFAULT)) {
                        throw refused(
                                text,
                                GRAMMAR,
                                "a namespace or partition, of which there is 'default' alone");
                    }
                }
                case "dc" ->
                        throw refused(
                                text,
                                GRAMMAR,
                                "a datacenter; datacenters are reached as peers, by service.svc.PEER.peer:port");
                default -> throw refused(text, GRAMMAR, "other labels");
            }
        }
        return new Upstream(service, peer, port);
    }

    private static String name(String text, String name) throws RefusedPodException {
        if (!NAME.matcher(name).matches()) {
            throw refused(
                    text,
                    "names of 1 to 63 lower-case letters, digits, '-' or '_'",
                    "'" + ForeignText.shown(name) + "'");
        }
        return name;
    }

    private static int port(String text, String digits) throws RefusedPodException {
        try {
            var port = Integer.parseInt(digits);
            if (port >= 1 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw refused(text, "a port from 1 to 65535", "'" + ForeignText.shown(digits) + "'");
    }

    private static RefusedPodException refused(String text, String expected, String found) {
        return new RefusedPodException(
                Refusal.BAD_UPSTREAM,
                "upstream '"
                        + ForeignText.shown(text)
                        + "': expected "
                        + expected
                        + "; found "
                        + found);
    }
}
