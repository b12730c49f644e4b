package dev.hansa.peering.stream;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import dev.hansa.exportedservices.CatalogCodec;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.ExportedView;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.wire.Operation;
import dev.hansa.peering.wire.PeeringServerAddresses;
import dev.hansa.peering.wire.PeeringTrustBundle;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.trustbundle.PeerName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What one stream still has to tell its peer: the difference between what the peer may see and
/// what this stream has sent. A resource that changes again before it is sent is sent once, as it
/// is then.
final class Outbox {
    /// Responses that the peer has not acknowledged. Consul sends without limit; this keeps a peer
    /// that reads but does not keep up from being sent a whole catalog ahead of its answers.
    private static final int WINDOW = 1024;

    /// A full message has an envelope around the resource.
    private static final int MAX_RESOURCE = PeerStreamRpc.MAX_MESSAGE - 1024;

    private record Key(String url, String id) {}

    private record Pending(ByteString bytes, ByteString hash) {}

    private final OwnDatacenter own;
    private final PeerName peer;
    private final Set<String> subscriptions = new HashSet<>();
    private final Map<Key, ByteString> sent = new HashMap<>();
    private final Map<Key, Pending> pending = new LinkedHashMap<>();
    private List<String> exported = List.of();
    private Optional<Seen> seen = Optional.empty();
    private long nonce;
    private long acknowledged;

    /// What the last refresh was made from; the same again needs no work.
    private record Seen(
            Map<String, List<ServiceInstance>> local,
            ExportPolicy policy,
            List<String> roots,
            Optional<List<String>> addresses) {
        /// The catalog by identity: imports make new snapshots around the same local part.
        boolean isSame(Seen other) {
            return local == other.local
                    && policy.equals(other.policy)
                    && roots.equals(other.roots)
                    && addresses.equals(other.addresses);
        }
    }

    Outbox(OwnDatacenter own, PeerName peer) {
        this.own = own;
        this.peer = peer;
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

    /// The services that the peer may see, as of the last refresh.
    List<String> exported() {
        return exported;
    }

    /// Takes in the present state.
    ///
    /// @return resources that are too large to send, in words
    List<String> refresh(CatalogSnapshot catalog, StoreState state) {
        var now =
                new Seen(
                        catalog.local(),
                        own.exports().apply(state),
                        own.roots().apply(state),
                        own.addresses().now(state, catalog));
        if (seen.isPresent() && seen.get().isSame(now)) {
            return List.of();
        }
        seen = Optional.of(now);
        var tooLarge = new ArrayList<String>();
        if (subscriptions.contains(PeerStreamRpc.TRUST_BUNDLE) && !now.roots().isEmpty()) {
            offer(
                    new Key(PeerStreamRpc.TRUST_BUNDLE, PeerStreamRpc.BUNDLE_ID),
                    PeeringTrustBundle.newBuilder()
                            .setTrustDomain(own.trustDomain().name())
                            .addAllRootPEMs(now.roots())
                            .build(),
                    tooLarge);
        }
        if (subscriptions.contains(PeerStreamRpc.SERVER_ADDRESSES)) {
            now.addresses()
                    .ifPresent(addresses ->
                            offer(
                                    new Key(
                                            PeerStreamRpc.SERVER_ADDRESSES,
                                            PeerStreamRpc.ADDRESSES_ID),
                                    PeeringServerAddresses.newBuilder()
                                            .addAllAddresses(addresses)
                                            .build(),
                                    tooLarge));
        }
        if (subscriptions.contains(PeerStreamRpc.EXPORTED_SERVICE)) {
            refreshServices(
                    ExportedView.of(
                            catalog, now.policy(), peer, own.trustDomain(), own.datacenter()),
                    tooLarge);
        }
        return tooLarge;
    }

    private void refreshServices(ExportedView view, List<String> tooLarge) {
        for (var key : Set.copyOf(sent.keySet())) {
            if (key.url().equals(PeerStreamRpc.EXPORTED_SERVICE)
                    && !view.services().containsKey(key.id())) {
                withdraw(key, tooLarge);
            }
        }
        pending.keySet()
                .removeIf(key ->
                        key.url().equals(PeerStreamRpc.EXPORTED_SERVICE)
                                && !view.services().containsKey(key.id())
                                && !sent.containsKey(key));
        view.services()
                .forEach((name, instances) ->
                        offer(
                                new Key(PeerStreamRpc.EXPORTED_SERVICE, name),
                                CatalogCodec.encode(instances),
                                tooLarge));
        // after the services, so that a peer that has read the list has read what it names
        offer(
                new Key(PeerStreamRpc.EXPORTED_SERVICE_LIST, PeerStreamRpc.LIST_ID),
                CatalogCodec.encodeNames(view.names()),
                tooLarge);
        exported = view.names();
    }

    /// The list alone takes a service away; its companion is said to be empty as well. Either is
    /// sent again whole if it comes back.
    private void withdraw(Key key, List<String> tooLarge) {
        pending.remove(key);
        if (key.id().endsWith(ServiceName.SIDECAR_SUFFIX)) {
            offer(key, CatalogCodec.encode(List.of()), tooLarge);
        } else {
            sent.remove(key);
        }
    }

    private void offer(Key key, MessageLite message, List<String> tooLarge) {
        if (message.getSerializedSize() > MAX_RESOURCE) {
            tooLarge.add(
                    "resource '"
                            + key.id()
                            + "': expected at most "
                            + MAX_RESOURCE
                            + " bytes; found "
                            + message.getSerializedSize());
            return;
        }
        var bytes = deterministic(message);
        var hash = sha256(bytes);
        if (hash.equals(sent.get(key))) {
            pending.remove(key);
        } else {
            pending.put(key, new Pending(ByteString.copyFrom(bytes), hash));
        }
    }

    /// The next response to send, if there is one and the peer keeps up.
    Optional<ReplicationMessage> next() {
        if (pending.isEmpty() || nonce - acknowledged >= WINDOW) {
            return Optional.empty();
        }
        var first = pending.entrySet().iterator().next();
        var key = first.getKey();
        pending.remove(key);
        sent.put(key, first.getValue().hash());
        nonce++;
        return Optional.of(
                ReplicationMessage.newBuilder()
                        .setResponse(
                                ReplicationMessage.Response.newBuilder()
                                        .setNonce("%08x".formatted(nonce))
                                        .setResourceURL(key.url())
                                        .setResourceID(key.id())
                                        .setResource(
                                                Any.newBuilder()
                                                        .setTypeUrl(key.url())
                                                        .setValue(first.getValue().bytes()))
                                        .setOperation(Operation.OPERATION_UPSERT))
                        .build());
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

    private static ByteString sha256(byte[] bytes) {
        try {
            return ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
