package dev.hansa.exportedservices;

import dev.hansa.exportedservices.wire.CheckServiceNode;
import dev.hansa.exportedservices.wire.ConnectProxyConfig;
import dev.hansa.exportedservices.wire.ExportedService;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.exportedservices.wire.Node;
import dev.hansa.exportedservices.wire.NodeService;
import dev.hansa.exportedservices.wire.PeeringServiceMeta;
import dev.hansa.exportedservices.wire.ServiceAddress;
import dev.hansa.exportedservices.wire.ServiceConnect;
import dev.hansa.exportedservices.wire.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The one place where service instances become the messages of the peer stream and come back.
public final class CatalogCodec {
    /// An exporter flattens its checks to one; older ones and other makes may send a few.
    private static final int MAX_CHECKS = 64;

    /// Names end up in logs, metrics and tables; a DNS name is at most 253 characters.
    private static final int MAX_NAME = 255;

    private CatalogCodec() {}

    /// @throws IllegalArgumentException when a node, instance or check has no name: a Consul peer
    ///   would end the stream over it
    public static ExportedService encode(List<ServiceInstance> instances) {
        var message = ExportedService.newBuilder();
        instances.forEach(instance -> message.addNodes(encode(instance)));
        return message.build();
    }

    public static ExportedServiceList encodeNames(List<String> names) {
        return ExportedServiceList.newBuilder().addAllServices(names).build();
    }

    private static CheckServiceNode encode(ServiceInstance instance) {
        var node = instance.node();
        var message =
                CheckServiceNode.newBuilder()
                        .setNode(
                                Node.newBuilder()
                                        .setID(node.id())
                                        .setNode(named("node name", node.name()))
                                        .setAddress(node.address())
                                        .setDatacenter(node.datacenter())
                                        .putAllTaggedAddresses(node.taggedAddresses())
                                        .putAllMeta(node.meta()))
                        .setService(encodeService(instance));
        instance.checks()
                .forEach(check ->
                        message.addChecks(
                                dev.hansa.exportedservices.wire.HealthCheck.newBuilder()
                                        .setNode(node.name())
                                        .setCheckID(named("check id", check.id()))
                                        .setName(check.name())
                                        .setStatus(check.status().word())
                                        .setOutput(check.output())
                                        .setType(check.type())
                                        .setServiceID(instance.id())
                                        .setServiceName(instance.name())));
        return message.build();
    }

    private static NodeService encodeService(ServiceInstance instance) {
        var message =
                NodeService.newBuilder()
                        .setKind(instance.kind().word())
                        .setID(named("service id", instance.id()))
                        .setService(named("service name", instance.name()))
                        .addAllTags(instance.tags())
                        .setAddress(instance.address())
                        .putAllMeta(instance.meta())
                        .setPort(instance.port())
                        .setWeights(
                                Weights.newBuilder()
                                        .setPassing(instance.weightPassing())
                                        .setWarning(instance.weightWarning()));
        instance.taggedAddresses()
                .forEach((tag, endpoint) ->
                        message.putTaggedAddresses(
                                tag,
                                ServiceAddress.newBuilder()
                                        .setAddress(endpoint.host())
                                        .setPort(endpoint.port())
                                        .build()));
        instance.destination()
                .ifPresent(destination ->
                        message.setProxy(
                                ConnectProxyConfig.newBuilder()
                                        .setDestinationServiceName(destination.value())
                                        .setDestinationServiceID(destinationId(instance))));
        instance.peerMeta()
                .ifPresent(meta ->
                        message.setConnect(
                                ServiceConnect.newBuilder()
                                        .setPeerMeta(
                                                PeeringServiceMeta.newBuilder()
                                                        .addAllSNI(meta.sni())
                                                        .addAllSpiffeID(meta.spiffeIds())
                                                        .setProtocol(meta.protocol()))));
        return message.build();
    }

    /// `<service>` or `<service>-instance-<i>`, as the proxy's own id goes.
    private static String destinationId(ServiceInstance proxy) {
        var service = proxy.destination().map(ServiceName::value).orElse("");
        return proxy.id().startsWith(proxy.name())
                ? service + proxy.id().substring(proxy.name().length())
                : service;
    }

    /// Reads what came under `name`.
    ///
    /// @throws IllegalArgumentException when anything in it has no legal meaning, or names another
    ///   service; nothing of the message may then be used
    public static CatalogUpdate.ServiceReplaced decode(String name, ExportedService message) {
        var isCompanion = name.endsWith(ServiceName.SIDECAR_SUFFIX);
        var service =
                new ServiceName(
                        isCompanion
                                ? name.substring(
                                        0, name.length() - ServiceName.SIDECAR_SUFFIX.length())
                                : name);
        var seen = new HashSet<List<String>>();
        var instances = new ArrayList<ServiceInstance>();
        for (var node : message.getNodesList()) {
            var instance = decode(node);
            var expected = isCompanion ? ServiceKind.CONNECT_PROXY : ServiceKind.TYPICAL;
            if (!instance.name().equals(name) || instance.kind() != expected) {
                throw new IllegalArgumentException(
                        "resource '"
                                + name
                                + "': expected instances of it; found '"
                                + instance.name()
                                + "' of kind '"
                                + instance.kind().word()
                                + "'");
            }
            if (isCompanion && !instance.destination().equals(Optional.of(service))) {
                throw new IllegalArgumentException(
                        "resource '"
                                + name
                                + "': expected a proxy of '"
                                + service
                                + "'; found '"
                                + instance.destination().map(ServiceName::value).orElse("")
                                + "'");
            }
            if (!seen.add(List.of(instance.node().name(), instance.id()))) {
                throw new IllegalArgumentException(
                        "resource '"
                                + name
                                + "': instance '"
                                + instance.id()
                                + "' stands in it twice");
            }
            instances.add(instance);
        }
        return new CatalogUpdate.ServiceReplaced(name, instances);
    }

    /// @throws IllegalArgumentException when a name is not a service name
    public static CatalogUpdate.ServicesListed decode(ExportedServiceList message) {
        return new CatalogUpdate.ServicesListed(
                message.getServicesList().stream()
                        .map(name -> new ServiceName(name).value())
                        .toList());
    }

    private static ServiceInstance decode(CheckServiceNode message) {
        var node = message.getNode();
        var service = message.getService();
        if (message.getChecksCount() > MAX_CHECKS) {
            throw new IllegalArgumentException(
                    "instance '"
                            + service.getID()
                            + "': expected at most "
                            + MAX_CHECKS
                            + " checks; found "
                            + message.getChecksCount());
        }
        return new ServiceInstance(
                new NodeRecord(
                        node.getID(),
                        named("node name", node.getNode()),
                        node.getAddress(),
                        node.getDatacenter(),
                        node.getTaggedAddressesMap(),
                        node.getMetaMap()),
                named("service id", service.getID()),
                named("service name", service.getService()),
                ServiceKind.of(service.getKind()),
                service.getTagsList(),
                service.getAddress(),
                port(service.getPort()),
                taggedAddresses(service),
                service.getMetaMap(),
                service.hasWeights() ? service.getWeights().getPassing() : 1,
                service.hasWeights() ? service.getWeights().getWarning() : 1,
                service.hasProxy() && !service.getProxy().getDestinationServiceName().isEmpty()
                        ? Optional.of(
                                new ServiceName(service.getProxy().getDestinationServiceName()))
                        : Optional.empty(),
                service.hasConnect() && service.getConnect().hasPeerMeta()
                        ? Optional.of(peerMeta(service.getConnect().getPeerMeta()))
                        : Optional.empty(),
                message.getChecksList().stream()
                        .map(check ->
                                new HealthCheck(
                                        named("check id", check.getCheckID()),
                                        check.getName(),
                                        CheckStatus.of(check.getStatus()),
                                        check.getOutput(),
                                        check.getType()))
                        .toList(),
                0,
                0);
    }

    /// A tagged address may leave its port to the service.
    private static Map<String, Endpoint> taggedAddresses(NodeService service) {
        var tagged = new HashMap<String, Endpoint>();
        service.getTaggedAddressesMap()
                .forEach((tag, address) -> {
                    var port = address.getPort() > 0 ? address.getPort() : service.getPort();
                    if (!address.getAddress().isEmpty() && port > 0) {
                        tagged.put(tag, new Endpoint(address.getAddress(), port));
                    }
                });
        return tagged;
    }

    private static PeerMeta peerMeta(PeeringServiceMeta message) {
        return new PeerMeta(message.getSNIList(), message.getSpiffeIDList(), message.getProtocol());
    }

    private static int port(int port) {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("expected a port from 0 to 65535; found " + port);
        }
        return port;
    }

    private static String named(String what, String value) {
        if (value.isEmpty() || value.length() > MAX_NAME) {
            throw new IllegalArgumentException(
                    what + ": expected 1 to " + MAX_NAME + " characters; found " + value.length());
        }
        return value;
    }
}
