package dev.hansa.peering.store;

import dev.hansa.bootstrap.Throttle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.apache.ratis.thirdparty.io.netty.channel.Channel;
import org.apache.ratis.thirdparty.io.netty.channel.EventLoopGroup;
import org.apache.ratis.thirdparty.io.netty.channel.nio.NioEventLoopGroup;
import org.apache.ratis.thirdparty.io.netty.channel.socket.nio.NioServerSocketChannel;
import org.apache.ratis.thirdparty.io.netty.util.concurrent.DefaultThreadFactory;

/// The log's listening socket: so many connections at once. Strangers hold a place until their
/// handshake fails; one more is closed as it is accepted, before it costs a buffer or a handshake,
/// and those that stand go on. The library has no such limit.
final class MemberPort implements AutoCloseable {
    /// A member holds less than ten. Fewer places, and strangers who come a hundred times a second
    /// would keep a member out that comes back; more, and their handshakes fill a small heap.
    static final int MOST = 512;

    /// A flood must not flood the log too.
    private static final Duration TELL_EVERY = Duration.ofMinutes(1);

    private static final int ACCEPTORS = 1;

    /// As many as the library takes for itself on a machine of four processors.
    private static final int WORKERS = 4;

    private final int most;
    private final Consumer<Throwable> failures;
    private final AtomicInteger open = new AtomicInteger();
    private final Throttle lines = new Throttle(1, TELL_EVERY, System::nanoTime);
    private final EventLoopGroup acceptors = loops(ACCEPTORS, "members-accept");
    private final EventLoopGroup workers = loops(WORKERS, "members");

    MemberPort(int most, Consumer<Throwable> failures) {
        this.most = most;
        this.failures = failures;
    }

    private static EventLoopGroup loops(int threads, String name) {
        return new NioEventLoopGroup(threads, new DefaultThreadFactory(name, true));
    }

    NettyServerBuilder guard(NettyServerBuilder builder) {
        return builder.channelFactory(Guarded::new)
                .bossEventLoopGroup(acceptors)
                .workerEventLoopGroup(workers);
    }

    private final class Guarded extends NioServerSocketChannel {
        @Override
        protected int doReadMessages(List<Object> accepted) throws Exception {
            var read = super.doReadMessages(accepted);
            if (read != 1 || !(accepted.getLast() instanceof Channel connection)) {
                return read;
            }
            if (open.incrementAndGet() > most) {
                open.decrementAndGet();
                accepted.removeLast();
                connection.unsafe().closeForcibly();
                tell();
                return 0;
            }
            connection.closeFuture().addListener(_ -> open.decrementAndGet());
            return read;
        }
    }

    private void tell() {
        if (lines.line("").isPresent()) {
            failures.accept(
                    new StoreFailure(
                            "raft.address: expected at most "
                                    + most
                                    + " connections at once; found more, which are closed: who"
                                    + " connects there that is no server of this datacenter?",
                            null));
        }
    }

    @Override
    public void close() {
        var _ = acceptors.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        var _ = workers.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
