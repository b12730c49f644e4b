package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.ClusterIpBounds;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// The rules of `cluster-ips`: which addresses of one Kubernetes cluster stand for which service.
/// An address and port stand for one service or for none.
final class ClusterIpRules {
    /// A name that a setting gives, and a uid.
    private static final int LONGEST = 512;

    private ClusterIpRules() {}

    static void hold(ObjectNode entry) throws InvalidEntryException {
        EntryRules.named(entry);
        text("Cluster", entry.path("Cluster"));
        var services = entry.path("Services");
        if (services.size() > ClusterIpBounds.MOST_SERVICES) {
            throw forbidden(
                    "Services: expected at most "
                            + ClusterIpBounds.MOST_SERVICES
                            + "; found "
                            + services.size());
        }
        var known = new HashMap<Endpoint, String>();
        for (var i = 0; i < services.size(); i++) {
            service("Services[" + i + "]", services.get(i), known);
        }
        if (known.size() > ClusterIpBounds.MOST_PLACES) {
            throw forbidden(
                    "Services: expected at most "
                            + ClusterIpBounds.MOST_PLACES
                            + " addresses with ports; found "
                            + known.size());
        }
    }

    private static void text(String where, JsonNode value) throws InvalidEntryException {
        if (value.asText().isEmpty() || value.asText().length() > LONGEST) {
            throw forbidden(
                    where
                            + ": expected 1 to "
                            + LONGEST
                            + " characters; found "
                            + value.asText().length());
        }
    }

    private static void service(String where, JsonNode service, Map<Endpoint, String> known)
            throws InvalidEntryException {
        var name = service.path("Name").asText();
        EntryRules.service(where + ".Name", name, false);
        number(where + ".Addresses", service.path("Addresses"), ClusterIpBounds.MOST_ADDRESSES);
        number(where + ".Ports", service.path("Ports"), ClusterIpBounds.MOST_PORTS);
        var addresses = (ArrayNode) service.path("Addresses");
        for (var i = 0; i < addresses.size(); i++) {
            addresses.set(i, address(where + ".Addresses[" + i + "]", addresses.get(i).asText()));
        }
        for (var port : service.path("Ports")) {
            if (port.asInt() < 1 || port.asInt() > 65_535) {
                throw forbidden(
                        where + ".Ports: expected ports from 1 to 65535; found " + port.asInt());
            }
        }
        for (var place : (Iterable<Endpoint>) places(service)::iterator) {
            var other = known.put(place, name);
            if (other != null && !other.equals(name)) {
                throw forbidden(
                        where
                                + ": expected "
                                + place
                                + " to stand for one service; found '"
                                + other
                                + "' and '"
                                + name
                                + "'");
            }
        }
    }

    private static void number(String where, JsonNode list, int most) throws InvalidEntryException {
        if (list.isEmpty() || list.size() > most) {
            throw forbidden(where + ": expected 1 to " + most + "; found " + list.size());
        }
    }

    /// As Java writes it, so that one address has one form.
    private static String address(String where, String text) throws InvalidEntryException {
        var address = ClusterIpBounds.address(text);
        if (address.isPresent()) {
            return address.get().getHostAddress();
        }
        throw forbidden(
                where
                        + ": expected an address of a Kubernetes Service; found '"
                        + ForeignText.shown(text)
                        + "'");
    }

    /// Where one service is shown.
    static Stream<Endpoint> places(JsonNode service) {
        return StreamSupport.stream(service.path("Addresses").spliterator(), false)
                .flatMap(address ->
                        StreamSupport.stream(service.path("Ports").spliterator(), false)
                                .map(port -> new Endpoint(address.asText(), port.asInt())));
    }
}
