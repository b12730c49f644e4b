package dev.hansa.peering.api;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.trustbundle.Datacenter;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// All servers of the datacenter as one agent: whoever registers with one of them finds it at every
/// other, also when another leads.
record Agent(ApiSettings settings, Supplier<CatalogSnapshot> catalog, Registrations registrations) {
    /// In the meta of a node that was registered for what an agent is given.
    static final String MARK = "hansa-agent";

    /// The servers' nodes; also those of servers that are gone for ever, with what was registered
    /// there.
    Set<String> nodes() {
        var nodes = new HashSet<String>();
        nodes.add(settings.nodeName());
        registrations
                .all()
                .filter(each -> each.id().isEmpty() && each.node().meta().containsKey(MARK))
                .forEach(each -> nodes.add(each.node().name()));
        ServerInfo.in(catalog.get()).forEach(server -> nodes.add(server.node()));
        return nodes;
    }

    Datacenter datacenter() {
        return settings.datacenter();
    }

    /// The node of whichever server is asked. Where the API listens on all of a machine's
    /// addresses, the one that others are told stands for it.
    NodeRecord node() {
        return new NodeRecord(
                "",
                settings.nodeName(),
                settings.addresses().own(),
                settings.datacenter().name(),
                Map.of(),
                Map.of(MARK, "true"));
    }

    /// What is registered under an id.
    Optional<ServiceInstance> registered(String id) {
        return id.isEmpty()
                ? Optional.empty()
                : nodes().stream()
                        .sorted()
                        .flatMap(node -> registrations.find(node, id).stream())
                        .findFirst();
    }

    /// Where a service of this id belongs: where it is already, as that node is now, or here.
    NodeRecord nodeOf(String id) {
        var held = registered(id).map(ServiceInstance::node);
        if (held.isEmpty() || held.get().name().equals(settings.nodeName())) {
            return node();
        }
        return registrations
                .find(held.get().name(), "")
                .map(ServiceInstance::node)
                .orElse(held.get());
    }

    /// What holds a check: a service, or a node.
    Optional<ServiceInstance> holder(String checkId) {
        var nodes = nodes();
        return registrations
                .all()
                .filter(each -> nodes.contains(each.node().name()))
                .filter(each -> each.checks().stream().anyMatch(one -> one.id().equals(checkId)))
                .findFirst();
    }

    /// The services of its nodes, without the servers themselves.
    Stream<ServiceInstance> services(Caller caller) {
        var nodes = nodes();
        return new TreeMap<>(catalog.get().local())
                .values().stream()
                        .flatMap(List::stream)
                        .filter(each -> nodes.contains(each.node().name()))
                        .filter(each -> !each.name().equals(ServerInfo.SERVICE))
                        .filter(each -> caller.sees(Need.read(Resource.SERVICE, each.name())));
    }

    /// The checks of its nodes and of their services.
    Stream<ListFilters.Checked> checks(Caller caller) {
        var nodes = nodes();
        return Stream.concat(
                registrations
                        .all()
                        .filter(each -> each.id().isEmpty())
                        .filter(each -> nodes.contains(each.node().name()))
                        .filter(each -> caller.sees(Need.read(Resource.NODE, each.node().name())))
                        .flatMap(CatalogView::checks),
                services(caller)
                        .flatMap(CatalogView::checks)
                        .filter(one -> !one.check().isOfNode()));
    }
}
