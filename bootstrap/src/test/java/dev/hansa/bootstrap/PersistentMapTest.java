package dev.hansa.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PersistentMapTest {
    /// Few keys, so that each is put, replaced and removed often, and many share a shard.
    private static final int KEYS = 5000;

    @Test
    void holdsWhatAnOrdinaryMapHoldsAfterAnyRowOfChanges() {
        var random = new Random(7);
        var expected = new HashMap<String, Integer>();
        var map = PersistentMap.<String, Integer>empty();
        for (var i = 0; i < 20_000; i++) {
            var key = "service-" + random.nextInt(KEYS);
            if (random.nextInt(3) == 0) {
                expected.remove(key);
                map = map.without(key);
            } else {
                expected.put(key, i);
                map = map.with(key, i);
            }
        }

        assertThat(map).hasSameSizeAs(expected).containsExactlyInAnyOrderEntriesOf(expected);
        assertThat(map).isEqualTo(expected).isEqualTo(PersistentMap.copyOf(expected));
        assertThat(map.hashCode()).isEqualTo(expected.hashCode());
    }

    @Test
    void copyLeavesTheMapItWasMadeFromAsItWas() {
        var before = PersistentMap.copyOf(Map.of("a", 1, "b", 2));
        var after = before.with("a", 3).without("b").with("c", 4);

        assertThat(before).isEqualTo(Map.of("a", 1, "b", 2));
        assertThat(after).isEqualTo(Map.of("a", 3, "c", 4));
    }

    @Test
    void tellsWhichKeysDifferBetweenTwoMaps() {
        var random = new Random(11);
        var before = PersistentMap.<String, Object>empty();
        for (var i = 0; i < KEYS; i++) {
            before = before.with("service-" + i, new Object());
        }
        var after = before;
        var expected = new HashSet<String>();
        for (var i = 0; i < 100; i++) {
            var key = "service-" + random.nextInt(2 * KEYS);
            expected.add(key);
            after = random.nextBoolean() ? after.with(key, new Object()) : after.without(key);
        }
        expected.removeIf(key ->
                !key.isEmpty() && Integer.parseInt(key.substring("service-".length())) >= KEYS);
        var grown = after;
        after.keySet().stream()
                .filter(key -> Integer.parseInt(key.substring("service-".length())) >= KEYS)
                .forEach(expected::add);

        assertThat(grown.changedSince(before)).isEqualTo(expected);
        assertThat(before.changedSince(grown)).isEqualTo(expected);
        assertThat(grown.changedSince(grown)).isEmpty();
    }

    @Test
    void changeThatChangesNothingIsTheSameMap() {
        var value = new Object();
        var map = PersistentMap.<String, Object>empty().with("a", value);

        assertThat(map.with("a", value)).isSameAs(map);
        assertThat(map.without("b")).isSameAs(map);
        assertThat(map.without("a")).isSameAs(PersistentMap.empty());
        assertThat(PersistentMap.copyOf(map)).isSameAs(map);
    }

    @Test
    void cannotBeChangedInPlace() {
        var map = PersistentMap.copyOf(Map.of("a", 1));

        assertThatThrownBy(() -> map.put("b", 2)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> map.entrySet().iterator().next().setValue(2))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
