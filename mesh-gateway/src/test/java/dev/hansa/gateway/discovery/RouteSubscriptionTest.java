package dev.hansa.gateway.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.Registration;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.GatewayEvent.SnapshotIgnored;
import dev.hansa.gateway.GatewayEvent.SnapshotRefused;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.SpiffeId;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RouteSubscriptionTest {
    private static final Clock CLOCK = Clock.systemUTC();

    @TempDir Path directory;
    private final Closer closer = new Closer();
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private final Latest<Presence> presence = new Latest<>(Presence.SERVING);
    private TestingControl server;

    @BeforeEach
    void start() throws IOException {
        server = closer.add(new TestingControl("west", CLOCK));
    }

    @AfterEach
    void close() throws Exception {
        closer.close();
    }

    @Test
    void snapshotIsTakenThenAcknowledged() throws Exception {
        var version = server.publish(TestingControl.GATEWAY, routes("a.example"));
        var subscription = subscribe();

        awaitVersion(subscription, version);
        assertThat(server.acks().await(acks -> !acks.isEmpty(), Duration.ofSeconds(10)))
                .singleElement()
                .satisfies(ack -> {
                    assertThat(ack.getVersion()).isEqualTo(version);
                    assertThat(ack.getError()).isEmpty();
                });
        assertThat(subscription.lostAt()).isEmpty();
    }

    @Test
    void snapshotThatCannotBeUsedIsAnsweredWithItsErrorAndTheLastGoodStays() throws Exception {
        var version = server.publish(TestingControl.GATEWAY, routes("a.example"));
        var subscription = subscribe();
        awaitVersion(subscription, version);

        var bad = RouteCodec.encode(routes("10.0.0.1").at(version + 1));
        server.send(TestingControl.GATEWAY, bad);

        var acks = server.acks().await(all -> all.size() == 2, Duration.ofSeconds(10));
        assertThat(acks.getLast().getError()).startsWith("expected a host name");
        assertThat(subscription.snapshot().get().orElseThrow().version()).isEqualTo(version);

        server.send(TestingControl.GATEWAY, bad.toBuilder().setTrustDomain("evil.consul").build());

        acks = server.acks().await(all -> all.size() == 3, Duration.ofSeconds(10));
        assertThat(acks.getLast().getError())
                .isEqualTo(
                        "required trust domain '"
                                + server.trustDomain()
                                + "'; found 'evil.consul'");
        assertThat(subscription.snapshot().get().orElseThrow().version()).isEqualTo(version);
        assertThat(events).filteredOn(SnapshotRefused.class::isInstance).hasSize(2);
    }

    @Test
    void olderSnapshotIsIgnoredAndNobodyIsToldThatItWasTaken() throws Exception {
        var version = server.publish(TestingControl.GATEWAY, routes("a.example"));
        var subscription = subscribe();
        awaitVersion(subscription, version);

        server.send(TestingControl.GATEWAY, RouteCodec.encode(routes("b.example").at(version - 1)));

        await().until(() -> events.stream().anyMatch(SnapshotIgnored.class::isInstance));
        assertThat(
                        server.acks()
                                .await(all -> all.size() == 2, Duration.ofSeconds(10))
                                .getLast()
                                .getError())
                .isEqualTo(
                        "route snapshot "
                                + (version - 1)
                                + " ignored: "
                                + version
                                + " already applied");
        assertThat(subscription.snapshot().get().orElseThrow().sniRoutes().getFirst().sni())
                .isEqualTo("a.example");
    }

    @Test
    void serverIsToldWhoTakesConnectionsAndGoesOnSendingRoutes() throws Exception {
        presence.set(Presence.STANDBY);
        var subscription = subscribe();
        awaitVersion(subscription, server.publish(TestingControl.GATEWAY, routes("a.example")));
        assertThat(server.hellos().get().getFirst().getStandby()).isTrue();

        presence.set(Presence.SERVING);
        await().until(() -> server.presences().get().size() == 1);
        assertThat(server.presences().get().getLast().getServing()).isTrue();

        presence.set(Presence.LEAVING);
        await().until(() -> server.presences().get().size() == 2);
        assertThat(server.presences().get().getLast().getReason()).isEqualTo("draining");
        awaitVersion(subscription, server.publish(TestingControl.GATEWAY, routes("b.example")));
    }

    @Test
    void whoTakesRedirectedConnectionsSaysSoAndTellsWhatItsApplicationHasDialled()
            throws Exception {
        var name = new UpstreamName(new ServiceName("billing"), Optional.empty());
        var subscription = subscribe(true);
        awaitVersion(subscription, server.publish(TestingControl.GATEWAY, routes("a.example")));
        assertThat(server.hellos().get().getFirst().getTransparent()).isTrue();
        assertThat(server.hellos().get().getFirst().getUpstreamsList()).isEmpty();

        subscription.alsoCalls(name);
        subscription.alsoCalls(name);

        await().until(() -> !server.upstreams().get().isEmpty());
        assertThat(server.upstreams().get()).containsExactly(List.of(RouteCodec.encode(name)));
        server.stop();
        server.start();
        await().until(() -> server.hellos().get().size() == 2);
        assertThat(server.hellos().get().getLast().getUpstreamsList())
                .containsExactly(RouteCodec.encode(name));
    }

    @Test
    void serverIsToldWhereAGatewayIsReachedNowAndSoIsTheNextOne() throws Exception {
        var subscription = subscribe();
        awaitVersion(subscription, server.publish(TestingControl.GATEWAY, routes("a.example")));

        subscription.moved(new Endpoint("203.0.113.9", 443));

        await().until(() -> !server.moves().get().isEmpty());
        var now = Address.newBuilder().setHost("203.0.113.9").setPort(443).build();
        assertThat(server.moves().get()).containsExactly(now);
        server.stop();
        server.start();
        await().until(() -> server.hellos().get().size() == 2);
        assertThat(server.hellos().get().getLast().getRegistration().getWan()).isEqualTo(now);
    }

    @Test
    void whoHasASuccessorDoesNotSpeakForItsPlaceAnyMore() throws Exception {
        var subscription = subscribe();
        awaitVersion(subscription, server.publish(TestingControl.GATEWAY, routes("a.example")));

        presence.set(Presence.SUCCEEDED);

        awaitVersion(subscription, server.publish(TestingControl.GATEWAY, routes("b.example")));
        assertThat(server.presences().get()).isEmpty();
        server.stop();
        server.start();
        await().until(() -> server.hellos().get().size() == 2);
        assertThat(server.hellos().get().getLast().getStandby()).isTrue();
    }

    @Test
    void returnsByItselfAndSaysWhatItHas() throws Exception {
        var version = server.publish(TestingControl.GATEWAY, routes("a.example"));
        var subscription = subscribe();
        awaitVersion(subscription, version);

        server.stop();
        await().until(() -> subscription.lostAt().isPresent());
        assertThat(subscription.snapshot().get().orElseThrow().version()).isEqualTo(version);

        server.start();
        var next = server.publish(TestingControl.GATEWAY, routes("b.example"));
        awaitVersion(subscription, next);
        assertThat(subscription.lostAt()).isEmpty();
        assertThat(server.hellos().get().getLast().getHaveVersion()).isEqualTo(version);
    }

    @Test
    void lastGoodSnapshotIsThereBeforeTheServerIs() throws Exception {
        var version = server.publish(TestingControl.GATEWAY, routes("a.example"));
        try (var first = subscribe()) {
            awaitVersion(first, version);
            await().until(() -> Files.exists(file()));
        }
        server.stop();

        var second = subscribe();

        assertThat(second.snapshot().get().orElseThrow().version()).isEqualTo(version);
        assertThat(second.lostAt()).isPresent();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void alteredFileIsNotBelieved() throws Exception {
        var version = server.publish(TestingControl.GATEWAY, routes("a.example"));
        try (var first = subscribe()) {
            awaitVersion(first, version);
            await().until(() -> Files.exists(file()));
        }
        server.stop();
        var bytes = Files.readAllBytes(file());
        bytes[bytes.length - 1] ^= 1;
        Files.write(file(), bytes);

        assertThat(subscribe().snapshot().get()).isEmpty();
        assertThat(events)
                .anySatisfy(event ->
                        assertThat(event)
                                .isInstanceOfSatisfying(
                                        SnapshotRefused.class,
                                        refused ->
                                                assertThat(refused.reason())
                                                        .contains("torn or altered")));
    }

    private Path file() {
        return directory.resolve("routes_gateway_mesh_dc_west.snapshot");
    }

    private static void awaitVersion(RouteSubscription subscription, long version) {
        await().until(() ->
                subscription.snapshot().get().map(RouteSnapshot::version).orElse(0L) == version);
    }

    private RouteSnapshot routes(String name) {
        return new RouteSnapshot(
                0,
                server.datacenter(),
                server.trustDomain(),
                List.of(),
                List.of(new SniRoute(name, SniRoute.EXPORTED, "east", List.of(), "none")),
                BundleSet.EMPTY.with(server.bundle()),
                Optional.empty());
    }

    private RouteSubscription subscribe() {
        return subscribe(false);
    }

    private RouteSubscription subscribe(boolean transparent) {
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        closer.add(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly());
        var control = new ControlChannel(server.token(), loops);
        var id = SpiffeId.meshGateway(server.trustDomain(), server.datacenter());
        var identity =
                closer.add(new Identity(id, control, Optional.empty(), CLOCK, events::add)).start();
        return closer.add(
                        new RouteSubscription(
                                identity,
                                control,
                                Registration.newBuilder().setProxyId("gateway").build(),
                                List.of(),
                                transparent,
                                new Latest<>(List.of()),
                                presence,
                                () -> Sightings.NONE,
                                (_, done) -> done.accept(List.of()),
                                Optional.of(directory),
                                "test",
                                CLOCK,
                                events::add))
                .start();
    }
}
