package dev.hansa.peering.store;

import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.trustbundle.PeerName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Which virtual address stands for which service. What a name has been given stays its own, and
/// what was given back is given out again only after all others: callers remember addresses.
///
/// @param next the number to be given next
/// @param records by [VirtualRecord#key]
public record VirtualAddresses(int next, Map<String, VirtualRecord> records) {
    /// Some 20 MiB at each server; ten times the services of any datacenter that we have heard of.
    public static final int MOST = 65_536;

    /// A peer that exports names without end leaves most of them to others.
    public static final int MOST_OF_PEER = 16_384;

    public static final VirtualAddresses NONE = new VirtualAddresses(1, Map.of());

    public VirtualAddresses {
        records = PersistentMap.copyOf(records);
    }

    public Optional<VirtualAddress> of(UpstreamName name) {
        return Optional.ofNullable(records.get(VirtualRecord.of(name).key()))
                .map(VirtualRecord::address);
    }

    /// Gives each name that has none an address, in the order of the list; one that there is no
    /// room for stays without.
    VirtualAddresses with(List<VirtualRecord> names) {
        var draft = new Draft();
        for (var name : names) {
            if (!draft.all.containsKey(name.key()) && draft.hasRoomFor(name.peer())) {
                draft.put(name.at(draft.free()));
            }
        }
        return draft.done();
    }

    /// Those of the names, in their order, that there is room for.
    public List<VirtualRecord> fitting(Collection<VirtualRecord> names) {
        var draft = new Draft();
        var fitting = new ArrayList<VirtualRecord>();
        for (var name : names) {
            if (draft.hasRoomFor(name.peer())) {
                draft.count(name.peer());
                fitting.add(name);
            }
        }
        return fitting;
    }

    VirtualAddresses without(Collection<String> keys) {
        var left = PersistentMap.copyOf(records);
        for (var key : keys) {
            left = left.without(key);
        }
        return left.size() == records.size() ? this : new VirtualAddresses(next, left);
    }

    /// Without all that was imported from a peer.
    VirtualAddresses without(PeerName peer) {
        return without(
                records.values().stream()
                        .filter(record -> record.peer().equals(peer.value()))
                        .map(VirtualRecord::key)
                        .toList());
    }

    /// Those of a snapshot besides, where neither name nor address has another meaning here: what
    /// callers know of this datacenter stays.
    VirtualAddresses restoring(VirtualAddresses snapshot) {
        var draft = new Draft();
        for (var record : new TreeMap<>(snapshot.records).values()) {
            if (!records.containsKey(record.key())
                    && !draft.taken.contains(record.number())
                    && draft.hasRoomFor(record.peer())) {
                draft.put(record);
            }
        }
        draft.next = Math.max(draft.next, snapshot.next);
        return draft.done();
    }

    /// What changes many at a time: one walk through all that there is.
    private final class Draft {
        private final Set<Integer> taken =
                records.values().stream().map(VirtualRecord::number).collect(Collectors.toSet());
        private final Map<String, Integer> ofPeer = new HashMap<>();
        private PersistentMap<String, VirtualRecord> all = PersistentMap.copyOf(records);
        private int size = records.size();
        private int next = VirtualAddresses.this.next;

        Draft() {
            records.values().forEach(record -> ofPeer.merge(record.peer(), 1, Integer::sum));
        }

        boolean hasRoomFor(String peer) {
            return size < MOST && (peer.isEmpty() || ofPeer.getOrDefault(peer, 0) < MOST_OF_PEER);
        }

        void count(String peer) {
            size++;
            ofPeer.merge(peer, 1, Integer::sum);
        }

        /// There are far more numbers than names.
        int free() {
            while (taken.contains(next)) {
                step();
            }
            var found = next;
            step();
            return found;
        }

        private void step() {
            next = next == VirtualAddress.LAST ? 1 : next + 1;
        }

        void put(VirtualRecord record) {
            taken.add(record.number());
            count(record.peer());
            all = all.with(record.key(), record);
        }

        VirtualAddresses done() {
            return all.size() == records.size() && next == VirtualAddresses.this.next
                    ? VirtualAddresses.this
                    : new VirtualAddresses(next, all);
        }
    }
}
