package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpreadTest {
    private static final int MANY = 20_000;

    private static OptionalLong unknown(Target target) {
        return OptionalLong.empty();
    }

    private static Target here(boolean healthy) {
        return new Target.LocalTarget(
                new ServiceName("web"),
                "s",
                List.of(),
                new TrustDomain("eks.consul"),
                List.of(),
                healthy ? HealthView.GOOD : HealthView.bad("down"));
    }

    private static Target at(String peer, boolean healthy) {
        return new Target.PeerTarget(
                new PeerName(peer),
                new ServiceName("web"),
                "s",
                List.of(),
                new TrustDomain("eks.consul"),
                List.of(),
                healthy ? HealthView.GOOD : HealthView.bad("down"));
    }

    private static Map<String, Long> shares(
            Spread spread, List<Target> targets, Function<Target, OptionalLong> measured) {
        var random = new Random(1);
        return IntStream.range(0, MANY)
                .mapToObj(_ -> spread.order(targets, random, measured).getFirst().place())
                .collect(Collectors.groupingBy(place -> place, Collectors.counting()));
    }

    @Test
    void sequentialIsTheOrderOfTheRoute() {
        var targets = List.of(here(true), at("lke", true));

        assertThat(new Spread.Sequential().order(targets, new Random(1), SpreadTest::unknown))
                .isEqualTo(targets);
    }

    @Test
    void weightedDividesConnectionsInItsParts() {
        var spread = new Spread.Weighted(Map.of("local", 80, "lke", 20));
        var shares =
                shares(
                        spread,
                        List.of(here(true), at("lke", true), at("aks", true)),
                        SpreadTest::unknown);

        assertThat(shares).containsOnlyKeys("local", "lke");
        assertThat(shares.get("lke")).isBetween(3_700L, 4_300L);
    }

    @Test
    void weightOfATargetThatIsDownGoesToTheOthers() {
        var spread = new Spread.Weighted(Map.of("local", 80, "lke", 20));

        assertThat(
                        shares(
                                spread,
                                List.of(here(false), at("lke", true), at("aks", true)),
                                SpreadTest::unknown))
                .containsOnlyKeys("lke");
        assertThat(
                        shares(
                                spread,
                                List.of(here(false), at("lke", false), at("aks", true)),
                                SpreadTest::unknown))
                .containsOnlyKeys("local");
    }

    @Test
    void whoeverIsFirstTheOthersFollowInTheirOrder() {
        var targets = List.of(here(true), at("lke", true), at("aks", true));
        var order =
                new Spread.Weighted(Map.of("aks", 1))
                        .order(targets, new Random(1), SpreadTest::unknown);

        assertThat(order).extracting(Target::place).containsExactly("aks", "local", "lke");
    }

    @Test
    void latencyTakesTheSoonestAndLooksAroundNowAndThen() {
        var targets = List.of(here(true), at("lke", true), at("aks", true));
        var times = Map.of("local", 9_000L, "lke", 2_000L, "aks", 5_000L);
        var shares =
                shares(
                        new Spread.ByLatency(),
                        targets,
                        target -> OptionalLong.of(times.getOrDefault(target.place(), 0L)));

        assertThat(shares.get("lke")).isGreaterThan(MANY * 9 / 10);
        assertThat(shares).containsOnlyKeys("local", "lke", "aks");
    }

    @Test
    void whileNothingIsMeasuredTheFirstIsTaken() {
        var shares =
                shares(
                        new Spread.ByLatency(),
                        List.of(here(true), at("lke", true)),
                        SpreadTest::unknown);

        assertThat(shares.get("local")).isGreaterThan(MANY * 9 / 10);
    }

    @Test
    void weightOutOfRangeIsRefused() {
        assertThatThrownBy(() -> new Spread.Weighted(Map.of("lke", 0)))
                .hasMessage("weight of 'lke': expected 1 to 1000; found 0");
    }
}
