package dev.hansa.peering.api;

import static dev.hansa.peering.api.KeptBlock.FLAG;
import static dev.hansa.peering.api.KeptBlock.NUMBER;
import static dev.hansa.peering.api.KeptBlock.OPAQUE;
import static dev.hansa.peering.api.KeptBlock.TEXT;
import static dev.hansa.peering.api.KeptBlock.block;
import static dev.hansa.peering.api.KeptBlock.many;
import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.api.KeptBlock.Field;
import java.util.List;

/// What a proxy of somebody's own says of itself. Nothing here is configured by it.
///
/// @param destination the service that it stands for
/// @param text all of it, as it is kept
record ProxyDefinition(ServiceName destination, String text) {
    static final String DESTINATION = "DestinationServiceName";

    /// 64 upstreams have room in it.
    private static final int MAX_TEXT = 16 * 1024;

    private static final Field GATEWAY = new Field("MeshGateway", block(new Field("Mode", TEXT)));

    private static final KeptBlock PROXY =
            new KeptBlock(
                    List.of(
                            new Field(DESTINATION, TEXT),
                            new Field("DestinationServiceID", TEXT),
                            new Field("LocalServiceAddress", TEXT),
                            new Field("LocalServicePort", NUMBER),
                            new Field("LocalServiceSocketPath", TEXT),
                            new Field("Mode", TEXT),
                            new Field(
                                    "TransparentProxy",
                                    block(
                                            new Field("OutboundListenerPort", NUMBER),
                                            new Field("DialedDirectly", FLAG))),
                            new Field("MutualTLSMode", TEXT),
                            new Field("Config", OPAQUE),
                            new Field(
                                    "Upstreams",
                                    many(
                                            new Field("DestinationType", TEXT),
                                            new Field("DestinationPeer", TEXT),
                                            new Field("DestinationNamespace", TEXT),
                                            new Field("DestinationPartition", TEXT),
                                            new Field("DestinationName", TEXT),
                                            new Field("Datacenter", TEXT),
                                            new Field("LocalBindAddress", TEXT),
                                            new Field("LocalBindPort", NUMBER),
                                            new Field("LocalBindSocketPath", TEXT),
                                            new Field("LocalBindSocketMode", TEXT),
                                            new Field("Config", OPAQUE),
                                            GATEWAY)),
                            GATEWAY,
                            new Field(
                                    "Expose",
                                    block(
                                            new Field("Checks", FLAG),
                                            new Field(
                                                    "Paths",
                                                    many(
                                                            new Field("ListenerPort", NUMBER),
                                                            new Field("Path", TEXT),
                                                            new Field("LocalPathPort", NUMBER),
                                                            new Field("Protocol", TEXT))))),
                            new Field("AccessLogs", OPAQUE)));

    /// The `Proxy` of a definition whose kind is `connect-proxy`.
    ///
    /// @throws RefusedRequestException when it does not say for which service, or where it listens
    static ProxyDefinition read(JsonFields service) throws RefusedRequestException {
        var given = service.fields("Proxy");
        var proxy =
                given.isEmpty() ? JsonNodeFactory.instance.objectNode() : PROXY.read(given.get());
        var destination = proxy.path(DESTINATION).asText();
        if (destination.isEmpty()) {
            throw bad(
                    "Proxy.DestinationServiceName must be non-empty for Connect proxy services: expected the service that it stands for; found none");
        }
        if (service.number("Port", 0) == 0 && service.text("SocketPath").isEmpty()) {
            throw bad(
                    "Port or SocketPath must be set for a Connect proxy: expected where it listens; found neither");
        }
        return new ProxyDefinition(
                ApiRequest.read(destination, ServiceName::new),
                KeptBlock.text("Proxy", proxy, MAX_TEXT));
    }
}
