package dev.hansa.peering.api;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.Remarks;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.PeerName;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The catalog as readers of the API see it: what runs, and the nodes that were registered whether
/// or not anything runs there.
///
/// @param caller who sees only what he may
record CatalogView(CatalogSnapshot now, StoreState state, Caller caller) {
    /// Instances as they are shown with what stands for their services.
    ///
    /// @param peer where they were imported from; empty: this datacenter's own
    ServiceJson json(Optional<PeerName> peer) {
        return new ServiceJson(peer, state.virtual());
    }

    /// All that runs in this datacenter, by service.
    Stream<ServiceInstance> instances() {
        return new TreeMap<>(now.local())
                .values().stream().flatMap(List::stream).filter(this::sees);
    }

    private boolean sees(ServiceInstance instance) {
        return caller.sees(Need.read(Resource.SERVICE, instance.name()))
                && caller.sees(Need.read(Resource.NODE, instance.node().name()));
    }

    /// The nodes of a peer are the peer's; no rule of ours speaks of them.
    boolean seesImported(String service) {
        return caller.sees(Need.read(Resource.SERVICE, service));
    }

    /// What peers let us see, by peer and service.
    void imported(ImportedService each) {
        new TreeMap<>(now.imported())
                .forEach((peer, imported) ->
                        imported.serviceNames().stream()
                                .filter(this::seesImported)
                                .forEach(name -> each.is(peer, imported, name)));
    }

    @FunctionalInterface
    interface ImportedService {
        void is(PeerName peer, ImportedCatalog from, String name);
    }

    /// @param peer where it was imported from; empty: this datacenter's own
    Stream<ServiceInstance> named(Optional<PeerName> peer, String name) {
        if (!seesImported(name)) {
            // asked before it is looked for, so that nobody learns whether it is there
            return Stream.empty();
        }
        return peer.isPresent()
                ? now.from(peer.get()).named(name).stream()
                        .filter(instance -> seesImported(instance.name()))
                : now.named(name).stream().filter(this::sees);
    }

    /// The proxies of a service, where mutual TLS for it ends, and what says to end it itself.
    Stream<ServiceInstance> proxies(Optional<PeerName> peer, String service) {
        return peer.isPresent()
                ? named(peer, service + ServiceName.SIDECAR_SUFFIX)
                : instances().filter(each -> isProxyOf(each, service) || isNative(each, service));
    }

    private static boolean isProxyOf(ServiceInstance instance, String service) {
        return instance.kind() == ServiceKind.CONNECT_PROXY
                && instance.destination()
                        .map(ServiceName::value)
                        .filter(service::equals)
                        .isPresent();
    }

    private static boolean isNative(ServiceInstance instance, String service) {
        return instance.name().equals(service)
                && instance.remarks().map(Remarks::speaksMesh).orElse(false);
    }

    private Stream<ServiceInstance> registeredNodes() {
        return state.registrations().values().stream()
                .filter(RegistrationRecord::isNode)
                .map(RegistrationRecord::instance);
    }

    /// By name: what a server says of its own node, what was registered of a node, or an instance
    /// that runs there.
    SortedMap<String, ServiceInstance> nodes() {
        var byName = new TreeMap<String, ServiceInstance>();
        registeredNodes().forEach(each -> byName.put(each.node().name(), each));
        now.local().values().stream()
                .flatMap(List::stream)
                .forEach(each -> byName.putIfAbsent(each.node().name(), each));
        now.named(ServerInfo.SERVICE).forEach(each -> byName.put(each.node().name(), each));
        byName.keySet().removeIf(node -> !caller.sees(Need.read(Resource.NODE, node)));
        return byName;
    }

    Optional<ServiceInstance> node(String name) {
        return Optional.ofNullable(nodes().get(name));
    }

    Stream<ServiceInstance> at(String node) {
        return instances().filter(each -> each.node().name().equals(node));
    }

    /// Every check, those of a node once.
    Stream<ListFilters.Checked> checks() {
        var seen = new HashSet<Map.Entry<String, String>>();
        var nodes =
                registeredNodes()
                        .filter(each -> caller.sees(Need.read(Resource.NODE, each.node().name())));
        return Stream.concat(nodes, instances())
                .flatMap(CatalogView::checks)
                .filter(one ->
                        !one.check().isOfNode()
                                || seen.add(
                                        Map.entry(one.instance().node().name(), one.check().id())));
    }

    static Stream<ListFilters.Checked> checks(ServiceInstance instance) {
        return instance.checks().stream().map(check -> new ListFilters.Checked(instance, check));
    }
}
