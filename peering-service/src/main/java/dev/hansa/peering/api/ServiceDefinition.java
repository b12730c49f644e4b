package dev.hansa.peering.api;

import static dev.hansa.bootstrap.ForeignText.shown;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.Remarks;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Reads a service as clients of Consul define one. Fields that have no meaning here are passed
/// over: clients send many.
final class ServiceDefinition {
    /// Names of nodes, services' ids and addresses stand in keys and lists; DNS allows no longer
    /// name.
    private static final int MAX_NAME = 253;

    /// A part of each answer about the service; no path of a socket is longer.
    private static final int MAX_REMARK = 128;

    private ServiceDefinition() {}

    /// @param nameField `Name` for an agent, `Service` for the catalog
    static ServiceInstance read(
            NodeRecord node, JsonFields service, String nameField, CheckReader.Reading checks)
            throws RefusedRequestException {
        var name = service.text(nameField);
        if (name.isEmpty()) {
            throw bad("Missing service name");
        }
        var kind = ApiRequest.read(service.text("Kind"), ServiceKind::of);
        refuseReserved(name, kind);
        var proxy =
                kind == ServiceKind.CONNECT_PROXY
                        ? Optional.of(ProxyDefinition.read(service))
                        : Optional.<ProxyDefinition>empty();
        var id = service.text("ID").isEmpty() ? name : service.text("ID");
        word("ID", id);
        var address = service.text("Address");
        if (!address.isEmpty()) {
            word("Address", address);
        }
        var port = service.number("Port", 0);
        if (port < 0 || port > 65535) {
            throw bad("Port: expected a port number from 0 to 65535; found '" + port + "'");
        }
        var weights = service.fields("Weights").filter(ServiceDefinition::isWeighed);
        var instance =
                new ServiceInstance(
                        node,
                        id,
                        name,
                        kind,
                        service.texts("Tags"),
                        address,
                        port,
                        taggedAddresses(service),
                        service.map("Meta"),
                        weights.isPresent() ? weight(weights.get(), "Passing") : 1,
                        weights.isPresent() ? weight(weights.get(), "Warning") : 1,
                        proxy.map(ProxyDefinition::destination),
                        Optional.empty(),
                        checks.read(service, id, "Service '" + name + "' check"),
                        0,
                        0);
        return instance.withRemarks(remarks(service, proxy));
    }

    private static Remarks remarks(JsonFields service, Optional<ProxyDefinition> proxy)
            throws RefusedRequestException {
        var locality = service.fields("Locality");
        var connect = service.fields("Connect");
        var isNative = connect.isPresent() && connect.get().flag("Native");
        if (isNative && proxy.isPresent()) {
            throw bad(
                    "Connect.Native: expected none of a Connect proxy, which speaks for another; found it");
        }
        return new Remarks(
                service.flag("EnableTagOverride"),
                remark("SocketPath", service.text("SocketPath")),
                locality.isEmpty() ? "" : remark("Locality.Region", locality.get().text("Region")),
                locality.isEmpty() ? "" : remark("Locality.Zone", locality.get().text("Zone")),
                isNative,
                proxy.map(ProxyDefinition::text).orElse(""));
    }

    private static String remark(String subject, String text) throws RefusedRequestException {
        if (text.length() > MAX_REMARK || text.chars().anyMatch(Character::isISOControl)) {
            throw bad(
                    subject
                            + ": expected at most "
                            + MAX_REMARK
                            + " characters that are printed; found '"
                            + shown(text)
                            + "'");
        }
        return text;
    }

    private static void refuseReserved(String text, ServiceKind kind)
            throws RefusedRequestException {
        // the suffix comes on top of a service's name, however long that is
        var isSidecar =
                kind == ServiceKind.CONNECT_PROXY && text.endsWith(ServiceName.SIDECAR_SUFFIX);
        var name =
                ApiRequest.read(
                        isSidecar
                                ? text.substring(
                                        0, text.length() - ServiceName.SIDECAR_SUFFIX.length())
                                : text,
                        ServiceName::new);
        if (name.value().equals("consul")) {
            throw bad(
                    "invalid service name: expected a name of your own; found 'consul', which is the servers'");
        }
        if (name.value().endsWith(ServiceName.SIDECAR_SUFFIX)) {
            throw bad(
                    "invalid service name: expected no name that ends in "
                            + ServiceName.SIDECAR_SUFFIX
                            + ", which are sidecars'; found '"
                            + name
                            + "'");
        }
    }

    /// A gateway gets what crosses the border: the mesh's business, whatever it is called. A proxy
    /// is the business of whoever may write the service that it says to stand for.
    static void requireKind(Caller caller, ServiceInstance defined) throws RefusedRequestException {
        switch (defined.kind()) {
            case TYPICAL -> {}
            case MESH_GATEWAY -> caller.require(Need.write(Resource.MESH));
            case CONNECT_PROXY ->
                    caller.require(
                            Need.write(
                                    Resource.SERVICE,
                                    defined.destination().map(ServiceName::value).orElse("")));
        }
    }

    /// Consul's Go client sends two zeros for what nobody has set; nobody registers an instance
    /// that is never to be used.
    private static boolean isWeighed(JsonFields weights) {
        return weights.byName().values().stream().anyMatch(weight -> weight.asInt(1) != 0);
    }

    private static int weight(JsonFields weights, String name) throws RefusedRequestException {
        var weight = weights.number(name, 1);
        // Consul's bounds
        if (weight < 0 || weight > 65535) {
            throw bad(
                    "Weights."
                            + name
                            + ": expected a number from 0 to 65535; found '"
                            + weight
                            + "'");
        }
        return weight;
    }

    private static Map<String, Endpoint> taggedAddresses(JsonFields service)
            throws RefusedRequestException {
        var addresses = new LinkedHashMap<String, Endpoint>();
        var given = service.object("TaggedAddresses");
        var tags = service.fields("TaggedAddresses");
        if (given.isEmpty() || tags.isEmpty()) {
            return addresses;
        }
        // fields are known in any case; a tag is a name, and stays as it was written
        for (var property : given.get().properties()) {
            var tag = property.getKey();
            var fields = tags.get().fields(tag);
            if (fields.isPresent()) {
                var host = fields.get().text("Address");
                var port = fields.get().number("Port", service.number("Port", 0));
                word("TaggedAddresses." + shown(tag) + ".Address", host);
                addresses.put(tag, ApiRequest.read(host, address -> new Endpoint(address, port)));
            }
        }
        return addresses;
    }

    /// One printable word that can stand in a key.
    static void word(String subject, String text) throws RefusedRequestException {
        if (text.isBlank()
                || text.length() > MAX_NAME
                || text.chars().anyMatch(c -> c == '/' || c <= ' ' || c == 0x7f)) {
            throw bad(
                    subject
                            + ": expected 1 to "
                            + MAX_NAME
                            + " characters without '/' and white space; found '"
                            + shown(text)
                            + "'");
        }
    }
}
