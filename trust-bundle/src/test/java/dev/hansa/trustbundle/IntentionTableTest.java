package dev.hansa.trustbundle;

import static dev.hansa.trustbundle.Intention.ANY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.trustbundle.IntentionTable.Decision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntentionTableTest {
    private static final Optional<PeerName> LOCAL = Optional.empty();
    private static final Optional<PeerName> EKS = Optional.of(new PeerName("eks"));
    private static final Optional<PeerName> LKE = Optional.of(new PeerName("lke"));

    @Test
    void precedenceIsConsuls() {
        assertThat(new Intention("a", LOCAL, "b", true).precedence()).isEqualTo(9);
        assertThat(new Intention(ANY, LOCAL, "b", true).precedence()).isEqualTo(8);
        assertThat(new Intention("a", LOCAL, ANY, true).precedence()).isEqualTo(6);
        assertThat(new Intention(ANY, LOCAL, ANY, true).precedence()).isEqualTo(5);
        assertThat(new Intention("a", EKS, "b", true).precedence()).isEqualTo(9);
    }

    @Test
    void exactBeatsAnyInWhateverOrderTheyWereWritten() {
        var allow = new Intention("checkout", LOCAL, "payment", true);
        var deny = new Intention(ANY, LOCAL, "payment", false);

        for (var intentions : List.of(List.of(allow, deny), List.of(deny, allow))) {
            var table = new IntentionTable(true, intentions);
            assertThat(table.decide(LOCAL, "checkout", "payment"))
                    .isEqualTo(new Decision(true, Optional.of(allow)));
            assertThat(table.decide(LOCAL, "frontend", "payment"))
                    .isEqualTo(new Decision(false, Optional.of(deny)));
        }
    }

    @Test
    void exactDestinationBeatsExactSource() {
        var toPayment = new Intention(ANY, LOCAL, "payment", true);
        var fromFrontend = new Intention("frontend", LOCAL, ANY, false);

        assertThat(
                        new IntentionTable(false, List.of(fromFrontend, toPayment))
                                .decide(LOCAL, "frontend", "payment"))
                .isEqualTo(new Decision(true, Optional.of(toPayment)));
    }

    @Test
    void wildcardOfThisDatacenterSaysNothingAboutAPeer() {
        var table = new IntentionTable(false, List.of(new Intention(ANY, LOCAL, "shipping", true)));

        assertThat(table.decide(EKS, "checkout", "shipping"))
                .isEqualTo(new Decision(false, Optional.empty()));
    }

    @Test
    void wildcardOfAPeerSpeaksForThatPeerOnly() {
        var table = new IntentionTable(false, List.of(new Intention(ANY, EKS, "shipping", true)));

        assertThat(table.decide(EKS, "checkout", "shipping").allowed()).isTrue();
        assertThat(table.decide(LKE, "checkout", "shipping").allowed()).isFalse();
        assertThat(table.decide(LOCAL, "checkout", "shipping").allowed()).isFalse();
    }

    @Test
    void withoutARuleTheDefaultDecides() {
        assertThat(new IntentionTable(true, List.of()).decide(LOCAL, "a", "b").allowed()).isTrue();
        assertThat(new IntentionTable(false, List.of()).decide(LOCAL, "a", "b").allowed())
                .isFalse();
    }

    /// The rows of Consul's table, first to last, and nothing of the code under test: source name,
    /// then destination.
    private static boolean asTheTableSays(
            List<Intention> intentions,
            boolean byDefault,
            Optional<PeerName> peer,
            String source,
            String destination) {
        for (var row :
                List.of(
                        List.of(source, destination),
                        List.of("*", destination),
                        List.of(source, "*"),
                        List.of("*", "*"))) {
            for (var intention : intentions) {
                if (intention.sourcePeer().equals(peer)
                        && intention.source().equals(row.get(0))
                        && intention.destination().equals(row.get(1))) {
                    return intention.allow();
                }
            }
        }
        return byDefault;
    }

    /// Consul let a rule of lower precedence decide once (CVE-2021-36213).
    @Test
    void randomTablesDecideAsTheRuleSays() {
        var seed = 20_261_123L;
        var random = new Random(seed);
        var names = List.of("a", "b", ANY);
        var peers = List.of(LOCAL, EKS, LKE);
        for (var round = 0; round < 2_000; round++) {
            var distinct = new LinkedHashMap<String, Intention>();
            for (var i = random.nextInt(8); i > 0; i--) {
                var intention =
                        new Intention(
                                names.get(random.nextInt(3)),
                                peers.get(random.nextInt(3)),
                                names.get(random.nextInt(3)),
                                random.nextBoolean());
                distinct.put(
                        intention.source() + intention.sourcePeer() + intention.destination(),
                        intention);
            }
            var intentions = new ArrayList<>(distinct.values());
            var byDefault = random.nextBoolean();
            var peer = peers.get(random.nextInt(3));
            var source = names.get(random.nextInt(2));
            var destination = names.get(random.nextInt(2));

            var expected = asTheTableSays(intentions, byDefault, peer, source, destination);
            assertThat(
                            new IntentionTable(byDefault, intentions)
                                    .decide(peer, source, destination)
                                    .allowed())
                    .as("seed %d, round %d, %s", seed, round, intentions)
                    .isEqualTo(expected);
        }
    }
}
