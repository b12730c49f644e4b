package dev.hansa.failover;

import com.google.protobuf.ByteString;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.Bundle;
import dev.hansa.failover.wire.ClusterIp;
import dev.hansa.failover.wire.Health;
import dev.hansa.failover.wire.Inbound;
import dev.hansa.failover.wire.Snapshot;
import dev.hansa.failover.wire.Upstream;
import dev.hansa.failover.wire.Virtual;
import dev.hansa.failover.wire.VirtualService;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// The one place where a [RouteSnapshot] becomes bytes and comes back.
public final class RouteCodec {
    /// An entry of before may say longer; nobody waits for more than a day.
    private static final int LONGEST_MILLIS = 86_400_000;

    private RouteCodec() {}

    public static Snapshot encode(RouteSnapshot snapshot) {
        var message =
                Snapshot.newBuilder()
                        .setVersion(snapshot.version())
                        .setDatacenter(snapshot.datacenter().name())
                        .setTrustDomain(snapshot.trustDomain().name())
                        .setActiveIssuer(snapshot.activeIssuer());
        snapshot.routes().forEach(route -> message.addRoutes(encode(route)));
        snapshot.sniRoutes().forEach(route -> message.addSniRoutes(encode(route)));
        new TreeMap<>(snapshot.bundles().bundles())
                .values()
                .forEach(bundle -> message.addBundles(encode(bundle)));
        snapshot.inbound().ifPresent(inbound -> message.setInbound(encode(inbound)));
        snapshot.virtual().ifPresent(virtual -> message.setVirtual(encode(virtual)));
        return message.build();
    }

    /// @throws IllegalArgumentException when a field has no legal meaning; nothing of the snapshot
    ///   may then be used
    public static RouteSnapshot decode(Snapshot message) {
        var bundles = new HashMap<TrustDomain, TrustBundle>();
        for (var bundle : message.getBundlesList()) {
            var decoded = decode(bundle);
            bundles.put(decoded.trustDomain(), decoded);
        }
        return new RouteSnapshot(
                message.getVersion(),
                new Datacenter(message.getDatacenter()),
                new TrustDomain(message.getTrustDomain()),
                message.getRoutesList().stream().map(RouteCodec::decode).toList(),
                message.getSniRoutesList().stream().map(RouteCodec::decode).toList(),
                new BundleSet(bundles),
                message.hasInbound() ? Optional.of(decode(message.getInbound())) : Optional.empty(),
                message.getActiveIssuer(),
                message.hasVirtual()
                        ? Optional.of(decode(message.getVirtual()))
                        : Optional.empty());
    }

    private static Virtual encode(VirtualServices virtual) {
        var message = Virtual.newBuilder().setMeshDestinationsOnly(virtual.meshDestinationsOnly());
        virtual.services().entrySet().stream()
                .sorted(Comparator.comparingInt(one -> one.getKey().number()))
                .forEach(one ->
                        message.addServices(
                                VirtualService.newBuilder()
                                        .setNumber(one.getKey().number())
                                        .setUpstream(encode(one.getValue()))));
        virtual.clusterIps().entrySet().stream()
                .sorted(Comparator.comparing(one -> one.getKey().toString()))
                .forEach(one ->
                        message.addClusterIps(
                                ClusterIp.newBuilder()
                                        .setAddress(encode(one.getKey()))
                                        .setUpstream(encode(one.getValue()))));
        return message.build();
    }

    private static VirtualServices decode(Virtual message) {
        var services = new HashMap<VirtualAddress, UpstreamName>();
        for (var one : message.getServicesList()) {
            services.put(new VirtualAddress(one.getNumber()), decode(one.getUpstream()));
        }
        var clusterIps = new HashMap<Endpoint, UpstreamName>();
        for (var one : message.getClusterIpsList()) {
            clusterIps.put(decode(one.getAddress()), decode(one.getUpstream()));
        }
        return new VirtualServices(services, message.getMeshDestinationsOnly(), clusterIps);
    }

    public static Upstream encode(UpstreamName name) {
        return Upstream.newBuilder()
                .setService(name.service().value())
                .setPeer(name.peer().map(PeerName::value).orElse(""))
                .build();
    }

    public static UpstreamName decode(Upstream message) {
        return new UpstreamName(new ServiceName(message.getService()), peer(message.getPeer()));
    }

    private static Optional<PeerName> peer(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(new PeerName(text));
    }

    private static dev.hansa.failover.wire.Route encode(Route route) {
        var message =
                dev.hansa.failover.wire.Route.newBuilder()
                        .setUpstream(encode(route.upstream()))
                        .setConnectTimeoutMs(
                                Math.clamp(route.connectTimeout().toMillis(), 1, LONGEST_MILLIS))
                        .setMaxConnections(route.maxConnections())
                        .setSpread(encode(route.spread()));
        route.targets().forEach(target -> message.addTargets(encode(target)));
        return message.build();
    }

    private static Route decode(dev.hansa.failover.wire.Route message) {
        return new Route(
                decode(message.getUpstream()),
                Duration.ofMillis(Integer.toUnsignedLong(message.getConnectTimeoutMs())),
                message.getTargetsList().stream().map(RouteCodec::decode).toList(),
                decode(message.getSpread()),
                message.getMaxConnections());
    }

    private static dev.hansa.failover.wire.Spread encode(Spread spread) {
        var message = dev.hansa.failover.wire.Spread.newBuilder();
        switch (spread) {
            case Spread.Sequential(var failback) ->
                    message.setFailbackMs(Math.toIntExact(failback.toMillis()));
            case Spread.ByLatency _ -> message.setByLatency(true);
            case Spread.Weighted(var weights) -> message.putAllWeights(new TreeMap<>(weights));
        }
        return message.build();
    }

    private static Spread decode(dev.hansa.failover.wire.Spread message) {
        if (message.getByLatency()) {
            return new Spread.ByLatency();
        }
        if (message.getWeightsMap().isEmpty()) {
            return new Spread.Sequential(
                    Duration.ofMillis(
                            Math.clamp(
                                    Integer.toUnsignedLong(message.getFailbackMs()),
                                    0,
                                    Spread.Sequential.LONGEST_FAILBACK.toMillis())));
        }
        var weights = new HashMap<String, Integer>();
        // a server of tomorrow may have finer parts
        message.getWeightsMap()
                .forEach((place, weight) ->
                        weights.put(
                                place,
                                Math.clamp(
                                        Integer.toUnsignedLong(weight), 1, Spread.Weighted.MOST)));
        return new Spread.Weighted(weights);
    }

    private static dev.hansa.failover.wire.Target encode(Target target) {
        var message =
                dev.hansa.failover.wire.Target.newBuilder()
                        .setService(target.service().value())
                        .setPeer(
                                switch (target) {
                                    case Target.LocalTarget _ -> "";
                                    case Target.PeerTarget peerTarget -> peerTarget.peer().value();
                                })
                        .setSubset(
                                switch (target) {
                                    case Target.LocalTarget here -> here.subset();
                                    case Target.PeerTarget _ -> "";
                                })
                        .setSni(target.sni())
                        .addAllSpiffeIds(target.spiffeIds())
                        .setTrustDomain(target.trustDomain().name())
                        .setHealth(encode(target.health()));
        target.endpoints().forEach(endpoint -> message.addEndpoints(encode(endpoint)));
        return message.build();
    }

    private static Target decode(dev.hansa.failover.wire.Target message) {
        var service = new ServiceName(message.getService());
        var endpoints = endpoints(message.getEndpointsList());
        var trustDomain = new TrustDomain(message.getTrustDomain());
        var health = decode(message.getHealth());
        return peer(message.getPeer())
                .<Target>map(peer ->
                        new Target.PeerTarget(
                                peer,
                                service,
                                message.getSni(),
                                message.getSpiffeIdsList(),
                                trustDomain,
                                endpoints,
                                health))
                .orElseGet(() ->
                        new Target.LocalTarget(
                                service,
                                message.getSubset(),
                                message.getSni(),
                                message.getSpiffeIdsList(),
                                trustDomain,
                                endpoints,
                                health));
    }

    private static dev.hansa.failover.wire.SniRoute encode(SniRoute route) {
        var message =
                dev.hansa.failover.wire.SniRoute.newBuilder()
                        .setSni(route.sni())
                        .setPurpose(route.purpose())
                        .setPeer(route.peer())
                        .setEvidence(route.evidence());
        route.endpoints().forEach(endpoint -> message.addEndpoints(encode(endpoint)));
        return message.build();
    }

    private static SniRoute decode(dev.hansa.failover.wire.SniRoute message) {
        return new SniRoute(
                message.getSni(),
                message.getPurpose(),
                message.getPeer(),
                endpoints(message.getEndpointsList()),
                message.getEvidence());
    }

    private static dev.hansa.failover.wire.TargetEndpoint encode(TargetEndpoint endpoint) {
        return dev.hansa.failover.wire.TargetEndpoint.newBuilder()
                .setAddress(encode(endpoint.address()))
                .setHealth(encode(endpoint.health()))
                .build();
    }

    static Address encode(Endpoint address) {
        return Address.newBuilder().setHost(address.host()).setPort(address.port()).build();
    }

    private static Endpoint decode(Address message) {
        return new Endpoint(message.getHost(), message.getPort());
    }

    private static List<TargetEndpoint> endpoints(
            List<dev.hansa.failover.wire.TargetEndpoint> messages) {
        return messages.stream()
                .map(message ->
                        new TargetEndpoint(
                                decode(message.getAddress()), decode(message.getHealth())))
                .toList();
    }

    private static Health encode(HealthView health) {
        return Health.newBuilder()
                .setHealthy(health.healthy())
                .setSpare(health.spare())
                .setEvidence(health.evidence())
                .build();
    }

    private static HealthView decode(Health message) {
        return new HealthView(
                message.getHealthy(),
                message.getSpare() && !message.getHealthy(),
                message.getEvidence());
    }

    private static Bundle encode(TrustBundle bundle) {
        var message = Bundle.newBuilder().setTrustDomain(bundle.trustDomain().name());
        for (var root : bundle.roots()) {
            try {
                message.addRoots(ByteString.copyFrom(root.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException("a parsed certificate cannot be encoded", e);
            }
        }
        return message.build();
    }

    private static TrustBundle decode(Bundle message) {
        return new TrustBundle(
                new TrustDomain(message.getTrustDomain()),
                message.getRootsList().stream().map(RouteCodec::certificate).toList());
    }

    /// One DER certificate.
    ///
    /// @throws IllegalArgumentException when the bytes are not one
    public static X509Certificate certificate(ByteString der) {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(der.toByteArray()));
        } catch (CertificateException e) {
            throw new IllegalArgumentException("expected a DER certificate: " + e.getMessage(), e);
        }
    }

    private static Inbound encode(InboundPolicy policy) {
        var message =
                Inbound.newBuilder()
                        .setDefaultAllow(policy.intentions().defaultAllow())
                        .setMaxConnections(policy.maxConnections());
        new TreeMap<>(policy.peers())
                .forEach((domain, peer) -> message.putPeers(domain.name(), peer.value()));
        policy.intentions()
                .intentions()
                .forEach(intention ->
                        message.addIntentions(
                                dev.hansa.failover.wire.Intention.newBuilder()
                                        .setSource(intention.source())
                                        .setSourcePeer(
                                                intention
                                                        .sourcePeer()
                                                        .map(PeerName::value)
                                                        .orElse(""))
                                        .setDestination(intention.destination())
                                        .setAllow(intention.allow())));
        return message.build();
    }

    private static InboundPolicy decode(Inbound message) {
        var peers = new HashMap<TrustDomain, PeerName>();
        message.getPeersMap()
                .forEach((domain, peer) -> peers.put(new TrustDomain(domain), new PeerName(peer)));
        return new InboundPolicy(
                peers,
                new IntentionTable(
                        message.getDefaultAllow(),
                        message.getIntentionsList().stream()
                                .map(intention ->
                                        new Intention(
                                                intention.getSource(),
                                                peer(intention.getSourcePeer()),
                                                intention.getDestination(),
                                                intention.getAllow()))
                                .toList()),
                message.getMaxConnections());
    }
}
