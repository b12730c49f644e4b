package dev.hansa.peering.failover;

import static dev.hansa.peering.failover.FailoverWorld.LKE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.failover.FailoverEvent.Turn;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FailoverWatchTest {
    private final FailoverWorld world = FailoverWorld.ofTwo();
    private final FailoverLog log = new FailoverLog();
    private final List<PeeringEvent> events = new ArrayList<>();
    private long nanos;
    private final FailoverWatch watch =
            new FailoverWatch(
                    log, Clock.fixed(FailoverWorld.NOW, ZoneOffset.UTC), () -> nanos, events::add);

    private void look() {
        watch.look(world.view(), world.asked());
    }

    private void after(Duration pause) {
        nanos += pause.toNanos();
        look();
    }

    @Test
    void firstSightIsNoFailover() {
        world.gone("echo");

        look();

        assertThat(log.after(0)).isEmpty();
        assertThat(events).containsExactly(new PeeringEvent.FailoverSeen("echo", true));
    }

    @Test
    void overAndBackAreEventsWithCauseAndDuration() {
        look();
        world.here("echo", CheckStatus.CRITICAL);
        after(Duration.ofHours(3));
        after(Duration.ofSeconds(1));
        world.here("echo", CheckStatus.PASSING);
        after(Duration.ofSeconds(5));

        assertThat(log.after(0))
                .extracting(
                        FailoverEvent::turn,
                        event -> event.from().orElse("") + " to " + event.to().orElse(""),
                        FailoverEvent::cause,
                        FailoverEvent::lasted)
                .containsExactly(
                        tuple(
                                Turn.OVER,
                                "echo to echo.peer.lke",
                                "no healthy instance: echo-1-sidecar-proxy is critical",
                                Duration.ofHours(3)),
                        tuple(
                                Turn.BACK,
                                "echo.peer.lke to echo",
                                "'echo' is healthy and comes first",
                                Duration.ofSeconds(6)));
        assertThat(events).hasSize(3);
    }

    @Test
    void nothingLeftIsLostAndWhatComesNextSaysSince() {
        look();
        world.exported(LKE, "echo", CheckStatus.CRITICAL);
        look();
        world.here("echo", CheckStatus.CRITICAL);
        look();
        world.exported(LKE, "echo", CheckStatus.PASSING);
        after(Duration.ofSeconds(2));

        assertThat(log.after(0))
                .extracting(FailoverEvent::turn)
                .containsExactly(Turn.LOST, Turn.OVER);
        var over = log.after(0).getLast();
        assertThat(over.from()).isEmpty();
        assertThat(over.cause()).isEqualTo("'echo.peer.lke' is healthy");
        assertThat(over.lasted()).isEqualTo(Duration.ofSeconds(2));
        assertThat(log.after(over.index() - 1)).containsExactly(over);
    }

    @Test
    void serviceThatIsNotWatchedAnyMoreIsNotAway() {
        world.gone("echo");
        look();

        watch.look(new FailoverWorld().view(), Set.of());

        assertThat(events).last().isEqualTo(new PeeringEvent.FailoverSeen("echo", false));
    }

    @Test
    void oldestAreForgotten() {
        look();
        for (var i = 0; i <= FailoverLog.CAPACITY; i++) {
            world.here("echo", i % 2 == 0 ? CheckStatus.CRITICAL : CheckStatus.PASSING);
            look();
        }

        assertThat(log.after(0)).hasSize(FailoverLog.CAPACITY);
        assertThat(log.count().get()).isEqualTo(FailoverLog.CAPACITY + 1L);
    }
}
