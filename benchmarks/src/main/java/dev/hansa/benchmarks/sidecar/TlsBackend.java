package dev.hansa.benchmarks.sidecar;

import dev.hansa.benchmarks.gateway.Talk;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.internal.tcnative.SSL;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/// What is behind the proxies: answers each command with as many bytes as it asks for, in the clear
/// on one port, by mutual TLS 1.3 on another. It hands out no tickets, so that each handshake with
/// it is a whole one. A process of its own, which ends with its standard input.
final class TlsBackend implements AutoCloseable {
    private static final int BACKLOG = 4096;

    /// Of an answer at once; the channel's own limits hold back the rest.
    private static final ByteBuf SOURCE =
            Unpooled.unreleasableBuffer(Unpooled.directBuffer(64 << 10).writeZero(64 << 10));

    private final MultiThreadIoEventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final InetSocketAddress secured;
    private final Path folder;
    private volatile Optional<SslContext> context = Optional.empty();

    /// What the TLS port is to be from now on.
    enum Manner {
        CLASSICAL("mesh", "X25519,P-256"),
        HYBRID("mesh", "X25519MLKEM768"),
        /// The right names, of an authority that nobody believes.
        STRANGER("strangers", "X25519,P-256");

        private final String authority;
        private final String groups;

        Manner(String authority, String groups) {
            this.authority = authority;
            this.groups = groups;
        }
    }

    /// Listens in the clear; on the TLS port from the first [#become] on.
    ///
    /// @param folder of the certificates' files, as [Mesh] has made them
    TlsBackend(Path folder, InetSocketAddress plain, InetSocketAddress secured) {
        this.folder = folder;
        this.secured = secured;
        listen(plain, false);
    }

    public static void main(String[] arguments) throws IOException {
        var host = arguments[1];
        try (var backend =
                new TlsBackend(
                        Path.of(arguments[0]),
                        new InetSocketAddress(host, Integer.parseInt(arguments[2])),
                        new InetSocketAddress(host, Integer.parseInt(arguments[3])))) {
            System.out.println("ready");
            var in =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                backend.become(Manner.valueOf(line));
                System.out.println("0");
            }
        }
    }

    void become(Manner manner) throws IOException {
        var first = context.isEmpty();
        context = Optional.of(context(manner));
        if (first) {
            listen(secured, true);
        }
    }

    private SslContext context(Manner manner) throws SSLException, IOException {
        var files = folder.resolve(manner.authority + "-" + Mesh.BACKEND).toString();
        return SslContextBuilder.forServer(
                        Path.of(files + ".pem").toFile(), Path.of(files + ".key").toFile())
                .sslProvider(SslProvider.OPENSSL)
                .protocols("TLSv1.3")
                .clientAuth(ClientAuth.REQUIRE)
                .trustManager(new OneIdentity(Mesh.bundle(folder), Mesh.uri(Mesh.CALLER)))
                .option(OpenSslContextOption.GROUPS, manner.groups.split(",", -1))
                .build();
    }

    private void listen(InetSocketAddress address, boolean isSecured) {
        var bound =
                new ServerBootstrap()
                        .group(loop)
                        .channel(NioServerSocketChannel.class)
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                        .childHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        if (isSecured) {
                                            channel.pipeline().addLast(tls(channel));
                                        }
                                        channel.pipeline().addLast(new Answers());
                                    }
                                })
                        .bind(address)
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IllegalStateException(
                    "backend: expected to listen on " + address, bound.cause());
        }
    }

    private SslHandler tls(Channel channel) {
        var engine = context.orElseThrow().newEngine(channel.alloc());
        if (engine instanceof ReferenceCountedOpenSslEngine boring) {
            SSL.setOptions(boring.sslPointer(), SSL.SSL_OP_NO_TICKET);
        }
        return new SslHandler(engine);
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /// Of one connection.
    private static final class Answers extends ByteToMessageDecoder {
        private long left;

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            while (in.readableBytes() >= Talk.COMMAND) {
                left += in.getLong(in.readerIndex());
                in.skipBytes(Talk.COMMAND);
            }
            answer(ctx);
        }

        private void answer(ChannelHandlerContext ctx) {
            while (left > 0 && ctx.channel().isWritable()) {
                var piece = (int) Math.min(left, SOURCE.readableBytes());
                left -= piece;
                ctx.write(SOURCE.retainedSlice(0, piece));
            }
            ctx.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (left > 0) {
                answer(ctx);
            }
        }

        /// Callers that leave, and those that are not believed, are counted where they are.
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
