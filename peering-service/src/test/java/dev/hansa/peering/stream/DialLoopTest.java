package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.trustbundle.PeerName;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DialLoopTest {
    private static final PeerName EKS = new PeerName("eks");

    @TempDir Path dir;
    private final Vertx vertx = Vertx.vertx();
    private TestDatacenter eks;
    private TestDatacenter lke;

    @BeforeEach
    void start() throws Exception {
        eks = new TestDatacenter(vertx, "eks", dir.resolve("eks"));
        lke = new TestDatacenter(vertx, "lke", dir.resolve("lke"));
    }

    @AfterEach
    void stop() throws Exception {
        lke.close();
        eks.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /// As where a peering was deleted and is made anew: its next stream has the place already.
    @Test
    void loopThatIsStoppedGivesAwayNoPlaceThatAnotherHasTaken() throws Exception {
        assertThat(lke.establish("eks", eks.token("lke", "lke")))
                .isInstanceOf(Establishment.Established.class);
        var streams = new LiveStreams();
        var isTaken = new AtomicBoolean();
        List<PeeringEvent> events = new CopyOnWriteArrayList<>();
        // where another loop of this peering is heard already, the conversation ends by itself
        var context =
                new StreamContext(
                        lke.context.own(),
                        lke.store,
                        lke.catalog,
                        streams,
                        TestDatacenter.times(),
                        PeerLimits.DEFAULT,
                        Clock.systemUTC(),
                        event -> {
                            events.add(event);
                            if (event instanceof PeeringEvent.StreamOpened) {
                                Thread.currentThread().interrupt();
                            } else if (event instanceof PeeringEvent.StreamEnded) {
                                isTaken.set(streams.claim(EKS).isPresent());
                                Thread.currentThread().interrupt();
                            }
                        });
        var id = lke.store.now().peering(EKS).orElseThrow().id();
        var loop = Thread.ofVirtual().start(() -> new DialLoop(context, lke.connector, id).run());
        loop.join();

        assertThat(events).last().isInstanceOf(PeeringEvent.StreamEnded.class);
        assertThat(isTaken).isTrue();
        assertThat(streams.claim(EKS)).isEmpty();
    }
}
