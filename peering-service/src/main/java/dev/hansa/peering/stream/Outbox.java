package dev.hansa.peering.stream;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import dev.hansa.bootstrap.Sha256;
import dev.hansa.exportedservices.CatalogCodec;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.PeerExport;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.wire.Operation;
import dev.hansa.peering.wire.PeeringServerAddresses;
import dev.hansa.peering.wire.PeeringTrustBundle;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.trustbundle.PeerName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntSupplier;

/// What one stream still has to tell its peer: the names of the resources that may differ from what
/// it has sent. A resource is encoded when the wire has room for it, as it is then, so one that
/// changes again meanwhile is sent once, and a peer that does not read costs the names alone.
final class Outbox {
    /// Responses that the peer has not acknowledged. Consul sends without limit; this keeps a peer
    /// that reads but does not keep up from being sent a whole catalog ahead of its answers.
    private static final int WINDOW = 1024;

    /// Between two lists that only add names: the services themselves travel at once, and a list of
    /// 10,000 names is 200 KB, too much to send for each service of a datacenter that starts. A
    /// list that takes a name away does not wait.
    private static final long LIST_GAP_NANOS = 100_000_000;

    private record Key(String url, String id) {}

    /// A resource that the peer would not take.
    ///
    /// @param most bytes of a message that it takes
    /// @param found bytes of the message
    record TooLarge(String id, int most, long found) {}

    private static final Key BUNDLE = new Key(PeerStreamRpc.TRUST_BUNDLE, PeerStreamRpc.BUNDLE_ID);
    private static final Key ADDRESSES =
            new Key(PeerStreamRpc.SERVER_ADDRESSES, PeerStreamRpc.ADDRESSES_ID);
    private static final Key LIST =
            new Key(PeerStreamRpc.EXPORTED_SERVICE_LIST, PeerStreamRpc.LIST_ID);

    /// In place of a hash; equals none.
    private static final ByteString WITHDRAWN = ByteString.EMPTY;

    private final OwnDatacenter own;
    private final PeerName peer;
    private final IntSupplier largest;
    private final Set<String> subscriptions = new HashSet<>();
    private final Map<Key, ByteString> sent = new HashMap<>();
    private final Set<Key> dirty = new LinkedHashSet<>();
    private final Set<Key> tooLarge = new HashSet<>();
    private final List<TooLarge> leftOut = new ArrayList<>();
    private SortedSet<String> services = new TreeSet<>();
    private List<String> exported = List.of();
    private ListState list = ListState.SENT;
    private long listSentAt = System.nanoTime() - LIST_GAP_NANOS;
    private Optional<Seen> seen = Optional.empty();

    /// Whether something may have been kept from the peer, which a leader did not know.
    private boolean wasHeld;

    private long nonce;
    private long acknowledged;
    private String bundleNonce = "";
    private List<String> bundleRoots = List.of();

    /// How the list that the peer has compares with what is true.
    private enum ListState {
        SENT,
        LACKS_NAMES,
        HAS_TOO_MANY
    }

    /// What the last refresh was made from.
    private record Seen(
            PeerExport export,
            StoreState state,
            List<String> roots,
            Optional<List<String>> addresses,
            boolean isWhole) {
        boolean hasSameConfig(StoreState other) {
            return state.config() == other.config();
        }

        /// Whether the peer may see a service of which nothing is known, while there may be more
        /// than is known. A policy that does not offer it any more is known.
        boolean mayBeThere(String service) {
            return !isWhole && export.policy().exports(service, export.importer());
        }
    }

    /// @param largest bytes of the largest message that the peer takes, asked with each, as a
    ///   dialer knows it only once headers have come
    Outbox(OwnDatacenter own, PeerName peer, IntSupplier largest) {
        this.own = own;
        this.peer = peer;
        this.largest = largest;
    }

    /// False when it was subscribed already: then the request is an acknowledgement.
    boolean subscribe(String url) {
        var isNew = subscriptions.add(url);
        if (isNew) {
            seen = Optional.empty();
        }
        return isNew;
    }

    void acknowledged() {
        acknowledged = Math.min(nonce, acknowledged + 1);
    }

    /// The roots that an acknowledgement with this nonce is for; empty when it is for something
    /// else.
    List<String> rootsOf(String acknowledgedNonce) {
        return acknowledgedNonce.equals(bundleNonce) ? bundleRoots : List.of();
    }

    /// The services that the peer was last told that it may see.
    List<String> exported() {
        return exported;
    }

    /// Has the peer taken all that there is to say.
    boolean isEmpty() {
        return dirty.isEmpty() && list == ListState.SENT && acknowledged == nonce;
    }

    /// Takes in the present state, at the price of what changed since the last time.
    ///
    /// @param isWhole whether the catalog is all there is. Until it is the peer keeps what it has
    ///   of services that we offer and know nothing of: we have just begun to lead, and whoever has
    ///   not come back yet is not gone
    void refresh(CatalogSnapshot catalog, StoreState state, boolean isWhole) {
        var before = seen;
        var policy =
                before.filter(last -> last.hasSameConfig(state))
                        .map(last -> last.export().policy())
                        .orElseGet(() -> own.exports().apply(state));
        var now =
                new Seen(
                        new PeerExport(catalog, policy, peer, own.trustDomain(), own.datacenter()),
                        state,
                        own.roots().apply(state),
                        own.addresses()
                                .now(state, catalog)
                                // the peer keeps them for good, and gateways may be missing
                                .filter(_ -> isWhole || !own.addresses().areGateways(state)),
                        isWhole);
        seen = Optional.of(now);
        if (subscriptions.contains(PeerStreamRpc.TRUST_BUNDLE)
                && !now.roots().isEmpty()
                && before.filter(last -> last.roots().equals(now.roots())).isEmpty()) {
            dirty.add(BUNDLE);
        }
        if (subscriptions.contains(PeerStreamRpc.SERVER_ADDRESSES)
                && now.addresses().isPresent()
                && before.filter(last -> last.addresses().equals(now.addresses())).isEmpty()) {
            dirty.add(ADDRESSES);
        }
        if (subscriptions.contains(PeerStreamRpc.EXPORTED_SERVICE)) {
            var isNowWhole = isWhole && wasHeld;
            wasHeld = !isWhole;
            if (isNowWhole) {
                // what was kept from the peer meanwhile
                sent.keySet().stream()
                        .filter(key -> key.url().equals(PeerStreamRpc.EXPORTED_SERVICE))
                        .forEach(dirty::add);
            }
            if (before.isPresent()
                    && !isNowWhole
                    && concernsSomeOnly(before.get().export(), now.export())) {
                catalog.localChangesSince(before.get().export().catalog())
                        .forEach(name -> touch(PeerExport.service(name), now.export()));
            } else {
                touchAll(now.export());
            }
        }
    }

    private static boolean concernsSomeOnly(PeerExport before, PeerExport now) {
        return before.policy().equals(now.policy())
                && before.catalog().meshGateways().equals(now.catalog().meshGateways());
    }

    /// What the policy or the gateways decide may be different for every name.
    private void touchAll(PeerExport export) {
        var names = export.services();
        var gone = new TreeSet<>(services);
        gone.removeAll(names);
        gone.forEach(this::withdraw);
        names.forEach(this::markDirty);
        if (!gone.isEmpty()) {
            list = ListState.HAS_TOO_MANY;
        } else if (!services.equals(names) || !sent.containsKey(LIST)) {
            outdated(ListState.LACKS_NAMES);
        }
        services = names;
    }

    private void touch(String service, PeerExport export) {
        if (export.includes(service)) {
            markDirty(service);
            if (services.add(service)) {
                outdated(ListState.LACKS_NAMES);
            }
        } else if (services.remove(service)) {
            withdraw(service);
            list = ListState.HAS_TOO_MANY;
        }
    }

    /// The list will make the peer forget both names, so that neither may pass for sent if the
    /// service comes back.
    private void withdraw(String service) {
        for (var key : keys(service)) {
            sent.computeIfPresent(key, (_, _) -> WITHDRAWN);
            dirty.add(key);
        }
    }

    private void outdated(ListState how) {
        if (list == ListState.SENT) {
            list = how;
        }
    }

    private void markDirty(String service) {
        dirty.addAll(keys(service));
    }

    private static List<Key> keys(String service) {
        return List.of(
                new Key(PeerStreamRpc.EXPORTED_SERVICE, service),
                new Key(PeerStreamRpc.EXPORTED_SERVICE, service + ServiceName.SIDECAR_SUFFIX));
    }

    /// The next response to send, if there is one and the peer keeps up.
    Optional<ReplicationMessage> next() {
        if (seen.isEmpty()) {
            return Optional.empty();
        }
        var now = seen.get();
        while (nonce - acknowledged < WINDOW) {
            if (isListDue(now)) {
                list = ListState.SENT;
                listSentAt = System.nanoTime();
                exported = List.copyOf(services);
                var response = response(LIST, CatalogCodec.encodeNames(exported));
                if (response.isPresent()) {
                    return response;
                }
                continue;
            }
            if (dirty.isEmpty()) {
                return Optional.empty();
            }
            var key = dirty.iterator().next();
            dirty.remove(key);
            var response = content(key, now).flatMap(message -> response(key, message));
            if (response.isPresent()) {
                return response;
            }
        }
        return Optional.empty();
    }

    /// After the services, so that a peer that has read the list has read what it names; but at
    /// once when it takes a name away.
    private boolean isListDue(Seen now) {
        return !isListHeld(now)
                && switch (list) {
                    case SENT -> false;
                    case HAS_TOO_MANY -> true;
                    case LACKS_NAMES -> dirty.isEmpty() && listWait() <= 0;
                };
    }

    /// With `*` the names are those of what runs, and one that is missing is withdrawn.
    private static boolean isListHeld(Seen now) {
        return now.mayBeThere(ExportPolicy.ANY);
    }

    private long listWait() {
        return listSentAt + LIST_GAP_NANOS - System.nanoTime();
    }

    /// When there may be something to send although nothing changes, a `System.nanoTime`.
    OptionalLong due() {
        return list == ListState.LACKS_NAMES
                        && dirty.isEmpty()
                        && nonce - acknowledged < WINDOW
                        && seen.filter(Outbox::isListHeld).isEmpty()
                ? OptionalLong.of(listSentAt + LIST_GAP_NANOS)
                : OptionalLong.empty();
    }

    /// A service that may not be seen any more is withdrawn by the list alone; its companion is
    /// said to be empty as well. Either is sent whole if it comes back.
    private Optional<MessageLite> content(Key key, Seen now) {
        if (key.equals(BUNDLE)) {
            return Optional.of(
                    PeeringTrustBundle.newBuilder()
                            .setTrustDomain(own.trustDomain().name())
                            .addAllRootPEMs(now.roots())
                            .build());
        }
        if (key.equals(ADDRESSES)) {
            return now.addresses()
                    .map(addresses ->
                            PeeringServerAddresses.newBuilder().addAllAddresses(addresses).build());
        }
        var instances = now.export().named(key.id());
        if (instances.filter(all -> !all.isEmpty()).isEmpty()
                && now.mayBeThere(PeerExport.service(key.id()))) {
            return Optional.empty();
        }
        if (instances.isPresent()) {
            return Optional.of(CatalogCodec.encode(instances.get()));
        }
        var wasSent = sent.remove(key) != null;
        return wasSent && key.id().endsWith(ServiceName.SIDECAR_SUFFIX)
                ? Optional.of(CatalogCodec.encode(List.of()))
                : Optional.empty();
    }

    /// Empty when the peer has it already, or when it is too large: then the peer keeps what it
    /// had, and all the rest goes on.
    private Optional<ReplicationMessage> response(Key key, MessageLite message) {
        var most = largest.getAsInt();
        if (message.getSerializedSize() > most) {
            leaveOut(key, most, message.getSerializedSize());
            return Optional.empty();
        }
        var bytes = deterministic(message);
        var hash = ByteString.copyFrom(Sha256.of(bytes));
        if (hash.equals(sent.get(key))) {
            tooLarge.remove(key);
            return Optional.empty();
        }
        var next = "%08x".formatted(nonce + 1);
        var response = response(key, bytes, next);
        if (response.getSerializedSize() > most) {
            leaveOut(key, most, response.getSerializedSize());
            return Optional.empty();
        }
        tooLarge.remove(key);
        var isWithdrawal = message.getSerializedSize() == 0 && !key.equals(LIST);
        if (!isWithdrawal || services.contains(PeerExport.service(key.id()))) {
            sent.put(key, hash);
        }
        nonce++;
        if (key.equals(BUNDLE)) {
            bundleNonce = next;
            bundleRoots = seen.map(Seen::roots).orElse(List.of());
        }
        return Optional.of(response);
    }

    private static ReplicationMessage response(Key key, byte[] resource, String nonce) {
        return ReplicationMessage.newBuilder()
                .setResponse(
                        ReplicationMessage.Response.newBuilder()
                                .setNonce(nonce)
                                .setResourceURL(key.url())
                                .setResourceID(key.id())
                                .setResource(
                                        Any.newBuilder()
                                                .setTypeUrl(key.url())
                                                .setValue(
                                                        UnsafeByteOperations.unsafeWrap(resource)))
                                .setOperation(Operation.OPERATION_UPSERT))
                .build();
    }

    /// Said once, however often the resource changes, until it fits again.
    private void leaveOut(Key key, int most, long found) {
        if (tooLarge.add(key)) {
            leftOut.add(new TooLarge(key.id(), most, found));
        }
    }

    /// What was left out since the last call because it is too large to send.
    List<TooLarge> leftOut() {
        var all = List.copyOf(leftOut);
        leftOut.clear();
        return all;
    }

    private static byte[] deterministic(MessageLite message) {
        var bytes = new byte[message.getSerializedSize()];
        var output = CodedOutputStream.newInstance(bytes);
        output.useDeterministicSerialization();
        try {
            message.writeTo(output);
        } catch (IOException e) {
            throw new UncheckedIOException("a message did not fit its own size", e);
        }
        output.checkNoSpaceLeft();
        return bytes;
    }
}
