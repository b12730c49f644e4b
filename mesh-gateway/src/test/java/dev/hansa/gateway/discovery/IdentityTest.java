package dev.hansa.gateway.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Secret;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.wire.StoredCertificate;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.trustbundle.SpiffeId;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

    private Identity identity(SpiffeId wanted, JoinToken token) throws IOException {
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        closer.add(() -> loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly());
        return closer.add(
                        new Identity(
                                wanted,
                                new ControlChannel(token, loops),
                                Optional.of(ProxyDisk.open(directory, SealKey.IN_DATA_DIR)),
                                CLOCK,
                                events::add))
                .start();
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
                                                        .contains("expected one sealed with")));
    }

    /// The private key of what was joined, as PKCS 8.
    private byte[] key(Identity identity) {
        return identity.certificate().get().orElseThrow().key().getEncoded();
    }

    private static boolean holds(Path file, byte[] wanted) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                .contains(new String(wanted, StandardCharsets.ISO_8859_1));
    }

    @Test
    void noFileHoldsTheKeyInTheClear() throws Exception {
        join();
        var again = identity(id, spent());
        var key = key(again);

        try (var files = Files.walk(directory)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                assertThat(holds(file, key)).as(file.toString()).isFalse();
            }
        }
    }

    @Test
    void anotherSealingKeyIsNamedAndTheCertificateNotTaken() throws Exception {
        join();
        Files.write(directory.resolve(ProxyDisk.KEY_FILE), new byte[32]);

        var again = identity(id, spent());

        assertThat(again.certificate().get()).isEmpty();
        assertThat(events)
                .anySatisfy(event ->
                        assertThat(event)
                                .isInstanceOfSatisfying(
                                        GatewayEvent.CertificateFailed.class,
                                        failed ->
                                                assertThat(failed.reason())
                                                        .contains(file().toString())
                                                        .contains(
                                                                "the key in '"
                                                                        + directory.resolve(
                                                                                ProxyDisk.KEY_FILE)
                                                                        + "'")));
    }

    /// As it was written before keys were sealed.
    @Test
    void fileInTheClearIsTakenOnceAndSealed() throws Exception {
        join();
        var first = identity(id, spent());
        var own = first.certificate().get().orElseThrow();
        first.close();
        var clear =
                StoredCertificate.newBuilder()
                        .setKey(ByteString.copyFrom(own.key().getEncoded()))
                        .setAlgorithm(own.key().getAlgorithm())
                        .setTakenUnixMs(own.taken().toEpochMilli());
        for (var each : own.chain()) {
            clear.addChain(ByteString.copyFrom(each.getEncoded()));
        }
        Files.write(file(), clear.build().toByteArray());

        var again = identity(id, spent());

        assertThat(key(again)).isEqualTo(own.key().getEncoded());
        assertThat(holds(file(), own.key().getEncoded())).isFalse();
        assertThat(identity(id, spent()).certificate().get()).isPresent();
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
