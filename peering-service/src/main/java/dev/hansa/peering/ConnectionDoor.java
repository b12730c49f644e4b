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
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// How many connections a port may have at once: one more is closed as it is accepted, before it
/// costs a buffer or a handshake. Vert.x has no such limit of its own, but lets a transport look at
/// its server sockets.
public final class ConnectionDoor {
    private final Map<Integer, Guard> guards = new ConcurrentHashMap<>();

    private record Guard(int most, AtomicInteger open, Runnable onRefusal) {}

    /// A Vert.x whose servers' ports can be guarded.
    public Vertx vertx(VertxOptions options) {
        return Vertx.builder().with(options).withTransport(new Guarded()).build();
    }

    /// Call before there are callers.
    ///
    /// @param onRefusal told of each connection that is not let in; on an event loop
    public void guard(int port, int most, Runnable onRefusal) {
        guards.put(port, new Guard(most, new AtomicInteger(), onRefusal));
    }

    /// On the server socket; what it reads are connections.
    @ChannelHandler.Sharable
    private final class Counter extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            var guard =
                    context.channel().localAddress() instanceof InetSocketAddress local
                            ? guards.get(local.getPort())
                            : null;
            if (guard == null || !(accepted instanceof Channel connection)) {
                context.fireChannelRead(accepted);
                return;
            }
            if (guard.open().incrementAndGet() > guard.most()) {
                guard.open().decrementAndGet();
                connection.unsafe().closeForcibly();
                guard.onRefusal().run();
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
