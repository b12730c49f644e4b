package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.cli.Finding.Check;
import dev.hansa.cli.Finding.Sheet;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Whether peers come to our gateways, by what the catalog tells of them.
final class Reach {
    private final Chart chart;
    private final Sheet sheet;
    private final Resolver resolver;

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

    Reach(Chart chart, Sheet sheet, Resolver resolver) {
        this.chart = chart;
        this.sheet = sheet;
        this.resolver = resolver;
    }

    void look() {
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
        gateways.forEach(this::address);
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

    private void address(JsonNode gateway) {
        var host =
                Chart.text(gateway.path("Service").path("TaggedAddresses").path("wan"), "Address");
        if (host.isEmpty()) {
            return;
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
            return;
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
        } else if (least != Scope.PUBLIC && !arePeersKnown()) {
            sheet.warning(
                    Check.gateways,
                    subject(gateway)
                            + "expected a WAN address that peers of other networks reach; found '"
                            + host
                            + "', which "
                            + how(host, least),
                    "set wan.address of the gateway to where peers reach it; it may stay where all of them are in one network with it");
        }
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

    /// None for a name that is unknown here.
    private List<Scope> scopes(String host) {
        try {
            return resolver.resolve(host).stream().map(Scope::of).toList();
        } catch (UnknownHostException _) {
            return List.of();
        }
    }
}
