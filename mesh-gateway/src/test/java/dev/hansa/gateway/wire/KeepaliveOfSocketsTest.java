package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hansa.exportedservices.Endpoint;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.Socket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Whose other end vanishes without a word is found after 90 s, as OPERATIONS says; as the kernel
/// has it of sockets that were opened here and of those that were accepted.
@Timeout(60)
class KeepaliveOfSocketsTest {
    // of linux/tcp.h: IPPROTO_TCP with TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT
    private static final int TCP = 6;
    private static final int IDLE = 4;
    private static final int INTERVAL = 5;
    private static final int COUNT = 6;

    private static final InetSocketAddress ANY_PORT =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    @Test
    void channelsAreAskedAfterAMinute() throws Exception {
        try (var transport = new Transport(1)) {
            var accepted = new CompletableFuture<Channel>();
            var listener =
                    transport.listen(
                            ANY_PORT,
                            true,
                            Admission.unlimited("gateway", _ -> {}),
                            accepted::complete);
            var connected = new CompletableFuture<Channel>();
            transport.connect(
                    transport.loops().next(),
                    new Endpoint(
                            "127.0.0.1", ((InetSocketAddress) listener.localAddress()).getPort()),
                    Duration.ofSeconds(20),
                    new ChannelInboundHandlerAdapter(),
                    (channel, _) -> connected.complete(channel));

            assertKeptAlive(connected.get(20, TimeUnit.SECONDS));
            assertKeptAlive(accepted.get(20, TimeUnit.SECONDS));
        }
    }

    private static void assertKeptAlive(Channel channel) {
        var options = channel.config();
        assertThat(options.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
        assertThat(options.getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE)))
                .isEqualTo(60);
        assertThat(options.getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL)))
                .isEqualTo(10);
        assertThat(options.getOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT)))
                .isEqualTo(3);
    }

    @Test
    void bareSocketsAreAskedAfterAMinute() throws Exception {
        assumeTrue(RawTransport.isAvailable(), "SKIPPED: no relay without channels here");
        try (var raw = new RawTransport(1)) {
            var accepted = new CompletableFuture<RawTransport.Accepted>();
            var listener =
                    raw.listen(
                            ANY_PORT,
                            true,
                            Admission.unlimited("gateway", _ -> {}),
                            accepted::complete);
            var outgoing = RawTransport.outgoing(InetAddress.getLoopbackAddress());
            try {
                outgoing.connect(listener.address());
                assertKeptAlive(outgoing);
                var taken = new Socket(accepted.get(20, TimeUnit.SECONDS).descriptor().intValue());
                try {
                    assertKeptAlive(taken);
                } finally {
                    taken.close();
                }
            } finally {
                outgoing.close();
            }
        }
    }

    private static void assertKeptAlive(Socket socket) throws Exception {
        assertThat(socket.isKeepAlive()).isTrue();
        assertThat(socket.getIntOpt(TCP, IDLE)).isEqualTo(60);
        assertThat(socket.getIntOpt(TCP, INTERVAL)).isEqualTo(10);
        assertThat(socket.getIntOpt(TCP, COUNT)).isEqualTo(3);
    }
}
