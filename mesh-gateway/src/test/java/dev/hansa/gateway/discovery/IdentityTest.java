package dev.hansa.gateway.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.Secret;
import dev.hansa.failover.JoinToken;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.trustbundle.SpiffeId;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Arrays;
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
class IdentityTest {
    private static final Clock CLOCK = Clock.systemUTC();

    @TempDir Path directory;
    private final Closer closer = new Closer();
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private TestingControl server;
    private SpiffeId id;

    @BeforeEach
    void start() throws IOException {
        server = closer.add(new TestingControl("west", CLOCK));
        id = server.service("billing");
    }

    @AfterEach
    void close() throws Exception {
        closer.close();
    }

    private Identity identity(SpiffeId wanted, JoinToken token) {
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        closer.add(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly());
        return closer.add(
                new Identity(
                        wanted,
                        new ControlChannel(token, loops),
                        Optional.of(directory),
                        CLOCK,
                        events::add));
    }

    /// A token that buys nothing, as one that was used.
    private JoinToken spent() {
        var token = server.token();
        return new JoinToken(
                token.servers(),
                token.serverName(),
                token.datacenter(),
                token.bundle(),
                new Secret("spent"));
    }

    private Path file() {
        return directory.resolve("identity" + id.path().replace('/', '_') + ".key");
    }

    private void join() throws Exception {
        var first = identity(id, server.token());
        await().until(() -> first.certificate().get().isPresent());
        first.close();
    }

    @Test
    void proxyThatRestartsNeedsNoNewToken() throws Exception {
        join();

        var again = identity(id, spent());

        assertThat(again.certificate().get()).isPresent();
        assertThat(events).noneMatch(GatewayEvent.CertificateFailed.class::isInstance);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void tornFileIsAsGoodAsNone() throws Exception {
        join();
        var bytes = Files.readAllBytes(file());
        Files.write(file(), Arrays.copyOf(bytes, bytes.length / 2));

        var again = identity(id, server.token());

        await().until(() -> again.certificate().get().isPresent());
        assertThat(events)
                .anySatisfy(event ->
                        assertThat(event)
                                .isInstanceOfSatisfying(
                                        GatewayEvent.CertificateFailed.class,
                                        failed ->
                                                assertThat(failed.reason())
                                                        .contains("expected a key")));
    }

    @Test
    void certificateOfAnotherIdentityIsNotTaken() throws Exception {
        join();
        var other = server.service("web");
        Files.copy(file(), directory.resolve("identity" + other.path().replace('/', '_') + ".key"));

        var again = identity(other, spent());

        assertThat(again.certificate().get()).isEmpty();
    }
}
