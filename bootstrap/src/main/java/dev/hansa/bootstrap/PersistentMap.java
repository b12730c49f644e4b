package dev.hansa.bootstrap;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An immutable map whose changed copies share what did not change, so that a copy with one other
/// value costs the same in a table of ten as of a hundred thousand, and two copies of one map are
/// compared by what differs. For tables that are published whole, often, with little changed.
///
/// The entries are spread over a fixed number of small maps, which copies share. Iteration has no
/// order. Null is neither a key nor a value.
public final class PersistentMap<K, V> extends AbstractMap<K, V> {
    /// 4 KiB of references to copy for each change, and about 100 entries in each at 100,000: both
    /// copies stay in the first cache. More would make small maps dear, fewer large ones slow.
    private static final int SHARDS = 1024;

    private static final PersistentMap<?, ?> EMPTY = new PersistentMap<>(emptyShards(), 0);

    private final Map<K, V>[] shards;
    private final int size;

    private PersistentMap(Map<K, V>[] shards, int size) {
        this.shards = shards;
        this.size = size;
    }

    @SuppressWarnings("unchecked") // an array of a generic type can be made in no other way
    private static <K, V> Map<K, V>[] emptyShards() {
        var shards = (Map<K, V>[]) new Map<?, ?>[SHARDS];
        Arrays.fill(shards, Map.of());
        return shards;
    }

    @SuppressWarnings("unchecked") // it holds nothing, so it fits any type
    public static <K, V> PersistentMap<K, V> empty() {
        return (PersistentMap<K, V>) EMPTY;
    }

    /// The same map when it is one of these already.
    @SuppressWarnings("unchecked") // immutable, so that a map of subtypes can be read as this
    public static <K, V> PersistentMap<K, V> copyOf(Map<? extends K, ? extends V> map) {
        if (map instanceof PersistentMap<?, ?> same) {
            return (PersistentMap<K, V>) same;
        }
        if (map.isEmpty()) {
            return empty();
        }
        var gathered = new HashMap<Integer, Map<K, V>>();
        map.forEach((key, value) ->
                gathered.computeIfAbsent(shardOf(key), _ -> new HashMap<>()).put(key, value));
        Map<K, V>[] shards = emptyShards();
        gathered.forEach((shard, entries) -> shards[shard] = Map.copyOf(entries));
        return new PersistentMap<>(shards, map.size());
    }

    private static int shardOf(Object key) {
        var hash = key.hashCode();
        // spreads hashes that differ in their high bits only
        return (hash ^ hash >>> 10 ^ hash >>> 20) & SHARDS - 1;
    }

    /// A copy in which `key` has `value`; the same map when it has this very object already.
    public PersistentMap<K, V> with(K key, V value) {
        var index = shardOf(key);
        var before = shards[index];
        var held = before.get(key);
        if (held == value) {
            return this;
        }
        var changed = new HashMap<>(before);
        changed.put(key, value);
        return replaced(index, Map.copyOf(changed), held == null ? size + 1 : size);
    }

    /// A copy without `key`; the same map when it has none.
    public PersistentMap<K, V> without(K key) {
        var index = shardOf(key);
        if (!shards[index].containsKey(key)) {
            return this;
        }
        if (size == 1) {
            return empty();
        }
        var changed = new HashMap<>(shards[index]);
        changed.remove(key);
        return replaced(index, Map.copyOf(changed), size - 1);
    }

    private PersistentMap<K, V> replaced(int index, Map<K, V> shard, int newSize) {
        var copy = shards.clone();
        copy[index] = shard;
        return new PersistentMap<>(copy, newSize);
    }

    /// The keys whose value is not the same object in `before`, those that only one of the two has
    /// included. Costs what differs, when one map was made from the other.
    public Set<K> changedSince(PersistentMap<K, V> before) {
        var changed = new HashSet<K>();
        for (var i = 0; i < SHARDS; i++) {
            var old = before.shards[i];
            var now = shards[i];
            if (old == now) {
                continue;
            }
            now.forEach((key, value) -> {
                if (old.get(key) != value) {
                    changed.add(key);
                }
            });
            for (var key : old.keySet()) {
                if (!now.containsKey(key)) {
                    changed.add(key);
                }
            }
        }
        return changed;
    }

    @Override
    public @Nullable V get(@Nullable Object key) {
        return key == null ? null : shards[shardOf(key)].get(key);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return key != null && shards[shardOf(key)].containsKey(key);
    }

    @Override
    public int size() {
        return size;
    }

    /// Shares the work with [AbstractMap], but skips what the two have in common.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PersistentMap<?, ?> that
                ? this == that || size == that.size && Arrays.equals(shards, that.shards)
                : super.equals(other);
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Entry<K, V>> iterator() {
                return new Entries<>(shards);
            }

            @Override
            public int size() {
                return size;
            }
        };
    }

    private static final class Entries<K, V> implements Iterator<Entry<K, V>> {
        private final Map<K, V>[] shards;
        private int next;
        private Iterator<Entry<K, V>> within;

        Entries(Map<K, V>[] shards) {
            this.shards = shards;
            this.within = shards[next++].entrySet().iterator();
        }

        @Override
        public boolean hasNext() {
            while (!within.hasNext() && next < SHARDS) {
                within = shards[next++].entrySet().iterator();
            }
            return within.hasNext();
        }

        @Override
        public Entry<K, V> next() {
            if (!hasNext()) {
                throw new NoSuchElementException("the map has no further entry");
            }
            return within.next();
        }
    }
}
