package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Observation.OfTarget;
import dev.hansa.failover.Observation.Suspect;
import dev.hansa.failover.wire.Observed;
import dev.hansa.failover.wire.ObservedCaller;
import dev.hansa.failover.wire.ObservedCallers;
import dev.hansa.failover.wire.ObservedTarget;
import dev.hansa.failover.wire.ObservedUpstream;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrafficTest {
    private static final UpstreamName ECHO =
            new UpstreamName(new ServiceName("echo"), Optional.empty());

    private static Observation observation(long refused, OfTarget target, long... took) {
        return new Observation(
                ECHO, refused, LongStream.of(took).boxed().toList(), List.of(target));
    }

    private static OfTarget target(String label, long carried, long failed) {
        return new OfTarget(label, carried, OptionalLong.empty(), failed, List.of());
    }

    @Test
    void whatCameBetweenTwoLooksIsCountedOverAllSidecars() {
        var before = Map.of("a", observation(1, target("echo", 10, 2), 5, 5));
        var after =
                Map.of(
                        "a", observation(4, target("echo", 13, 3), 6, 7),
                        // began meanwhile
                        "b", observation(0, target("echo.peer.lke", 2, 0), 0, 0, 2));

        var traffic = Traffic.between(before, after);

        assertThat(traffic.refused()).isEqualTo(3);
        assertThat(traffic.served()).isEqualTo(5);
        assertThat(traffic.carried()).isEqualTo(Map.of("echo", 3L, "echo.peer.lke", 2L));
        assertThat(traffic.failed()).isEqualTo(Map.of("echo", 1L));
        assertThat(traffic.took()).startsWith(1L, 2L, 2L, 0L);
    }

    @Test
    void sidecarThatHasStartedAgainCountsFromNothing() {
        var traffic =
                Traffic.between(
                        Map.of("a", observation(0, target("echo", 100, 0), 100)),
                        Map.of("a", observation(0, target("echo", 3, 0), 3)));

        assertThat(traffic.carried()).isEqualTo(Map.of("echo", 3L));
    }

    @Test
    void timesAreTheNextPowerOfTwo() {
        var traffic =
                Traffic.between(
                        Map.of(), Map.of("a", observation(0, target("echo", 100, 0), 50, 49, 1)));

        assertThat(traffic.withinMillis(50)).hasValue(1);
        assertThat(traffic.withinMillis(99)).hasValue(2);
        assertThat(traffic.withinMillis(100)).hasValue(4);
    }

    @Test
    void nobodyAndTooLongHaveNoTime() {
        var late = new long[Observation.TIMES];
        late[Observation.TIMES - 1] = 1;

        assertThat(Traffic.between(Map.of(), Map.of()).withinMillis(99)).isEmpty();
        assertThat(
                        Traffic.between(
                                        Map.of(),
                                        Map.of("a", observation(0, target("echo", 1, 0), late)))
                                .withinMillis(99))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "999999, 0", "1000000, 1", "1999999, 1", "2000000, 2", "4000000, 3"})
    void timeBelongsToItsClass(long nanos, int time) {
        assertThat(Observation.time(nanos)).isEqualTo(time);
        assertThat(Observation.time(Long.MAX_VALUE)).isEqualTo(Observation.TIMES - 1);
    }

    @Test
    void whatIsToldComesBackEqual() {
        var suspect =
                new Suspect(new Endpoint("192.0.2.1", 8443), "refused", 3, Duration.ofSeconds(2));
        var told =
                new Observation(
                        ECHO,
                        1,
                        Collections.nCopies(Observation.TIMES, 2L),
                        List.of(new OfTarget("echo", 3, OptionalLong.of(2), 4, List.of(suspect))));

        var callers =
                new Callers(
                        List.of(new Callers.OfCaller(caller("web"), new Callers.Count(2, 9))),
                        new Callers.Count(1, 3));
        var all = new Sightings(List.of(told), Optional.of(callers));

        var message = ObservationCodec.encode(all);

        assertThat(ObservationCodec.decode(message, List.of(ECHO))).isEqualTo(all);
        // of an upstream that the proxy has not said it has
        assertThat(ObservationCodec.decode(message, List.of()).upstreams()).isEmpty();
        // of an older sidecar
        assertThat(ObservationCodec.decode(Observed.getDefaultInstance(), List.of()))
                .isEqualTo(Sightings.NONE);
    }

    private static SpiffeId caller(String service) {
        return SpiffeId.service(new TrustDomain("eks.consul"), new Datacenter("eks"), service);
    }

    @Test
    void callersBeyondTheBoundAreRefusedAndNamelessOnesAreCountedTogether() {
        var many = ObservedCallers.newBuilder();
        for (var i = 0; i <= Callers.MOST; i++) {
            many.addEach(ObservedCaller.newBuilder().setSource(caller("web" + i).uri()));
        }
        var nameless =
                ObservedCallers.newBuilder()
                        .addEach(ObservedCaller.newBuilder().setSource("<script>").setOpen(1))
                        .addEach(
                                ObservedCaller.newBuilder()
                                        .setSource("s".repeat(513))
                                        .setCarried(2))
                        .setBeyondOpen(1);
        var negative =
                ObservedCallers.newBuilder()
                        .addEach(
                                ObservedCaller.newBuilder()
                                        .setSource(caller("a").uri())
                                        .setOpen(-1));
        var twice =
                ObservedCallers.newBuilder()
                        .addEach(ObservedCaller.newBuilder().setSource(caller("a").uri()))
                        .addEach(ObservedCaller.newBuilder().setSource(caller("a").uri()));

        assertThatThrownBy(() -> decode(many))
                .hasMessageContaining("expected at most 128 callers; found 129");
        assertThatThrownBy(() -> decode(negative)).hasMessageContaining("expected counts from 0");
        assertThatThrownBy(() -> decode(twice)).hasMessageContaining("expected each once");
        assertThat(decode(nameless)).contains(new Callers(List.of(), new Callers.Count(2, 2)));
    }

    @Test
    void countsThatNoSidecarCanHaveAreRefused() {
        for (var count : List.of(Long.MAX_VALUE, Callers.Count.MOST + 1, -1L)) {
            var target = ObservedTarget.newBuilder().setTarget("echo");
            for (var upstream :
                    List.of(
                            ObservedUpstream.newBuilder().setRefused(count),
                            ObservedUpstream.newBuilder().addTook(count),
                            ObservedUpstream.newBuilder()
                                    .addTargets(target.clone().setCarried(count)),
                            ObservedUpstream.newBuilder()
                                    .addTargets(target.clone().setFailed(count)),
                            ObservedUpstream.newBuilder()
                                    .addTargets(target.clone().setOpen(count)))) {
                var message =
                        Observed.newBuilder()
                                .addUpstreams(upstream.setUpstream(RouteCodec.encode(ECHO)))
                                .build();
                assertThatThrownBy(() -> ObservationCodec.decode(message, List.of(ECHO)))
                        .hasMessageContaining("expected counts from 0 to")
                        .hasMessageEndingWith("found " + count);
            }
            assertThatThrownBy(() -> decode(ObservedCallers.newBuilder().setBeyondCarried(count)))
                    .hasMessageEndingWith("found " + count);
        }
        assertThatThrownBy(() -> decode(ObservedCallers.newBuilder().setBeyondOpen((1L << 31) + 1)))
                .hasMessageContaining("expected counts from 0 to 2147483648 of open connections");
    }

    @Test
    void sumOfCountsStaysACount() {
        var most = new Callers.Count(Callers.Count.MOST, Callers.Count.MOST);

        assertThat(most.plus(most)).isEqualTo(most);
        assertThat(most.plus(new Callers.Count(0, 1))).isEqualTo(most);
    }

    private static Optional<Callers> decode(ObservedCallers.Builder callers) {
        return ObservationCodec.decode(
                        Observed.newBuilder().setCallers(callers).build(), List.of(ECHO))
                .callers();
    }

    @Test
    void moreThanASidecarHasIsRefused() {
        var many = ObservedUpstream.newBuilder();
        for (var i = 0; i <= Observation.MOST_TARGETS; i++) {
            many.addTargets(ObservedTarget.newBuilder().setTarget("t" + i));
        }

        assertThatThrownBy(() ->
                        ObservationCodec.decode(
                                Observed.newBuilder().addUpstreams(many).build(), List.of(ECHO)))
                .hasMessageContaining("expected at most 64 targets of one upstream; found 65");
    }

    @Test
    void twoListenersForOneUpstreamCountTogether() {
        var sum =
                observation(1, target("echo", 2, 0), 1, 1)
                        .plus(observation(2, target("echo", 3, 4), 3));

        assertThat(sum.refused()).isEqualTo(3);
        assertThat(sum.took()).startsWith(4L, 1L, 0L);
        assertThat(sum.targets()).containsExactly(target("echo", 5, 4));
    }
}
