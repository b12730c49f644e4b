package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Sockets go from one set of doors to another, as they go from process to process.
@Timeout(60)
@EnabledOnOs(OS.LINUX)
class HandOverTest {
    private static final int QUEUED = 200;

    @TempDir Path directory;
    private final Transport transport = new Transport(2);
    private final Doors before = new Doors(transport, true);
    private final Doors after = new Doors(transport, true);
    private final CountDownLatch succeeded = new CountDownLatch(1);

    @AfterEach
    void close() {
        before.close();
        after.close();
        transport.close();
    }

    @Test
    void connectionThatNobodyHasAcceptedIsServedByTheSuccessor() throws Exception {
        var channel = before.open(anyPort(), everybody(), answer('a'));
        var address = (InetSocketAddress) channel.localAddress();
        assertThat(ask(address)).isEqualTo('a');
        // what arrives now stays in the kernel's queue
        channel.config().setAutoRead(false);
        var queued = new ArrayList<Socket>();
        try (var _ = offer(directory, before, succeeded::countDown)) {
            for (var i = 0; i < QUEUED; i++) {
                queued.add(connect(address));
            }
            takeOver(address);
            succeeded.await();
            before.close();

            for (var socket : queued) {
                assertThat(socket.getInputStream().read()).isIn((int) 'a', (int) 'b');
            }
            assertThat(ask(address)).isEqualTo('b');
        } finally {
            for (var socket : queued) {
                socket.close();
            }
        }
    }

    @Test
    void successorThatGoesAwayChangesNothing() throws Exception {
        var address =
                (InetSocketAddress) before.open(anyPort(), everybody(), answer('a')).localAddress();
        try (var _ = offer(directory, before, succeeded::countDown)) {
            try (var predecessor = HandOver.Predecessor.find(directory).orElseThrow()) {
                assertThat(predecessor.passTo(after)).isEqualTo(1);
                after.close();
            }
            assertThat(ask(address)).isEqualTo('a');
            assertThat(succeeded.getCount()).isEqualTo(1);

            takeOver(address);
            succeeded.await();
        }
    }

    @Test
    void successorTakesNobodyBeforeItServes() throws Exception {
        var address =
                (InetSocketAddress) before.open(anyPort(), everybody(), answer('a')).localAddress();
        try (var _ = offer(directory, before, succeeded::countDown);
                var predecessor = HandOver.Predecessor.find(directory).orElseThrow()) {
            predecessor.passTo(after);
            after.open(address, everybody(), answer('b'));
            for (var i = 0; i < QUEUED; i++) {
                assertThat(ask(address)).isEqualTo('a');
            }
        }
    }

    @Test
    void socketsOfTheSuccessorAreItsOwnToPassOn() throws Exception {
        var address =
                (InetSocketAddress) before.open(anyPort(), everybody(), answer('a')).localAddress();
        try (var _ = offer(directory, before, succeeded::countDown)) {
            takeOver(address);
            succeeded.await();
        }
        before.close();
        var last = new Doors(transport, true);
        var again = new CountDownLatch(1);
        try (var _ = offer(directory, after, again::countDown);
                var predecessor = HandOver.Predecessor.find(directory).orElseThrow()) {
            predecessor.passTo(last);
            last.open(address, everybody(), answer('c'));
            predecessor.succeed(last);
            again.await();
            after.close();
            assertThat(ask(address)).isEqualTo('c');
        } finally {
            last.close();
        }
        await().untilAsserted(() ->
                assertThatThrownBy(() -> connect(address)).isInstanceOf(IOException.class));
    }

    @Test
    void listenerThatConnectionsAreRedirectedToGoesToTheSuccessorToo() throws Exception {
        var channel = before.openRedirected(anyPort(), everybody(), answer('a')::accept);
        var address = (InetSocketAddress) channel.localAddress();
        assertThat(ask(address)).isEqualTo('a');
        try (var _ = offer(directory, before, succeeded::countDown);
                var predecessor = HandOver.Predecessor.find(directory).orElseThrow()) {
            predecessor.passTo(after);
            after.openRedirected(address, everybody(), answer('b')::accept);
            predecessor.succeed(after);
            succeeded.await();
            before.close();

            assertThat(ask(address)).isEqualTo('b');
        }
    }

    @Test
    void onlyTheOwnerMayAsk() throws Exception {
        try (var _ = offer(directory, before, succeeded::countDown)) {
            var file = directory.resolve("hand-over.sock");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void nobodyIsFoundWhereNobodyRuns() throws Exception {
        assertThat(HandOver.Predecessor.find(directory)).isEmpty();
        offer(directory, before, succeeded::countDown).close();
        assertThat(HandOver.Predecessor.find(directory)).isEmpty();
    }

    @Test
    void successorThatWaitsDoesNotKeepTheProcessFromEnding() throws Exception {
        var offer = offer(directory, before, succeeded::countDown);
        try (var predecessor = HandOver.Predecessor.find(directory).orElseThrow()) {
            offer.close();
            assertThat(predecessor.passTo(after)).isZero();
            predecessor.succeed(after);
        }
    }

    @Test
    void folderWhoseNameIsTooLongIsNamed() {
        var deep = directory.resolve("x".repeat(120));
        assertThatThrownBy(() -> offer(deep, before, succeeded::countDown))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected a path of at most 107 bytes");
    }

    @Test
    void whoHasNotAnnouncedItselfIsNotFound() throws Exception {
        try (var first = offer(directory, before, succeeded::countDown)) {
            try (var second = HandOver.offer(directory, after, () -> {})) {
                takeOverNothing();
                second.announce();
            }
            assertThat(HandOver.Predecessor.find(directory)).isEmpty();
            assertThat(first).isNotNull();
        }
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactly(directory.resolve("hand-over.sock"));
        }
    }

    /// From the first, which has no sockets.
    private void takeOverNothing() throws Exception {
        try (var predecessor = HandOver.Predecessor.find(directory).orElseThrow()) {
            assertThat(predecessor.passTo(after)).isZero();
            predecessor.succeed(after);
            succeeded.await();
        }
    }

    private static HandOver offer(Path directory, Doors doors, Runnable succeeded)
            throws IOException {
        var offer = HandOver.offer(directory, doors, succeeded);
        offer.announce();
        return offer;
    }

    private void takeOver(InetSocketAddress address) throws IOException {
        try (var predecessor = HandOver.Predecessor.find(directory).orElseThrow()) {
            assertThat(predecessor.passTo(after)).isEqualTo(1);
            after.open(address, everybody(), answer('b'));
            predecessor.succeed(after);
        }
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static Admission everybody() {
        return Admission.unlimited("gateway", _ -> {});
    }

    private static Consumer<Channel> answer(char word) {
        return channel ->
                channel.eventLoop()
                        .execute(() ->
                                channel.writeAndFlush(
                                                Unpooled.wrappedBuffer(new byte[] {(byte) word}))
                                        .addListener(ChannelFutureListener.CLOSE));
    }

    private static int ask(InetSocketAddress address) throws IOException {
        try (var socket = connect(address)) {
            return socket.getInputStream().read();
        }
    }

    private static Socket connect(InetSocketAddress address) throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(20_000);
        socket.connect(address);
        return socket;
    }
}
