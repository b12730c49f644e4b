package dev.hansa.peering.dns;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.trustbundle.PeerName;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.xbill.DNS.DClass;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Type;

/// The domain as the catalog makes it at one moment: from a question to all that there is to say.
/// What may be called answers ([ServiceInstance#isHealthy], by which routes are made too), in any
/// order. Confined to the thread that answers.
final class Zone {
    /// A service that comes back shall be seen at once, so nothing remembers that it was not there.
    private static final long NEGATIVE_TTL = 0;

    /// Nobody transfers this zone, so these say nothing; they are what Consul's says.
    private static final long REFRESH = 3600;

    private static final long RETRY = 600;
    private static final long EXPIRE = 86_400;

    /// The one priority: whatever is healthy here is as good as any other.
    private static final int PRIORITY = 1;

    private static final int MAX_WEIGHT = 65_535;

    private final ZoneNames names;
    private final NameReader reader;
    private final Name self;
    private final long ttl;
    private final RandomGenerator random;
    private final Function<UpstreamName, Optional<VirtualAddress>> virtual;
    private final NodeIndex nodes = new NodeIndex();

    /// @param self this server's name in DNS
    /// @param ttl of what is there, in seconds
    /// @param virtual the address that stands for a service
    Zone(
            ZoneNames names,
            NameReader reader,
            Name self,
            long ttl,
            Function<UpstreamName, Optional<VirtualAddress>> virtual,
            RandomGenerator random) {
        this.names = names;
        this.reader = reader;
        this.self = self;
        this.ttl = ttl;
        this.virtual = virtual;
        this.random = random;
    }

    Reply reply(Query.Question question, CatalogSnapshot catalog) {
        if (question.edns().filter(edns -> edns.version() != 0).isPresent()) {
            return Reply.badVersion();
        }
        var subject = reader.read(question.name());
        if (subject instanceof Subject.Outside || question.dnsClass() != DClass.IN) {
            return Reply.refused();
        }
        if (question.type() == Type.AXFR || question.type() == Type.IXFR) {
            return Reply.refused();
        }
        if (question.type() != Type.ANY && !Type.isRR(question.type())) {
            return Reply.notImplemented();
        }
        nodes.follow(catalog);
        return switch (subject) {
            case Subject.Outside _ -> Reply.refused();
            case Subject.Apex _ -> apex(question, catalog);
            case Subject.Inner _ -> Reply.noData(soa(catalog));
            case Subject.Nothing _ -> Reply.noName(soa(catalog));
            case Subject.Service service -> service(question, service, catalog);
            case Subject.Node(var name, var peer) -> node(question, name, peer, catalog);
            // who may see nothing of a peer is not told that there is one
            case Subject.Peer(var peer) ->
                    catalog.imported().containsKey(peer)
                            ? Reply.noData(soa(catalog))
                            : Reply.noName(soa(catalog));
            case Subject.Virtual(var name) ->
                    virtual.apply(name)
                            .map(address ->
                                    hosts(question, List.of(new Host(address.inet())), catalog))
                            .orElseGet(() -> Reply.noName(soa(catalog)));
            case Subject.Address(var address) ->
                    hosts(question, List.of(new Host(address)), catalog);
        };
    }

    private Record soa(CatalogSnapshot catalog) {
        return new SOARecord(
                names.domain(),
                DClass.IN,
                NEGATIVE_TTL,
                self,
                names.hostmaster(),
                // 32 bits that begin anew
                catalog.version() & 0xffff_ffffL,
                REFRESH,
                RETRY,
                EXPIRE,
                NEGATIVE_TTL);
    }

    private Reply apex(Query.Question question, CatalogSnapshot catalog) {
        return switch (question.type()) {
            case Type.SOA, Type.ANY -> Reply.answer(List.of(soa(catalog)), List.of());
            case Type.NS -> nameServers(question, catalog);
            default -> Reply.noData(soa(catalog));
        };
    }

    /// This datacenter's servers.
    private Reply nameServers(Query.Question question, CatalogSnapshot catalog) {
        var targets = new LinkedHashMap<Name, InetAddress>();
        for (var server : shuffled(healthy(catalog.named(ServerInfo.SERVICE)))) {
            place(server, Optional.empty())
                    .filter(place -> place.host().address().isPresent())
                    .ifPresent(place ->
                            targets.put(place.target(), place.host().address().orElseThrow()));
        }
        if (targets.isEmpty()) {
            return Reply.noData(soa(catalog));
        }
        return Reply.answer(
                targets.keySet().stream()
                        .<Record>map(
                                target -> new NSRecord(question.name(), DClass.IN, ttl, target))
                        .toList(),
                additional(targets));
    }

    private Reply node(
            Query.Question question,
            String name,
            Optional<PeerName> peer,
            CatalogSnapshot catalog) {
        var addresses = nodes.addresses(name, peer);
        return addresses.isEmpty()
                ? Reply.noName(soa(catalog))
                : hosts(
                        question,
                        addresses.stream().flatMap(host -> Host.of(host).stream()).toList(),
                        catalog);
    }

    private Reply service(
            Query.Question question, Subject.Service service, CatalogSnapshot catalog) {
        var instances =
                healthy(instances(service, catalog)).stream()
                        .filter(one -> hasTag(one, service.tag()))
                        .toList();
        if (instances.isEmpty()) {
            return Reply.noName(soa(catalog));
        }
        var places =
                shuffled(instances).stream().flatMap(one -> place(one, service).stream()).toList();
        return question.type() == Type.SRV
                ? servers(question, places, catalog)
                : hosts(question, places.stream().map(Place::host).toList(), catalog);
    }

    private static List<ServiceInstance> instances(
            Subject.Service service, CatalogSnapshot catalog) {
        var name = service.connect() ? service.name().sidecar() : service.name().value();
        return service.peer()
                .map(peer -> catalog.from(peer).named(name))
                .orElseGet(() -> catalog.named(name));
    }

    private static List<ServiceInstance> healthy(List<ServiceInstance> instances) {
        return instances.stream().filter(ServiceInstance::isHealthy).toList();
    }

    private static boolean hasTag(ServiceInstance instance, Optional<String> tag) {
        return tag.isEmpty()
                || instance.tags().stream().anyMatch(one -> one.equalsIgnoreCase(tag.get()));
    }

    private Reply servers(Query.Question question, List<Place> places, CatalogSnapshot catalog) {
        var records = new LinkedHashSet<Record>();
        var targets = new LinkedHashMap<Name, InetAddress>();
        for (var place : places) {
            if (place.port() < 1) {
                continue; // listens nowhere
            }
            records.add(
                    new SRVRecord(
                            question.name(),
                            DClass.IN,
                            ttl,
                            PRIORITY,
                            place.weight(),
                            place.port(),
                            place.target()));
            place.host().address().ifPresent(address -> targets.put(place.target(), address));
        }
        return records.isEmpty()
                ? Reply.noData(soa(catalog))
                : Reply.answer(List.copyOf(records), additional(targets));
    }

    private List<Record> additional(Map<Name, InetAddress> targets) {
        return targets.entrySet().stream()
                .map(target -> names.address(target.getKey(), target.getValue(), ttl))
                .toList();
    }

    /// Addresses; where there is none, the name that leads to one, once, since a name has one
    /// CNAME. To "any" one kind of record is answered (RFC 8482).
    private Reply hosts(Query.Question question, Collection<Host> hosts, CatalogSnapshot catalog) {
        var addresses = distinct(hosts.stream().flatMap(host -> host.address().stream()));
        var alias = hosts.stream().flatMap(host -> host.name().stream()).findFirst();
        var four = addresses.stream().filter(ZoneNames::isFour).toList();
        var six = addresses.stream().filter(address -> !ZoneNames.isFour(address)).toList();
        var chosen =
                switch (question.type()) {
                    case Type.A -> four;
                    case Type.AAAA -> six;
                    case Type.ANY -> four.isEmpty() ? six : four;
                    default -> List.<InetAddress>of();
                };
        if (!chosen.isEmpty()) {
            return Reply.answer(
                    chosen.stream()
                            .map(address -> names.address(question.name(), address, ttl))
                            .toList(),
                    List.of());
        }
        return switch (question.type()) {
            case Type.A, Type.AAAA, Type.ANY, Type.CNAME ->
                    addresses.isEmpty() && alias.isPresent()
                            ? Reply.answer(
                                    List.of(names.alias(question.name(), alias.get(), ttl)),
                                    List.of())
                            : Reply.noData(soa(catalog));
            default -> Reply.noData(soa(catalog));
        };
    }

    private List<InetAddress> distinct(Stream<InetAddress> addresses) {
        return shuffled(new LinkedHashSet<>(addresses.toList()));
    }

    private <T> List<T> shuffled(Collection<T> all) {
        var list = new ArrayList<T>(all);
        Collections.shuffle(list, random);
        return list;
    }

    /// Where a service is.
    ///
    /// @param target the name that SRV gives it
    /// @param port 0 when it listens nowhere
    private record Place(Host host, Name target, int port, int weight) {}

    private Optional<Place> place(ServiceInstance one, Subject.Service service) {
        // the mesh gateways of a peer are reached from here at what they tell strangers
        return service.connect() && service.peer().isPresent()
                ? one.wanEndpoint().flatMap(at -> place(one, at, service.peer()))
                : place(one, service.peer());
    }

    private Optional<Place> place(ServiceInstance one, Optional<PeerName> peer) {
        var host = one.address().isEmpty() ? one.node().address() : one.address();
        return place(one, host, one.port(), peer);
    }

    private Optional<Place> place(ServiceInstance one, Endpoint at, Optional<PeerName> peer) {
        return place(one, at.host(), at.port(), peer);
    }

    private Optional<Place> place(
            ServiceInstance one, String where, int port, Optional<PeerName> peer) {
        return Host.of(where)
                .map(host ->
                        new Place(
                                host,
                                target(one, where, host, peer),
                                Math.max(port, 0),
                                weight(one)));
    }

    /// The node's name where that leads to the same address, as people know it; else a name that
    /// holds the address.
    private Name target(ServiceInstance one, String where, Host host, Optional<PeerName> peer) {
        var node = one.node().name();
        if (host.name().isPresent()) {
            return host.name().get();
        }
        if (nodes.addresses(node, peer).equals(Set.of(where))) {
            var name = names.node(node, peer);
            if (name.isPresent()) {
                return name.get();
            }
        }
        return names.hex(host.address().orElseThrow());
    }

    private static int weight(ServiceInstance one) {
        var weight =
                one.status() == CheckStatus.WARNING ? one.weightWarning() : one.weightPassing();
        return Math.clamp(weight, 0, MAX_WEIGHT);
    }

    /// An address, or a name that somebody else's DNS knows.
    private record Host(Optional<InetAddress> address, Optional<Name> name) {
        Host(InetAddress address) {
            this(Optional.of(address), Optional.empty());
        }

        /// Empty for what leads nowhere.
        static Optional<Host> of(String text) {
            var address = ZoneNames.literal(text);
            if (address.isPresent()) {
                return address.filter(found -> !found.isAnyLocalAddress()).map(Host::new);
            }
            return ZoneNames.foreign(text)
                    .map(name -> new Host(Optional.empty(), Optional.of(name)));
        }
    }
}
