package dev.hansa.peering.stream;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.exportedservices.CatalogCodec;
import dev.hansa.exportedservices.CatalogUpdate;
import dev.hansa.exportedservices.CatalogUpdate.ServiceReplaced;
import dev.hansa.exportedservices.CatalogUpdate.ServicesListed;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.exportedservices.wire.ExportedService;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.RefusalReason;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.store.BundleRecord;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.wire.PeeringServerAddresses;
import dev.hansa.peering.wire.PeeringTrustBundle;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Takes in what one peer sends. Whatever that is, it touches only what came from this peer: its
/// services under its name, its bundle for the trust domain that was pinned, its own addresses.
/// Anything else is an [IllegalArgumentException], which the session turns into a NACK.
final class Imports {
    /// A datacenter has a few gateways or servers; each attempt to dial costs time.
    private static final int MAX_ADDRESSES = 64;

    private final StreamContext context;
    private final PeerName peer;
    private final String peeringId;
    private final boolean dials;
    private final BooleanSupplier fromHansa;
    private @Nullable ImportedBytes bytes;

    /// What `companions` was counted in.
    private Map<String, List<ServiceInstance>> counted = Map.of();

    private int companions;

    /// @param fromHansa asked with each message, as a dialer knows it only once headers have come
    Imports(
            StreamContext context,
            PeeringRecord peering,
            boolean dials,
            BooleanSupplier fromHansa) {
        this.context = context;
        this.peer = peering.name();
        this.peeringId = peering.id();
        this.dials = dials;
        this.fromHansa = fromHansa;
    }

    /// @return whether there is a service now that was not there, or the other way round
    /// @throws IllegalArgumentException when the resource is not for us to take; nothing has
    ///   changed
    boolean apply(String url, String id, Any resource) {
        var before = held().instances().size();
        take(url, id, resource);
        // neither message adds some names and takes away others
        return held().instances().size() != before;
    }

    private ImportedCatalog held() {
        return context.catalog().snapshots().get().from(peer);
    }

    private void take(String url, String id, Any resource) {
        try {
            switch (url) {
                case PeerStreamRpc.EXPORTED_SERVICE ->
                        replace(
                                service(id, ExportedService.parseFrom(resource.getValue())),
                                resource.getValue().size());
                case PeerStreamRpc.EXPORTED_SERVICE_LIST ->
                        reconcile(listed(ExportedServiceList.parseFrom(resource.getValue())));
                case PeerStreamRpc.TRUST_BUNDLE ->
                        trust(PeeringTrustBundle.parseFrom(resource.getValue()));
                case PeerStreamRpc.SERVER_ADDRESSES ->
                        dialAt(PeeringServerAddresses.parseFrom(resource.getValue()));
                default ->
                        throw new IllegalArgumentException(
                                "expected a known resource; found '" + url + "'");
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("the resource cannot be decoded", e);
        }
    }

    private ServiceReplaced service(String id, ExportedService message) {
        var most = context.limits().instances();
        if (message.getNodesCount() > most) {
            throw new RefusedImportException(
                    RefusalReason.LIMIT,
                    "expected at most "
                            + most
                            + " instances of one service (peer.max-instances); found "
                            + message.getNodesCount());
        }
        return CatalogCodec.decode(id, message);
    }

    /// The names that were too many have been refused one by one. A list that has them still says
    /// what is withdrawn, so of one that is too long only what is held is looked at.
    private ServicesListed listed(ExportedServiceList message) {
        if (message.getServicesCount() <= context.limits().services()) {
            return CatalogCodec.decode(message);
        }
        var held = held().instances();
        return new ServicesListed(
                message.getServicesList().stream()
                        .filter(name ->
                                held.containsKey(name)
                                        || held.containsKey(name + ServiceName.SIDECAR_SUFFIX))
                        .toList());
    }

    /// Services and their companions are counted apart: one of each has room, in any order.
    private void requireRoom(Map<String, List<ServiceInstance>> held, String name) {
        if (held.containsKey(name)) {
            return;
        }
        var companions = companions(held);
        var most = context.limits().services();
        if ((isCompanion(name) ? companions : held.size() - companions) >= most) {
            throw new RefusedImportException(
                    RefusalReason.LIMIT,
                    "expected at most "
                            + most
                            + " services from one peer (peer.max-services); found one more");
        }
    }

    /// Kept from one message to the next, so that a full catalog is not counted for each.
    private int companions(Map<String, List<ServiceInstance>> held) {
        if (held != counted) {
            counted = held;
            companions =
                    Math.toIntExact(held.keySet().stream().filter(Imports::isCompanion).count());
        }
        return companions;
    }

    private void recount(String name, Map<String, List<ServiceInstance>> before) {
        if (before == counted) {
            counted = held().instances();
            if (isCompanion(name)) {
                companions +=
                        (counted.containsKey(name) ? 1 : 0) - (before.containsKey(name) ? 1 : 0);
            }
        }
    }

    private static boolean isCompanion(String name) {
        return name.endsWith(ServiceName.SIDECAR_SUFFIX);
    }

    /// Counted when the first service comes, with what an earlier conversation left.
    private ImportedBytes bytes() {
        var present = bytes;
        if (present == null) {
            present = new ImportedBytes(held().instances());
            bytes = present;
        }
        return present;
    }

    private void requireBytes(String name, int size) {
        var most = context.limits().catalog();
        var found = bytes().with(name, size);
        if (found > most) {
            throw new RefusedImportException(
                    RefusalReason.LIMIT,
                    "expected at most "
                            + most
                            + " bytes of services from one peer (peer.max-catalog); found "
                            + found);
        }
    }

    /// @param size bytes that it came in
    private void replace(ServiceReplaced sent, int size) {
        var held = held().instances();
        if (!sent.instances().isEmpty()) {
            requireRoom(held, sent.name());
            requireBytes(sent.name(), size);
        }
        var trustDomain = pinned();
        var update =
                new ServiceReplaced(
                        sent.name(),
                        sent.instances().stream().map(one -> checked(one, trustDomain)).toList());
        var before = held.getOrDefault(update.name(), List.of());
        change(update);
        recount(update.name(), held);
        bytes().put(sent.name(), update.instances().isEmpty() ? 0 : size);
        if (!update.instances().isEmpty()) {
            context.events()
                    .accept(
                            new PeeringEvent.ServiceImported(
                                    peer, update.name(), before.size(), update.instances().size()));
        } else if (!before.isEmpty()) {
            context.events().accept(new PeeringEvent.ServiceWithdrawn(peer, update.name()));
        }
    }

    private void reconcile(ServicesListed update) {
        var before = held().serviceNames();
        change(update);
        var left = held().instances();
        bytes().retain(left.keySet());
        before.stream()
                .filter(name -> !left.containsKey(name))
                .forEach(name ->
                        context.events().accept(new PeeringEvent.ServiceWithdrawn(peer, name)));
    }

    private void change(CatalogUpdate update) {
        context.catalog().imported(peer, update::applyTo);
    }

    private Optional<TrustDomain> pinned() {
        return context.store().now().peeringById(peeringId).flatMap(PeeringRecord::trustDomain);
    }

    /// A peer may name only identities and SNI names of its own trust domain: our gateway routes by
    /// the one and our sidecars trust the other. Before its trust domain is known it may still not
    /// name another's.
    ///
    /// @return the instance with the identities that may answer for it
    private ServiceInstance checked(ServiceInstance instance, Optional<TrustDomain> trustDomain) {
        if (instance.peerMeta().isEmpty()) {
            return instance;
        }
        var meta = instance.peerMeta().get();
        for (var text : meta.spiffeIds()) {
            var named = SpiffeId.parse(text).trustDomain();
            requireOwn(named, trustDomain);
            for (var sni : meta.sni()) {
                var service = instance.destination().map(ServiceName::value).orElse("");
                if (!sni.startsWith(service + ".") || !sni.endsWith(".external." + named)) {
                    throw new RefusedImportException(
                            RefusalReason.FOREIGN_NAME,
                            "instance '"
                                    + instance.id()
                                    + "': expected an SNI name of service '"
                                    + service
                                    + "' and trust domain '"
                                    + named
                                    + "'; found another");
                }
            }
        }
        var answering = meta.answeredBy(fromHansa.getAsBoolean());
        if (answering.spiffeIds().isEmpty() || meta.sni().isEmpty()) {
            throw new IllegalArgumentException(
                    "instance '"
                            + instance.id()
                            + "': expected an SNI name and an identity of a service; found none");
        }
        return instance.withPeerMeta(answering);
    }

    private void requireOwn(TrustDomain named, Optional<TrustDomain> trustDomain) {
        if (trustDomain.isPresent()) {
            if (!trustDomain.get().equals(named)) {
                throw mismatch(trustDomain.get(), named);
            }
        } else {
            requireFree(named);
        }
    }

    private static IllegalArgumentException mismatch(TrustDomain required, TrustDomain found) {
        return new RefusedImportException(
                RefusalReason.FOREIGN_TRUST_DOMAIN,
                "required trust domain '" + required + "'; found '" + found + "'");
    }

    private void requireFree(TrustDomain named) {
        if (named.equals(context.own().trustDomain())) {
            throw new RefusedImportException(
                    RefusalReason.FOREIGN_TRUST_DOMAIN,
                    "trust domain '" + named + "' is this datacenter's own");
        }
        holder(context.store().now(), named, peer)
                .ifPresent(other -> {
                    throw new RefusedImportException(
                            RefusalReason.FOREIGN_TRUST_DOMAIN,
                            "trust domain '" + named + "' is that of peer '" + other + "'");
                });
    }

    /// The other peer that a trust domain belongs to.
    static Optional<PeerName> holder(StoreState state, TrustDomain trustDomain, PeerName except) {
        var byRecord =
                state.peerings().values().stream()
                        .filter(record -> record.trustDomain().equals(Optional.of(trustDomain)))
                        .map(PeeringRecord::name);
        var byBundle =
                state.bundles().values().stream()
                        .filter(bundle -> bundle.trustDomain().equals(trustDomain.name()))
                        .map(BundleRecord::peer);
        return java.util.stream.Stream.concat(byRecord, byBundle)
                .filter(name -> !name.equals(except))
                .findFirst();
    }

    private void trust(PeeringTrustBundle message) {
        var trustDomain = new TrustDomain(message.getTrustDomain());
        var roots = TrustBundle.fromPem(trustDomain, message.getRootPEMsList());
        if (roots.roots().isEmpty()) {
            throw new IllegalArgumentException(
                    "trust bundle of '" + trustDomain + "': expected a root; found none");
        }
        requireOwn(trustDomain, pinned());
        require(
                PeeringWrites.update(
                        context.store(),
                        peeringId,
                        record -> {
                            var pinned = record.withRemote(trustDomain, record.remoteDatacenter());
                            return dials ? pinned.withCaPems(roots.pems()) : pinned;
                        }));
        var before = context.store().now().bundles().get(peer);
        if (before == null
                || !before.trustDomain().equals(trustDomain.name())
                || !before.rootPems().equals(roots.pems())) {
            var command =
                    new StoreCommand.PutBundle(
                            new BundleRecord(peer, trustDomain.name(), roots.pems(), 0));
            switch (Author.as("peer " + peer, () -> context.store().apply(command))) {
                case StoreAnswer.Applied _, StoreAnswer.Unchanged _ ->
                        context.events()
                                .accept(
                                        new PeeringEvent.TrustUpdated(
                                                peer, trustDomain.name(), roots.roots().size()));
                case StoreAnswer.Refused(var reason) ->
                        throw new RefusedImportException(RefusalReason.NOT_STORED, reason);
            }
        }
        dropForeign(trustDomain);
    }

    /// What came before the trust domain was pinned may name another that was free then.
    private void dropForeign(TrustDomain trustDomain) {
        var foreign = new ArrayList<String>();
        held().instances()
                .forEach((name, instances) -> {
                    if (instances.stream().anyMatch(one -> !speaksFor(one, trustDomain))) {
                        foreign.add(name);
                    }
                });
        for (var name : foreign) {
            change(new ServiceReplaced(name, List.of()));
            bytes().put(name, 0);
            context.events()
                    .accept(
                            new PeeringEvent.ResourceRefused(
                                    peer,
                                    name,
                                    RefusalReason.FOREIGN_TRUST_DOMAIN,
                                    "required trust domain '" + trustDomain + "'; found another"));
        }
    }

    private static boolean speaksFor(ServiceInstance instance, TrustDomain trustDomain) {
        return instance.peerMeta().stream()
                .flatMap(meta -> meta.spiffeIds().stream())
                .allMatch(id -> SpiffeId.parse(id).trustDomain().equals(trustDomain));
    }

    private void dialAt(PeeringServerAddresses message) {
        if (!dials) {
            throw new RefusedImportException(
                    RefusalReason.PROTOCOL, "server addresses are for the side that dials");
        }
        var addresses = message.getAddressesList();
        if (addresses.isEmpty() || addresses.size() > MAX_ADDRESSES) {
            throw new IllegalArgumentException(
                    "expected 1 to " + MAX_ADDRESSES + " addresses; found " + addresses.size());
        }
        addresses.forEach(Endpoint::parse);
        require(
                PeeringWrites.update(
                        context.store(), peeringId, record -> record.withAddresses(addresses)));
    }

    private static void require(Optional<String> refusal) {
        refusal.ifPresent(reason -> {
            throw new RefusedImportException(RefusalReason.NOT_STORED, reason);
        });
    }
}
