package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Which of more Services than the entry holds have their place in it.
class ClusterIpRoomTest {
    private static ClusterIpRow row(String owner, int places) {
        return new ClusterIpRow(
                owner,
                "web",
                List.of("10.0.0.1"),
                IntStream.rangeClosed(1, places)
                        .boxed()
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    private static List<ClusterIpRow> rows(String namespace, int count, int places) {
        return IntStream.range(0, count)
                .mapToObj(i -> row("%s/%04d".formatted(namespace, i), places))
                .toList();
    }

    private static List<ClusterIpRow> both(List<ClusterIpRow> one, List<ClusterIpRow> other) {
        var all = new ArrayList<>(one);
        all.addAll(other);
        return all;
    }

    private static List<ClusterIpRow> fitting(List<ClusterIpRow> rows, Set<String> before) {
        return ClusterIpRoom.fitting(rows, before, new ArrayList<>());
    }

    private static Set<String> owners(Collection<ClusterIpRow> rows) {
        return rows.stream().map(ClusterIpRow::owner).collect(Collectors.toSet());
    }

    private static Map<String, Long> byNamespace(Collection<ClusterIpRow> rows) {
        return rows.stream()
                .collect(Collectors.groupingBy(ClusterIpRow::namespace, Collectors.counting()));
    }

    @Test
    void whatThereIsRoomForIsThereWhoseverItIs() {
        var rows = both(rows("aaa", 1000, 1), rows("bbb", 24, 16));
        var words = new ArrayList<String>();

        assertThat(ClusterIpRoom.fitting(rows, Set.of(), words)).containsExactlyElementsOf(rows);
        assertThat(words).isEmpty();
    }

    @Test
    void namespaceOfManyServicesPushesOutNobodyElse() {
        var small = both(rows("bbb", 1, 1), rows("ccc", 300, 1));
        var words = new ArrayList<String>();

        var chosen =
                ClusterIpRoom.fitting(
                        both(rows("aaa", 1024, 1), small), owners(rows("aaa", 1024, 1)), words);

        assertThat(chosen).hasSize(1024).containsAll(small);
        assertThat(words)
                .containsExactly(
                        "addresses of Services: expected at most 1024 Services in the mesh, with 4096 addresses and ports in all; found 1325 with 1325, and left out, by namespace, {aaa=301}");
    }

    @Test
    void manyPlacesOfOneNamespaceLeaveAsManyServicesToEachOther() {
        var chosen =
                fitting(
                        both(rows("aaa", 300, 16), both(rows("bbb", 300, 1), rows("ccc", 100, 2))),
                        Set.of());

        assertThat(chosen.stream().mapToInt(ClusterIpRow::size).sum()).isBetween(4080, 4096);
        assertThat(byNamespace(chosen))
                .containsEntry("aaa", 229L)
                .containsEntry("bbb", 229L)
                .containsEntry("ccc", 100L);
    }

    @Test
    void newcomerOfANamespaceThatHasItsPartTakesNobodysPlace() {
        var before = both(rows("bbb", 512, 1), rows("ccc", 512, 1));

        var chosen = fitting(both(before, List.of(row("bbb/0", 1))), owners(before));

        assertThat(chosen).containsExactlyElementsOf(before);
        // one of a namespace that has none does, of whoever has most
        assertThat(byNamespace(fitting(both(before, rows("aaa", 2, 1)), owners(before))))
                .containsEntry("aaa", 2L)
                .containsEntry("bbb", 511L)
                .containsEntry("ccc", 511L);
    }

    /// Each look goes by what the last one has chosen.
    @Test
    void whatWasChosenIsChosenAgain() {
        for (var seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            var rows = new ArrayList<ClusterIpRow>();
            for (var namespace = 0; namespace < 1 + random.nextInt(40); namespace++) {
                for (var i = random.nextInt(200); i > 0; i--) {
                    rows.add(row("n" + namespace + "/" + random.nextInt(), 1 + random.nextInt(16)));
                }
            }
            var chosen =
                    fitting(
                            rows,
                            owners(rows.stream().filter(_ -> random.nextInt(3) == 0).toList()));
            for (var look = 0; look < 3; look++) {
                var next = fitting(rows, owners(chosen));
                assertThat(next).as("seed %s", seed).containsAll(chosen);
                chosen = new ArrayList<>(next);
            }
        }
    }
}
