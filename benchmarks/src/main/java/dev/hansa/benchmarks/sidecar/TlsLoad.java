package dev.hansa.benchmarks.sidecar;

import dev.hansa.benchmarks.gateway.Talk;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslProvider;
import io.netty.internal.tcnative.SSL;
import io.netty.util.concurrent.Promise;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The load: one command a line on its standard input, one line of numbers for each on its standard
/// output. A process of its own, so that it shares nothing with what it measures but the machine.
///
/// A connection counts only when its whole answer has come, by the TLS that was to be measured, and
/// bytes when all that were asked for have. Everything else has failed.
final class TlsLoad implements AutoCloseable {
    static final int ANSWER = 512;

    /// Of a bulk transfer at once.
    static final long PIECE = 64L << 20;

    /// What has not come by then after the end of the time has failed.
    private static final long TAIL_SECONDS = 10;

    private final MultiThreadIoEventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final String called;
    private final Map<Kind, SslContext> contexts = new EnumMap<>(Kind.class);

    /// What a connection is.
    enum Kind {
        /// A whole handshake, one answer; then another connection.
        FULL(true, "X25519", false),
        /// The same with the hybrid of a classical and a post-quantum group.
        HYBRID(true, "X25519MLKEM768", false),
        /// A session of before; one that is not resumed has failed.
        RESUME(true, "X25519", false),
        /// An answer, again and again.
        REQUESTS(true, "X25519", true),
        /// [#PIECE] bytes, again and again.
        BULK(true, "X25519", true),
        /// In the clear, one answer; then another connection.
        PLAIN(false, "", false),
        /// As FULL without a certificate, which nobody may answer.
        ANONYMOUS(true, "X25519", false);

        private final boolean secured;
        private final String group;

        /// Whether its connections go on until the time is over.
        private final boolean stays;

        Kind(boolean secured, String group, boolean stays) {
            this.secured = secured;
            this.group = group;
            this.stays = stays;
        }
    }

    /// @param folder of the certificates' files, as [Mesh] has made them
    /// @param called the service that has to answer
    TlsLoad(Path folder, String called) throws IOException {
        this.called = called;
        var trust = new OneIdentity(Mesh.bundle(folder), Mesh.uri(called));
        for (var kind : Kind.values()) {
            if (kind.secured) {
                contexts.put(kind, context(kind, folder, trust));
            }
        }
    }

    private static SslContext context(Kind kind, Path folder, OneIdentity trust)
            throws IOException {
        var builder =
                SslContextBuilder.forClient()
                        .sslProvider(SslProvider.OPENSSL)
                        .protocols("TLSv1.3")
                        .trustManager(trust)
                        // identities are SPIFFE IDs; `trust` looks at them
                        .endpointIdentificationAlgorithm(null)
                        .option(
                                OpenSslContextOption.GROUPS,
                                kind == Kind.HYBRID
                                        ? new String[] {kind.group}
                                        : new String[] {kind.group, "P-256"});
        if (kind != Kind.ANONYMOUS) {
            builder.keyManager(
                    folder.resolve("mesh-" + Mesh.CALLER + ".pem").toFile(),
                    folder.resolve("mesh-" + Mesh.CALLER + ".key").toFile());
        }
        var made = builder.build();
        if (made.sessionContext() instanceof OpenSslSessionContext sessions) {
            sessions.setSessionCacheEnabled(kind == Kind.RESUME);
        }
        return made;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (var load = new TlsLoad(Path.of(arguments[0]), Mesh.CALLED)) {
            var in =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            System.out.println("ready");
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                System.out.println(load.obey(line));
            }
        }
    }

    /// What [#obey] is told.
    static String line(Kind kind, InetSocketAddress to, int count, int millis) {
        return String.join(
                " ",
                kind.name(),
                to.getAddress().getHostAddress(),
                String.valueOf(to.getPort()),
                String.valueOf(count),
                String.valueOf(millis));
    }

    /// `KIND HOST PORT HOW-MANY MILLISECONDS` → `UNITS FAILED NANOSECONDS`. With 0 milliseconds as
    /// many connections as are asked for, once.
    String obey(String line) throws InterruptedException {
        var words = line.split(" ", -1);
        var kind = Kind.valueOf(words[0]);
        var count = Integer.parseInt(words[3]);
        var began = System.nanoTime();
        var millis = Long.parseLong(words[4]);
        var turn =
                new Turn(
                        kind,
                        loop.next(),
                        new InetSocketAddress(words[1], Integer.parseInt(words[2])),
                        began + TimeUnit.MILLISECONDS.toNanos(millis));
        turn.run(count);
        return turn.units + " " + turn.failed + " " + (System.nanoTime() - began);
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /// One command's connections. On the loop, but for [#run] and what is read after it.
    private final class Turn {
        private final Kind kind;
        private final EventLoop on;
        private final long until;
        private final Bootstrap bootstrap;
        private final ChannelGroup open;
        private final Promise<Turn> done;
        private final @Nullable SslContext context;
        private long units;
        private long failed;
        private int running;

        Turn(Kind kind, EventLoop on, InetSocketAddress target, long until) {
            this.kind = kind;
            this.on = on;
            this.until = until;
            this.done = on.newPromise();
            this.open = new DefaultChannelGroup(on);
            this.context = contexts.get(kind);
            this.bootstrap =
                    new Bootstrap()
                            .group(on)
                            .channel(NioSocketChannel.class)
                            .option(ChannelOption.TCP_NODELAY, true)
                            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                            .remoteAddress(target)
                            .handler(
                                    new ChannelInitializer<Channel>() {
                                        @Override
                                        protected void initChannel(Channel channel) {
                                            begin(channel, target.getPort());
                                        }
                                    });
        }

        void run(int count) throws InterruptedException {
            on.execute(() -> {
                for (var i = 0; i < count; i++) {
                    connect();
                }
                var tail =
                        on.schedule(
                                this::giveUp,
                                until - System.nanoTime() + TimeUnit.SECONDS.toNanos(TAIL_SECONDS),
                                TimeUnit.NANOSECONDS);
                done.addListener(_ -> tail.cancel(false));
            });
            done.await();
        }

        private void giveUp() {
            failed += running;
            done.trySuccess(this);
            open.close();
        }

        private boolean over() {
            return System.nanoTime() - until >= 0;
        }

        private void connect() {
            running++;
            bootstrap.connect();
        }

        private void begin(Channel channel, int port) {
            var call = new Call();
            open.add(channel);
            channel.closeFuture().addListener(_ -> ended(call));
            if (context != null) {
                // the port tells the sessions of one proxy from those of another
                channel.pipeline()
                        .addLast(context.newHandler(channel.alloc(), Mesh.name(called), port));
            }
            channel.pipeline().addLast(call);
        }

        private void ended(Call call) {
            if (done.isDone()) {
                return;
            }
            running--;
            if (call.left != 0 || call.isOfAnotherKind) {
                failed++;
            }
            if (!over()) {
                connect();
            } else if (running == 0) {
                done.setSuccess(this);
            }
        }

        /// Of one connection; `left` is 0 between whole answers only.
        private final class Call extends SimpleChannelInboundHandler<ByteBuf> {
            private final long wanted = kind == Kind.BULK ? PIECE : ANSWER;
            private long left = wanted;
            private boolean isOfAnotherKind;

            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                if (!kind.secured) {
                    ask(ctx);
                }
            }

            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (event instanceof SslHandshakeCompletionEvent end) {
                    if (end.isSuccess()) {
                        // asked all the same: the session for the next one comes with the answer
                        isOfAnotherKind = !isAsWanted(ctx.pipeline().get(SslHandler.class));
                        ask(ctx);
                    } else {
                        ctx.close();
                    }
                }
            }

            private void ask(ChannelHandlerContext ctx) {
                left = wanted;
                ctx.writeAndFlush(
                                ctx.alloc()
                                        .buffer(Talk.COMMAND)
                                        .writeLong(wanted)
                                        .writeZero(Talk.COMMAND - Long.BYTES))
                        .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
            }

            @Override
            protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
                left -= bytes.readableBytes();
                if (left < 0) {
                    ctx.close();
                } else if (left == 0) {
                    units += isOfAnotherKind ? 0 : kind == Kind.BULK ? wanted : 1;
                    if (kind.stays && !over()) {
                        ask(ctx);
                    } else {
                        ctx.close();
                    }
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                ctx.close();
            }
        }

        /// What the handshake has come to, by the library's word.
        private boolean isAsWanted(SslHandler tls) {
            if (!(tls.engine() instanceof ReferenceCountedOpenSslEngine boring)) {
                throw new IllegalStateException("load: expected BoringSSL; found another library");
            }
            try {
                return tls.engine().getSession().getProtocol().equals("TLSv1.3")
                        && SSL.getGroupName(boring.sslPointer()).equals(kind.group)
                        && SSL.isSessionReused(boring.sslPointer()) == (kind == Kind.RESUME);
            } catch (Exception e) {
                return false;
            }
        }
    }
}
