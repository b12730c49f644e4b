package dev.hansa.exportedservices;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// One instance of a service with its node and checks, as the catalog holds it and as it travels to
/// peers.
///
/// @param id unique on its node
/// @param name the service; for a proxy the proxy's own name
/// @param address empty means the node's address
/// @param port 0 when it listens nowhere
/// @param taggedAddresses `lan`, `wan`
/// @param destination for a `connect-proxy` the service it stands for
/// @param peerMeta only on proxies that a peer made up for us
/// @param remarks what was said besides; peers are not told of it. Builds that know of none do not
///   read a log that has some
public record ServiceInstance(
        NodeRecord node,
        String id,
        String name,
        ServiceKind kind,
        List<String> tags,
        String address,
        int port,
        Map<String, Endpoint> taggedAddresses,
        Map<String, String> meta,
        int weightPassing,
        int weightWarning,
        Optional<ServiceName> destination,
        Optional<PeerMeta> peerMeta,
        List<HealthCheck> checks,
        Optional<Remarks> remarks,
        long createIndex,
        long modifyIndex) {
    public ServiceInstance {
        tags = List.copyOf(tags);
        taggedAddresses = Map.copyOf(taggedAddresses);
        meta = Map.copyOf(meta);
        checks = List.copyOf(checks);
        // what was written before there were any does not have them
        remarks = Objects.requireNonNullElse(remarks, Optional.empty());
    }

    /// One of which nothing was said besides.
    public ServiceInstance(
            NodeRecord node,
            String id,
            String name,
            ServiceKind kind,
            List<String> tags,
            String address,
            int port,
            Map<String, Endpoint> taggedAddresses,
            Map<String, String> meta,
            int weightPassing,
            int weightWarning,
            Optional<ServiceName> destination,
            Optional<PeerMeta> peerMeta,
            List<HealthCheck> checks,
            long createIndex,
            long modifyIndex) {
        this(
                node,
                id,
                name,
                kind,
                tags,
                address,
                port,
                taggedAddresses,
                meta,
                weightPassing,
                weightWarning,
                destination,
                peerMeta,
                checks,
                Optional.empty(),
                createIndex,
                modifyIndex);
    }

    /// The worst of its checks; maintenance counts as not passing.
    public CheckStatus status() {
        return CheckStatus.worst(checks.stream().map(HealthCheck::status).toList());
    }

    /// May traffic be sent to it: everything but critical and maintenance.
    public boolean isHealthy() {
        return status().compareTo(CheckStatus.CRITICAL) < 0;
    }

    /// Is it a proxy that somebody has registered, and that has not joined. It has no certificate
    /// of this datacenter's: it is listed, and the mesh leads nobody to it.
    public boolean isUnjoinedProxy() {
        return kind == ServiceKind.CONNECT_PROXY
                && remarks.filter(said -> !said.proxy().isEmpty()).isPresent();
    }

    /// Where others within the datacenter reach it.
    public Optional<Endpoint> lanEndpoint() {
        var host = address.isEmpty() ? node.address() : address;
        return host.isEmpty() || port < 1
                ? Optional.empty()
                : Optional.of(new Endpoint(host, port));
    }

    /// Where other datacenters reach it: tagged address `wan`, else its address, else the node's
    /// `wan`, else the node's.
    public Optional<Endpoint> wanEndpoint() {
        var wan = taggedAddresses.get("wan");
        if (wan != null) {
            return Optional.of(wan);
        }
        if (!address.isEmpty()) {
            return lanEndpoint();
        }
        var nodeWan = node.taggedAddresses().get("wan");
        return nodeWan == null || port < 1
                ? lanEndpoint()
                : Optional.of(new Endpoint(nodeWan, port));
    }

    public ServiceInstance withChecks(List<HealthCheck> newChecks, long index) {
        return copy(peerMeta, newChecks, createIndex, index);
    }

    /// This with what a registration of the same node and id says besides: its checks come first,
    /// for whoever registered it may know before its own proxy that it is not to be used; its tags
    /// and meta are added, its weights hold, and its address and port where it says them.
    public ServiceInstance with(ServiceInstance registration) {
        var allMeta = new HashMap<>(meta);
        allMeta.putAll(registration.meta);
        var allAddresses = new HashMap<>(taggedAddresses);
        allAddresses.putAll(registration.taggedAddresses);
        return new ServiceInstance(
                node,
                id,
                name,
                kind,
                Stream.concat(registration.tags.stream(), tags.stream()).distinct().toList(),
                registration.address.isEmpty() ? address : registration.address,
                registration.port == 0 ? port : registration.port,
                allAddresses,
                allMeta,
                registration.weightPassing,
                registration.weightWarning,
                destination,
                peerMeta,
                Stream.concat(registration.checks.stream(), checks.stream()).toList(),
                registration.remarks,
                createIndex,
                Math.max(modifyIndex, registration.modifyIndex));
    }

    public ServiceInstance withRemarks(Remarks said) {
        return new ServiceInstance(
                node,
                id,
                name,
                kind,
                tags,
                address,
                port,
                taggedAddresses,
                meta,
                weightPassing,
                weightWarning,
                destination,
                peerMeta,
                checks,
                said.equals(Remarks.NONE) ? Optional.empty() : Optional.of(said),
                createIndex,
                modifyIndex);
    }

    public ServiceInstance withPeerMeta(PeerMeta newMeta) {
        return copy(Optional.of(newMeta), checks, createIndex, modifyIndex);
    }

    public ServiceInstance indexed(long create, long modify) {
        return copy(peerMeta, checks, create, modify);
    }

    /// The same at its node as that is now.
    public ServiceInstance at(NodeRecord now) {
        return now.equals(node) ? this : copy(now, peerMeta, checks, createIndex, modifyIndex);
    }

    private ServiceInstance copy(
            Optional<PeerMeta> newPeerMeta, List<HealthCheck> newChecks, long create, long modify) {
        return copy(node, newPeerMeta, newChecks, create, modify);
    }

    private ServiceInstance copy(
            NodeRecord newNode,
            Optional<PeerMeta> newPeerMeta,
            List<HealthCheck> newChecks,
            long create,
            long modify) {
        return new ServiceInstance(
                newNode,
                id,
                name,
                kind,
                tags,
                address,
                port,
                taggedAddresses,
                meta,
                weightPassing,
                weightWarning,
                destination,
                newPeerMeta,
                newChecks,
                remarks,
                create,
                modify);
    }
}
