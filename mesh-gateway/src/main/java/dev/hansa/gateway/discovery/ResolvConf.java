package dev.hansa.gateway.discovery;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What `resolv.conf` says, as the C library takes it.
///
/// @param nameServers in the order in which they are asked
/// @param searched domains, one of which a short name may be of
/// @param dots a name with fewer is short
record ResolvConf(List<InetSocketAddress> nameServers, List<String> searched, int dots) {
    private static final int PORT = 53;

    /// The C library asks no more.
    private static final int MOST_NAME_SERVERS = 3;

    private static final String DOTS = "ndots:";

    /// The C library's own bound.
    private static final int MOST_DOTS = 15;

    ResolvConf {
        nameServers = List.copyOf(nameServers);
        searched = List.copyOf(searched);
    }

    static ResolvConf read(Path file) throws IOException {
        var nameServers = new ArrayList<InetSocketAddress>();
        var searched = List.<String>of();
        var dots = 1;
        for (var line : Files.readAllLines(file)) {
            var words = List.of(line.strip().split("\\s+"));
            var values = words.subList(1, words.size());
            switch (words.getFirst()) {
                case "nameserver" ->
                        values.stream()
                                .limit(1)
                                .flatMap(ResolvConf::nameServer)
                                .forEach(nameServers::add);
                // the last of both counts
                case "search", "domain" -> searched = values;
                case "options" -> dots = dots(values, dots);
                default -> {
                    // a comment, or nothing that is of use here
                }
            }
        }
        return new ResolvConf(
                nameServers.stream().limit(MOST_NAME_SERVERS).toList(), searched, dots);
    }

    /// None for what is no address: the others can be asked.
    private static Stream<InetSocketAddress> nameServer(String address) {
        try {
            return Stream.of(new InetSocketAddress(InetAddress.ofLiteral(address), PORT));
        } catch (IllegalArgumentException _) {
            return Stream.empty();
        }
    }

    private static int dots(List<String> options, int otherwise) {
        return options.stream()
                .filter(option -> option.matches(DOTS + "[0-9]{1,4}"))
                .map(option -> Integer.parseInt(option.substring(DOTS.length())))
                .reduce(otherwise, (_, last) -> Math.min(last, MOST_DOTS));
    }

    /// Whole names that it may be, in the order in which they are asked for.
    List<String> names(String host) {
        if (host.endsWith(".")) {
            return List.of(host);
        }
        var itself = Stream.of(host + ".");
        var inDomains =
                searched.stream()
                        // the root, as systemd-resolved has it where there is no domain
                        .filter(domain -> !domain.equals("."))
                        .map(domain -> host + "." + domain + (domain.endsWith(".") ? "" : "."));
        return (host.chars().filter(letter -> letter == '.').count() < dots
                        ? Stream.concat(inDomains, itself)
                        : Stream.concat(itself, inDomains))
                .toList();
    }
}
