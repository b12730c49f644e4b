package dev.hansa.gateway.wire;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/// The sockets of a process: NIO, one set of event loops for all listeners.
///
/// Not Netty's epoll channels: in 4.2.18 a channel whose other side has said FIN leaves the epoll
/// set and cannot come back (`epoll_ctl` answers "No such file or directory"), so that the first
/// answer which does not fit the socket's buffer closes it; and after a FIN they read although
/// reading is stopped. `SniGatewayTest` shows both when it runs on them.
public final class Transport implements AutoCloseable {
    /// Waiting connections that the kernel holds for us while a loop is busy.
    private static final int BACKLOG = 1024;

    /// Of all connections. Netty's other allocator cannot tell what is in use from what it keeps,
    /// and new connections are refused by that number.
    static final PooledByteBufAllocator BUFFERS = PooledByteBufAllocator.DEFAULT;

    /// A connection on which nothing is on its way, and whose other end has vanished without a
    /// word, is found after [#KEEPALIVE_IDLE] and [#KEEPALIVE_PROBES] times [#KEEPALIVE_INTERVAL]:
    /// 90 s, where the system's own numbers make it more than two hours. Long enough that idle
    /// connections cost next to nothing, and short of the minutes after which firewalls between
    /// forget them.
    static final Duration KEEPALIVE_IDLE = Duration.ofSeconds(60);

    static final Duration KEEPALIVE_INTERVAL = Duration.ofSeconds(10);
    static final int KEEPALIVE_PROBES = 3;

    private static final ChannelOption<Integer> IDLE =
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE);
    private static final ChannelOption<Integer> INTERVAL =
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL);
    private static final ChannelOption<Integer> PROBES =
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT);

    private final MultiThreadIoEventLoopGroup loops;

    /// @param threads event loops; 0 means one for each processor
    public Transport(int threads) {
        this.loops =
                new MultiThreadIoEventLoopGroup(
                        threads == 0 ? Runtime.getRuntime().availableProcessors() : threads,
                        NioIoHandler.newFactory());
    }

    public MultiThreadIoEventLoopGroup loops() {
        return loops;
    }

    /// What connections to a listener are.
    enum Kind {
        DIALLED,
        /// [RedirectedChannel]s.
        REDIRECTED
    }

    /// Listens; `accepted` is called on the new connection's loop, with its reading stopped, when
    /// it is active.
    ///
    /// @param accepting false: it listens, and accepts when its reading is switched on
    /// @throws IOException naming the address and the cause when it cannot be bound
    Channel listen(
            InetSocketAddress address,
            boolean accepting,
            Entrance entrance,
            Consumer<Channel> accepted)
            throws IOException {
        return listen(address, Kind.DIALLED, accepting, entrance, accepted);
    }

    /// The same for connections of a kind.
    Channel listen(
            InetSocketAddress address,
            Kind kind,
            boolean accepting,
            Entrance entrance,
            Consumer<Channel> accepted)
            throws IOException {
        var bound =
                listener(accepting, entrance, accepted)
                        .channelFactory(() ->
                                switch (kind) {
                                    case DIALLED -> new NioServerSocketChannel();
                                    case REDIRECTED -> new RedirectedDoor();
                                })
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .bind(address)
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on "
                            + address.getHostString()
                            + ":"
                            + address.getPort()
                            + ": "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        return bound.channel();
    }

    /// The same with a socket that listens already.
    Channel listen(
            ServerSocketChannel socket,
            Kind kind,
            boolean accepting,
            Entrance entrance,
            Consumer<Channel> accepted)
            throws IOException {
        var registered =
                listener(accepting, entrance, accepted)
                        .channelFactory(() ->
                                switch (kind) {
                                    case DIALLED -> new NioServerSocketChannel(socket);
                                    case REDIRECTED -> new RedirectedDoor(socket);
                                })
                        .register()
                        .awaitUninterruptibly();
        if (!registered.isSuccess()) {
            throw new IOException(
                    "cannot listen on a socket that was passed: " + registered.cause().getMessage(),
                    registered.cause());
        }
        return registered.channel();
    }

    private ServerBootstrap listener(
            boolean accepting, Entrance entrance, Consumer<Channel> accepted) {
        return new ServerBootstrap()
                .group(loops)
                .handler(new EntranceHandler(entrance))
                .option(ChannelOption.AUTO_READ, accepting)
                .childOption(ChannelOption.ALLOCATOR, BUFFERS)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(IDLE, Math.toIntExact(KEEPALIVE_IDLE.toSeconds()))
                .childOption(INTERVAL, Math.toIntExact(KEEPALIVE_INTERVAL.toSeconds()))
                .childOption(PROBES, KEEPALIVE_PROBES)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(
                        new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                accepted.accept(channel);
                            }
                        });
    }

    /// Connects on the given loop, reading stopped; `done` is called there with the channel or the
    /// failure. A host name is resolved first, off the loop.
    ///
    /// @param first the first handler of the new channel; one of its own for each call
    public Connecting connect(
            EventLoop loop,
            Endpoint endpoint,
            Duration timeout,
            ChannelHandler first,
            Connected done) {
        var connecting = new Connecting();
        HostNames.resolve(
                endpoint,
                address ->
                        loop.execute(() -> {
                            if (!connecting.calledOff) {
                                connectTo(loop, address, timeout, first, connecting, done);
                            }
                        }));
        return connecting;
    }

    private static void connectTo(
            EventLoop loop,
            InetSocketAddress address,
            Duration timeout,
            ChannelHandler first,
            Connecting connecting,
            Connected done) {
        var bootstrap =
                new Bootstrap()
                        .group(loop)
                        .channel(NioSocketChannel.class)
                        .option(ChannelOption.ALLOCATOR, BUFFERS)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.SO_KEEPALIVE, true)
                        .option(IDLE, Math.toIntExact(KEEPALIVE_IDLE.toSeconds()))
                        .option(INTERVAL, Math.toIntExact(KEEPALIVE_INTERVAL.toSeconds()))
                        .option(PROBES, KEEPALIVE_PROBES)
                        .option(ChannelOption.AUTO_READ, false)
                        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .option(
                                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                                Math.toIntExact(timeout.toMillis()))
                        .handler(first);
        var future = bootstrap.connect(address);
        connecting.channel = future.channel();
        future.addListener(_ -> {
            if (!connecting.calledOff) {
                done.connected(future.channel(), future.cause());
            }
        });
    }

    /// An attempt that is under way. On its loop only.
    public static final class Connecting {
        private @Nullable Channel channel;
        private boolean calledOff;

        /// Nobody waits for it any more: it is closed, connected or not, and nothing is told.
        public void callOff() {
            calledOff = true;
            if (channel != null) {
                // past TLS: there is nobody to say goodbye to
                channel.unsafe().close(channel.voidPromise());
            }
        }
    }

    /// What a failed connect says of the other end.
    public static Sign sign(Throwable failure) {
        return failure instanceof ConnectTimeoutException
                        || failure instanceof NoRouteToHostException
                ? Sign.UNREACHED
                : Sign.REFUSED;
    }

    /// What came of a connection attempt.
    @FunctionalInterface
    public interface Connected {
        /// @param failure null when the channel is connected
        void connected(Channel channel, @Nullable Throwable failure);
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /// What buffers hold that are in use, of `-XX:MaxDirectMemorySize` (the heap's size where that
    /// is not set), from 0 to 1. What the allocator keeps for the next ones is no use.
    public static double directUse() {
        return (double) BUFFERS.pinnedDirectMemory() / PlatformDependent.maxDirectMemory();
    }
}
