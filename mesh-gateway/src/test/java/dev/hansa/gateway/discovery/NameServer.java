package dev.hansa.gateway.discovery;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DefaultDnsResponse;
import io.netty.handler.codec.dns.DnsQuery;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.handler.codec.dns.TcpDnsQueryDecoder;
import io.netty.handler.codec.dns.TcpDnsResponseEncoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// A name server that answers by UDP and TCP on loopback, as it is told to.
final class NameServer implements AutoCloseable {
    private record Line(String name, DnsRecordType type, long ttl, ByteBuf content) {}

    private record Question(String name, DnsRecordType type, boolean byTcp, long at) {}

    private final AtomicReference<List<Line>> zone = new AtomicReference<>(List.of());
    private final Queue<Question> asked = new ConcurrentLinkedQueue<>();
    private final Map<DnsRecordType, DnsResponseCode> failing = new ConcurrentHashMap<>();
    private final Map<DnsRecordType, Boolean> silent = new ConcurrentHashMap<>();
    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("name-server", true), NioIoHandler.newFactory());
    private final Channel byUdp;
    private volatile boolean truncates;

    NameServer() {
        Channel datagrams = null;
        while (datagrams == null) {
            var stream = byTcp();
            // the same port, as it must be; it may be somebody else's
            var bound = byUdp().bind(stream.localAddress()).awaitUninterruptibly();
            if (bound.isSuccess()) {
                datagrams = bound.channel();
            } else {
                stream.close().syncUninterruptibly();
            }
        }
        byUdp = datagrams;
    }

    private Channel byTcp() {
        return new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .childHandler(
                        handlers(TcpDnsQueryDecoder::new, TcpDnsResponseEncoder::new, OverTcp::new))
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();
    }

    private Bootstrap byUdp() {
        return new Bootstrap()
                .group(loops)
                .channel(NioDatagramChannel.class)
                .handler(
                        handlers(
                                DatagramDnsQueryDecoder::new,
                                DatagramDnsResponseEncoder::new,
                                OverUdp::new));
    }

    @SafeVarargs
    private static ChannelInitializer<Channel> handlers(Supplier<ChannelHandler>... handlers) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel opened) {
                List.of(handlers).forEach(handler -> opened.pipeline().addLast(handler.get()));
            }
        };
    }

    InetSocketAddress address() {
        return (InetSocketAddress) byUdp.localAddress();
    }

    /// An address more.
    ///
    /// @param name with its last dot
    void says(String name, long ttl, String address) {
        add(List.of(address(name, ttl, address)));
    }

    /// These in place of all that it had, at once.
    void says(String name, long ttl, List<String> addresses) {
        var lines = addresses.stream().map(address -> address(name, ttl, address)).toList();
        zone.updateAndGet(before ->
                Stream.concat(
                                before.stream().filter(line -> !line.name.equals(name)),
                                lines.stream())
                        .toList());
    }

    private static Line address(String name, long ttl, String address) {
        var content = InetAddress.ofLiteral(address).getAddress();
        return new Line(
                name,
                content.length == 4 ? DnsRecordType.A : DnsRecordType.AAAA,
                ttl,
                Unpooled.wrappedBuffer(content));
    }

    /// The name stands for another.
    void isCalled(String name, long ttl, String other) {
        var content = Unpooled.buffer();
        for (var label : List.of(other.split("\\."))) {
            content.writeByte(label.length());
            content.writeCharSequence(label, StandardCharsets.US_ASCII);
        }
        content.writeByte(0);
        add(List.of(new Line(name, DnsRecordType.CNAME, ttl, content)));
    }

    private void add(List<Line> lines) {
        zone.updateAndGet(before -> Stream.concat(before.stream(), lines.stream()).toList());
    }

    /// To questions of a kind.
    void fallSilent(DnsRecordType type) {
        silent.put(type, true);
    }

    void fail(DnsRecordType type, DnsResponseCode code) {
        failing.put(type, code);
    }

    /// Answers all again.
    void recover() {
        failing.clear();
        silent.clear();
    }

    /// Says by UDP only that there is more than has room.
    void truncate() {
        truncates = true;
    }

    int asked() {
        return asked.size();
    }

    List<String> namesAsked() {
        return asked.stream().map(Question::name).distinct().toList();
    }

    boolean isAskedByTcp() {
        return asked.stream().anyMatch(Question::byTcp);
    }

    /// From the first question to the last.
    Duration askedFor() {
        var times = asked.stream().map(Question::at).toList();
        return Duration.ofNanos(times.getLast() - times.getFirst());
    }

    private final class OverUdp extends SimpleChannelInboundHandler<DatagramDnsQuery> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
            var answer =
                    new DatagramDnsResponse(
                            /* sender= */ query.recipient(),
                            /* recipient= */ query.sender(),
                            query.id());
            answer(context, query, answer, false);
        }
    }

    private final class OverTcp extends SimpleChannelInboundHandler<DnsQuery> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DnsQuery query) {
            answer(context, query, new DefaultDnsResponse(query.id()), true);
        }
    }

    private void answer(
            ChannelHandlerContext context, DnsQuery query, DnsResponse answer, boolean tcp) {
        DnsQuestion question = query.recordAt(DnsSection.QUESTION);
        asked.add(new Question(question.name(), question.type(), tcp, System.nanoTime()));
        if (silent.containsKey(question.type())) {
            answer.release();
            return;
        }
        answer.setRecursionAvailable(true);
        answer.addRecord(
                DnsSection.QUESTION, new DefaultDnsQuestion(question.name(), question.type()));
        var code = failing.get(question.type());
        if (code != null) {
            answer.setCode(code);
        } else if (truncates && !tcp) {
            answer.setTruncated(true);
        } else if (zone.get().stream().noneMatch(line -> line.name.equals(question.name()))) {
            answer.setCode(DnsResponseCode.NXDOMAIN);
        } else {
            addTo(answer, question.name(), question.type());
        }
        context.writeAndFlush(answer);
    }

    /// As one who asks others for the whole chain.
    private void addTo(DnsResponse answer, String name, DnsRecordType type) {
        for (var line : zone.get()) {
            var isAlias = line.type.equals(DnsRecordType.CNAME);
            if (line.name.equals(name) && (isAlias || line.type.equals(type))) {
                answer.addRecord(
                        DnsSection.ANSWER,
                        new DefaultDnsRawRecord(
                                line.name, line.type, line.ttl, line.content.copy()));
                if (isAlias) {
                    addTo(
                            answer,
                            DefaultDnsRecordDecoder.decodeName(line.content.duplicate()),
                            type);
                }
            }
        }
    }

    @Override
    public void close() {
        loops.shutdownGracefully();
    }
}
