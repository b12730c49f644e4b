package dev.hansa.peering.dns;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramPacket;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// One address with both transports. All of it is on the one event loop of its Vert.x.
final class DnsListener {
    private static final Duration BIND_LIMIT = Duration.ofSeconds(10);

    /// Without a whole query (RFC 7766, 6.2.3: seconds). Who dials again pays a round trip.
    private static final Duration IDLE = Duration.ofSeconds(10);

    /// How late an idle connection is noticed.
    private static final Duration LOOK = Duration.ofSeconds(1);

    /// Answers that the kernel has not taken yet; beyond it queries are dropped, as they would be
    /// by a network that is full. At most some MiB.
    private static final int MAX_WAITING = 1024;

    private final Responder responder;
    private final DatagramSocket udp;
    private final NetServer tcp;
    private final Set<Conversation> conversations = new HashSet<>();
    private InetSocketAddress bound;
    private int waiting;

    private DnsListener(Vertx vertx, InetSocketAddress address, Responder responder) {
        this.responder = responder;
        this.bound = address;
        this.udp =
                vertx.createDatagramSocket(
                        new DatagramSocketOptions().setIpV6(address.getHostString().contains(":")));
        this.tcp = vertx.createNetServer(new NetServerOptions().setTcpNoDelay(true));
        // of one packet; the next is read
        udp.exceptionHandler(_ -> {});
        udp.handler(this::take);
        tcp.connectHandler(this::accept);
    }

    /// With port 0 both get the same one.
    ///
    /// @throws IOException naming the address when one of the two cannot be had; then neither is
    ///   kept
    static DnsListener bind(Vertx vertx, InetSocketAddress address, Responder responder)
            throws IOException, InterruptedException {
        var listener = new DnsListener(vertx, address, responder);
        try {
            listener.bind();
        } catch (IOException | InterruptedException e) {
            listener.tcp.close();
            listener.udp.close();
            throw e;
        }
        vertx.setPeriodic(LOOK.toMillis(), _ -> listener.endIdle());
        return listener;
    }

    private void bind() throws IOException, InterruptedException {
        var host = bound.getHostString();
        await(tcp.listen(bound.getPort(), host), "TCP");
        bound = new InetSocketAddress(host, tcp.actualPort());
        await(udp.listen(bound.getPort(), host), "UDP");
    }

    private void await(Future<?> listening, String transport)
            throws IOException, InterruptedException {
        var what =
                "dns: cannot listen on "
                        + bound.getHostString()
                        + ":"
                        + bound.getPort()
                        + " ("
                        + transport
                        + "): ";
        try {
            listening
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(BIND_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException(
                    what + Objects.requireNonNullElse(e.getCause(), e).getMessage(), e);
        } catch (TimeoutException e) {
            throw new IOException(what + "no answer after " + BIND_LIMIT, e);
        }
    }

    InetSocketAddress bound() {
        return bound;
    }

    private void take(DatagramPacket packet) {
        var from = packet.sender();
        if (from.port() < 1) {
            return; // nobody listens there
        }
        if (waiting >= MAX_WAITING) {
            responder.dropped();
            return;
        }
        responder
                .overUdp(packet.data().getBytes())
                .ifPresent(answer -> {
                    waiting++;
                    udp.send(Buffer.buffer(answer), from.port(), from.hostAddress())
                            .onComplete(_ -> waiting--);
                });
    }

    private void accept(NetSocket socket) {
        var conversation = new Conversation(socket, responder);
        conversations.add(conversation);
        conversation.begin(() -> conversations.remove(conversation));
    }

    private void endIdle() {
        for (var each : List.copyOf(conversations)) {
            if (each.idleNanos() > IDLE.toNanos()) {
                each.close();
            }
        }
    }
}
