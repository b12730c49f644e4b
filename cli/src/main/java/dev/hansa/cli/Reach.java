package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.cli.Finding.Check;
import dev.hansa.cli.Finding.Sheet;
import dev.hansa.exportedservices.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/// Whether peers come to our gateways, by what the catalog tells of them and by trying, and whether
/// we come to theirs, by what they tell.
final class Reach {
    private final Chart chart;
    private final Sheet sheet;
    private final Network network;

    /// What this machine sees of others.
    record Network(Resolver resolver, Dialer dialer) {
        static Network ofMachine() {
            return new Network(Resolver.ofMachine(), Dialer.ofMachine());
        }

        /// The same, that connects to nobody.
        Network withoutDialing() {
            return new Network(resolver, (_, _) -> {});
        }
    }

    /// A TCP connection that is closed as soon as it stands.
    @FunctionalInterface
    interface Dialer {
        /// A gateway in reach accepts at once; two seconds have room for one SYN that is lost.
        Duration LIMIT = Duration.ofSeconds(2);

        /// @throws IOException when none comes about
        void dial(InetAddress address, int port) throws IOException;

        static Dialer ofMachine() {
            return (address, port) -> {
                try (var socket = new Socket()) {
                    socket.connect(new InetSocketAddress(address, port), (int) LIMIT.toMillis());
                }
            };
        }
    }

    /// A name for several places has some; each that is silent takes two seconds.
    private static final int MOST_ADDRESSES = 4;

    /// Addresses of a host, as this machine sees them.
    @FunctionalInterface
    interface Resolver {
        List<InetAddress> resolve(String host) throws UnknownHostException;

        static Resolver ofMachine() {
            return host -> List.of(InetAddress.getAllByName(host));
        }
    }

    /// From how far an address is reached.
    private enum Scope {
        LOOPBACK,
        PRIVATE,
        PUBLIC;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Scope of(InetAddress address) {
            if (address.isLoopbackAddress()) {
                return LOOPBACK;
            }
            var bytes = address.getAddress();
            var first = bytes[0] & 0xff;
            // RFC 1918 and link-local; RFC 6598, between a carrier and its customers; RFC 4193
            var isPrivate =
                    address.isSiteLocalAddress()
                            || address.isLinkLocalAddress()
                            || bytes.length == 4 && first == 100 && (bytes[1] & 0xc0) == 64
                            || bytes.length == 16 && (first & 0xfe) == 0xfc;
            return isPrivate ? PRIVATE : PUBLIC;
        }
    }

    Reach(Chart chart, Sheet sheet, Network network) {
        this.chart = chart;
        this.sheet = sheet;
        this.network = network;
    }

    void look() throws InterruptedException {
        own();
        Chart.items(chart.at(Chart.TRAFFIC).path("Peers")).forEach(this::ofPeer);
    }

    private void own() throws InterruptedException {
        if (!chart.has(Chart.GATEWAYS)) {
            return;
        }
        var gateways = chart.items(Chart.GATEWAYS).toList();
        if (gateways.isEmpty()) {
            if (!chart.exports().isEmpty()) {
                sheet.error(
                        Check.gateways,
                        "mesh gateways: expected one, since services are exported; found none",
                        "hansa join-token --mesh-gateway --out gateway.token, and start hansa gateway with it");
            }
            return;
        }
        var down = gateways.stream().filter(gateway -> critical(gateway).isPresent()).toList();
        for (var gateway : down) {
            var what =
                    subject(gateway)
                            + "expected to be connected; found '"
                            + critical(gateway).orElse("")
                            + "'"
                            + (down.size() == gateways.size() ? ", and no other is left" : "");
            var mend = "start it again; what it says of itself is at its admin port, /health";
            if (down.size() == gateways.size()) {
                sheet.error(Check.gateways, what, mend);
            } else {
                sheet.warning(Check.gateways, what, mend);
            }
        }
        dial(
                gateways.stream()
                        .filter(this::isWellPlaced)
                        .filter(gateway -> critical(gateway).isEmpty())
                        .toList());
    }

    /// All at once; of those that nothing else is wrong with.
    private void dial(List<JsonNode> gateways) throws InterruptedException {
        var dials = new ArrayList<Callable<Optional<String>>>();
        gateways.forEach(gateway -> dials.add(() -> problem(wan(gateway))));
        // one thread for a gateway is less than the JSON that tells of it
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = threads.invokeAll(dials);
            for (var i = 0; i < gateways.size(); i++) {
                var gateway = gateways.get(i);
                answers.get(i).get().ifPresent(problem -> unreached(gateway, problem));
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private void unreached(JsonNode gateway, String problem) {
        sheet.warning(
                Check.gateways,
                subject(gateway)
                        + "expected a connection from here to its WAN address within "
                        + Dialer.LIMIT.toSeconds()
                        + "s; found "
                        + problem,
                "see whether wan.address leads to where it listens, and which firewall is between; where peers come by another way than this machine, ask from theirs, or with --no-dial");
    }

    /// Empty for one that is reached at one of its addresses at least, and for one without any.
    private Optional<String> problem(JsonNode wan) {
        var host = Chart.text(wan, "Address");
        var port = wan.path("Port").asInt();
        Optional<String> problem = Optional.empty();
        for (var address : addresses(host).stream().limit(MOST_ADDRESSES).toList()) {
            try {
                network.dialer().dial(address, port);
                return Optional.empty();
            } catch (IOException e) {
                problem =
                        Optional.of(
                                "'"
                                        + Endpoint.text(address.getHostAddress(), port)
                                        + ": "
                                        + PlainText.of(String.valueOf(e.getMessage()))
                                        + "'");
            }
        }
        return problem;
    }

    /// What a peer says of its mesh gateways, which our calls to it have to pass.
    private void ofPeer(JsonNode peer) {
        var gateways = Chart.items(peer.path("Gateways")).toList();
        var down = gateways.stream().filter(Reach::isDown).toList();
        if (down.isEmpty()) {
            return;
        }
        var name = Chart.text(peer, "Peer");
        var isLast = down.size() == peer.path("AllGateways").asInt();
        var what =
                "mesh gateways of peer '"
                        + name
                        + "': expected to be passing, as it tells; found "
                        + down.stream()
                                .map(one ->
                                        "'"
                                                + Chart.text(one, "Address")
                                                + "' "
                                                + Chart.text(one, "Status"))
                                .collect(Collectors.joining(", "))
                        + (isLast ? ", and no other is left" : "");
        var mend = "its operator starts them again: hansa doctor in '" + name + "'";
        if (isLast) {
            sheet.error(Check.gateways, what, mend);
        } else {
            sheet.warning(Check.gateways, what, mend);
        }
    }

    private static boolean isDown(JsonNode gateway) {
        return Set.of("critical", "maintenance").contains(Chart.text(gateway, "Status"));
    }

    private static String subject(JsonNode gateway) {
        return "mesh gateway '" + Chart.text(gateway.path("Node"), "Node") + "': ";
    }

    private static Optional<String> critical(JsonNode gateway) {
        return Chart.items(gateway.path("Checks"))
                .filter(check -> Chart.text(check, "Status").equals("critical"))
                .map(check -> Chart.text(check, "Output").strip().replace('\n', ' '))
                .findFirst();
    }

    private static JsonNode wan(JsonNode gateway) {
        return gateway.path("Service").path("TaggedAddresses").path("wan");
    }

    /// Whether it has a WAN address, and peers can come there as far as addresses say it; what is
    /// wrong with it is noted.
    private boolean isWellPlaced(JsonNode gateway) {
        var host = Chart.text(wan(gateway), "Address");
        if (host.isEmpty()) {
            return false;
        }
        var own = scopes(host);
        if (own.isEmpty()) {
            sheet.warning(
                    Check.gateways,
                    subject(gateway)
                            + "expected a WAN address that resolves; found '"
                            + host
                            + "', which does not here",
                    "set wan.address to one that peers resolve");
            return false;
        }
        var least = own.stream().min(Scope::compareTo).orElseThrow();
        var further = furthest().filter(peer -> peer.scope().compareTo(least) > 0);
        if (further.isPresent()) {
            var peer = further.get();
            sheet.error(
                    Check.gateways,
                    subject(gateway)
                            + "expected a WAN address that peer '"
                            + peer.name()
                            + "' at "
                            + peer.host()
                            + " reaches; found '"
                            + host
                            + "', which "
                            + how(host, least),
                    "set wan.address of the gateway to where that peer reaches it");
            return false;
        }
        if (least != Scope.PUBLIC && !arePeersKnown()) {
            sheet.warning(
                    Check.gateways,
                    subject(gateway)
                            + "expected a WAN address that peers of other networks reach; found '"
                            + host
                            + "', which "
                            + how(host, least),
                    "set wan.address of the gateway to where peers reach it; it may stay where all of them are in one network with it");
            return false;
        }
        return true;
    }

    /// Where a name leads to is not seen by the name.
    private static String how(String host, Scope scope) {
        return isLiteral(host)
                ? "is " + scope.word()
                : "resolves to a " + scope.word() + " address here";
    }

    private static boolean isLiteral(String host) {
        try {
            InetAddress.ofLiteral(host);
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /// Whether there are peers, and each is at an address that is known here. Of one that dials us
    /// none is: then nothing says from where it has to come.
    private boolean arePeersKnown() {
        var peerings = chart.items(Chart.PEERINGS).toList();
        return !peerings.isEmpty()
                && peerings.stream()
                        .allMatch(peering ->
                                Json.texts(peering.path("PeerServerAddresses")).stream()
                                        .map(Reach::host)
                                        .anyMatch(host -> !scopes(host).isEmpty()));
    }

    /// A peer, and where its servers are reached.
    private record Place(String name, String host, Scope scope) {}

    private Optional<Place> furthest() {
        var places = new ArrayList<Place>();
        chart.items(Chart.PEERINGS)
                .forEach(peering ->
                        Json.texts(peering.path("PeerServerAddresses")).stream()
                                .map(Reach::host)
                                .forEach(host ->
                                        scopes(host).stream()
                                                .map(scope ->
                                                        new Place(
                                                                Chart.text(peering, "Name"),
                                                                PlainText.of(host),
                                                                scope))
                                                .forEach(places::add)));
        return places.stream().max((one, other) -> one.scope().compareTo(other.scope()));
    }

    private static String host(String address) {
        var colon = address.lastIndexOf(':');
        var host = colon < 0 ? address : address.substring(0, colon);
        return host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }

    private List<Scope> scopes(String host) {
        return addresses(host).stream().map(Scope::of).toList();
    }

    /// None for a name that is unknown here.
    private List<InetAddress> addresses(String host) {
        try {
            return network.resolver().resolve(host);
        } catch (UnknownHostException _) {
            return List.of();
        }
    }
}
