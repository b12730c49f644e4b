package dev.hansa.peering.api;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
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
record CatalogView(CatalogSnapshot now, StoreState state) {
    /// All that runs in this datacenter, by service.
    Stream<ServiceInstance> instances() {
        return new TreeMap<>(now.local()).values().stream().flatMap(List::stream);
    }

    /// @param peer where it was imported from; empty: this datacenter's own
    Stream<ServiceInstance> named(Optional<PeerName> peer, String name) {
        return peer
                .map(from -> now.from(from).named(name))
                .orElseGet(() -> now.named(name))
                .stream();
    }

    /// The proxies of a service: where mutual TLS for it ends.
    Stream<ServiceInstance> proxies(Optional<PeerName> peer, ServiceName service) {
        return peer.isPresent()
                ? named(peer, service.sidecar())
                : instances()
                        .filter(each ->
                                each.kind() == ServiceKind.CONNECT_PROXY
                                        && each.destination().equals(Optional.of(service)));
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
        instances().forEach(each -> byName.putIfAbsent(each.node().name(), each));
        now.named(ServerInfo.SERVICE).forEach(each -> byName.put(each.node().name(), each));
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
        return Stream.concat(registeredNodes(), instances())
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
