package dev.hansa.peering;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.spi.transport.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// What a listener takes on: so many connections at once, so many new ones a second, and none while
/// something is short. One more is closed as it is accepted, before it costs a buffer or a
/// handshake. Vert.x has no such limit of its own, but lets a transport look at its server sockets.
public final class ConnectionDoor {
    /// What a refusal is counted under.
    public static final String TOO_MANY = "too_many_connections";

    /// Too many new ones in a second.
    public static final String TOO_MANY_AT_ONCE = "too_many_at_once";

    public static final String MEMORY_SHORT = "memory_short";

    public static final String FILES_SHORT = "files_short";

    private final BooleanSupplier filesShort;
    private final Map<Listener, Guard> guards = new ConcurrentHashMap<>();

    public ConnectionDoor() {
        this(() -> false);
    }

    /// @param filesShort whether the files that can still be opened are kept for others; asked for
    ///   each connection, on an event loop
    ConnectionDoor(BooleanSupplier filesShort) {
        this.filesShort = filesShort;
    }

    private record Guard(
            int most,
            ConnectionRate rate,
            BooleanSupplier filesShort,
            BooleanSupplier isShort,
            AtomicInteger open,
            Keeper keeper,
            Consumer<String> onRefusal) {
        /// Takes a place, or says why there is none.
        Optional<String> refusal(Channel newcomer) {
            if (filesShort.getAsBoolean()) {
                return Optional.of(FILES_SHORT);
            }
            if (isShort.getAsBoolean()) {
                return Optional.of(MEMORY_SHORT);
            }
            if (!rate.take()) {
                return Optional.of(TOO_MANY_AT_ONCE);
            }
            if (!keeper.letsIn(newcomer, open.incrementAndGet() > most)) {
                open.decrementAndGet();
                return Optional.of(TOO_MANY);
            }
            return Optional.empty();
        }
    }

    /// @param host empty for all addresses, of which each family has its own word
    private record Listener(Optional<InetAddress> host, int port) {
        static Listener of(InetSocketAddress bound) {
            return new Listener(
                    Optional.ofNullable(bound.getAddress())
                            .filter(address -> !address.isAnyLocalAddress()),
                    bound.getPort());
        }
    }

    /// A Vert.x whose servers' ports can be guarded.
    public Vertx vertx(VertxOptions options) {
        return Vertx.builder().with(options).withTransport(new Guarded()).build();
    }

    /// Call before there are callers.
    ///
    /// @param bound what is listened on, resolved
    /// @param isShort asked for each connection, on an event loop
    /// @param onRefusal told why a connection is not let in; on an event loop
    public void guard(
            InetSocketAddress bound,
            int most,
            BooleanSupplier isShort,
            Consumer<String> onRefusal) {
        guard(bound, most, ConnectionRate.NONE, isShort, Keeper.NONE, onRefusal);
    }

    /// Whoever looks after a listener's connections.
    interface Keeper {
        /// Whether a connection is let in, which is not read from yet. On an event loop, not the
        /// connection's.
        ///
        /// @param isFull all places are taken: it is let in only if another is ended for it, or
        ///   itself where none is found
        boolean letsIn(Channel newcomer, boolean isFull);

        Keeper NONE =
                new Keeper() {
                    @Override
                    public boolean letsIn(Channel newcomer, boolean isFull) {
                        return !isFull;
                    }
                };
    }

    /// The same at a rate, with somebody who looks after those who are let in.
    void guard(
            InetSocketAddress bound,
            int most,
            ConnectionRate rate,
            BooleanSupplier isShort,
            Keeper keeper,
            Consumer<String> onRefusal) {
        guards.put(
                Listener.of(bound),
                new Guard(most, rate, filesShort, isShort, new AtomicInteger(), keeper, onRefusal));
    }

    /// On the server socket; what it reads are connections.
    @ChannelHandler.Sharable
    private final class Counter extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            var guard =
                    context.channel().localAddress() instanceof InetSocketAddress local
                            ? guards.get(Listener.of(local))
                            : null;
            if (guard == null || !(accepted instanceof Channel connection)) {
                context.fireChannelRead(accepted);
                return;
            }
            var refusal = guard.refusal(connection);
            if (refusal.isPresent()) {
                connection.unsafe().closeForcibly();
                guard.onRefusal().accept(refusal.get());
                return;
            }
            connection.closeFuture().addListener(_ -> guard.open().decrementAndGet());
            context.fireChannelRead(accepted);
        }
    }

    private final class Guarded implements io.vertx.core.transport.Transport {
        private final Transport guarded =
                new Delegate(io.vertx.core.transport.Transport.NIO.implementation());

        @Override
        public String name() {
            return io.vertx.core.transport.Transport.NIO.name();
        }

        @Override
        public boolean available() {
            return true;
        }

        @Override
        public Throwable unavailabilityCause() {
            throw new IllegalStateException("NIO is always there");
        }

        @Override
        public Transport implementation() {
            return guarded;
        }
    }

    private final class Delegate implements Transport {
        private final Transport nio;

        Delegate(Transport nio) {
            this.nio = nio;
        }

        @Override
        public boolean supportsDomainSockets() {
            return nio.supportsDomainSockets();
        }

        @Override
        public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
            return nio.convert(address);
        }

        @Override
        public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
            return nio.convert(address);
        }

        @Override
        public IoHandlerFactory ioHandlerFactory() {
            return nio.ioHandlerFactory();
        }

        @Override
        public DatagramChannel datagramChannel() {
            return nio.datagramChannel();
        }

        @Override
        @SuppressWarnings("deprecation") // of the interface, which has no other
        public DatagramChannel datagramChannel(InternetProtocolFamily family) {
            return nio.datagramChannel(family);
        }

        @Override
        public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
            return nio.channelFactory(domainSocket);
        }

        @Override
        public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
            return nio.serverChannelFactory(domainSocket);
        }

        @Override
        public void configure(
                NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
            nio.configure(options, domainSocket, bootstrap);
            bootstrap.handler(new Counter());
        }
    }
}
