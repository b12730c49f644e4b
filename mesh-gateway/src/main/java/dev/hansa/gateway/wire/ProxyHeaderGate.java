package dev.hansa.gateway.wire;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/// Takes the header of a proxy ([ProxyHeader]) off the beginning of a connection on a channel, and
/// tells its [Admission.Entry] who calls. The time that it may take is that of the [HelloGate]
/// after it, which hears of [Unfit] too.
public final class ProxyHeaderGate extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<ProxyHeader.Ends> ENDS =
            AttributeKey.valueOf(ProxyHeaderGate.class, "ends");

    private final IntConsumer length;
    private ByteBuf held = Unpooled.EMPTY_BUFFER;
    private boolean over;

    /// @param length told of so many bytes that are not the caller's
    public ProxyHeaderGate(IntConsumer length) {
        this.length = length;
    }

    /// What came is not what had to come, or is from whom has his part already.
    record Unfit(Refusal reason, String why) {}

    /// At a listener that some reach through proxies and others do not: who comes from there has to
    /// say for whom, and nobody else may.
    public static Consumer<Channel> of(Networks proxies, Consumer<Channel> accepted) {
        return channel -> {
            if (remote(channel).filter(from -> proxies.contains(from.getAddress())).isPresent()) {
                channel.pipeline().addLast(new ProxyHeaderGate(_ -> {}));
            }
            accepted.accept(channel);
        };
    }

    /// Both ends of the connection that a proxy has from its caller; empty: none has said.
    static Optional<ProxyHeader.Ends> ends(Channel channel) {
        return Optional.ofNullable(channel.attr(ENDS).get());
    }

    /// Who calls on a channel as `host:port`, an IPv6 host in brackets; as a proxy between has
    /// said.
    public static String caller(Channel channel) {
        return ends(channel)
                .map(ProxyHeader.Ends::source)
                .or(() -> remote(channel))
                .map(from -> Endpoint.text(from.getAddress().getHostAddress(), from.getPort()))
                .orElse("");
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (over || !(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        held = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), held, bytes);
        switch (ProxyHeader.look(held)) {
            case ProxyHeader.NeedMore _ -> {}
            case ProxyHeader.Refused(var why) -> unfit(ctx, Refusal.BAD_PROXY_HEADER, why);
            case ProxyHeader.Found(var bytesOfIt, var ends) -> {
                ends.ifPresent(ctx.channel().attr(ENDS)::set);
                held.skipBytes(bytesOfIt);
                length.accept(bytesOfIt);
                var refusal =
                        ends.map(ProxyHeader.Ends::source)
                                .or(() -> remote(ctx.channel()))
                                .flatMap(from ->
                                        Admission.entry(ctx.channel()).isFrom(from.getAddress()));
                if (refusal.isPresent()) {
                    unfit(ctx, refusal.get(), Admission.OF_SOURCE);
                } else {
                    pass(ctx);
                }
            }
        }
    }

    private static Optional<InetSocketAddress> remote(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress address
                ? Optional.of(address)
                : Optional.empty();
    }

    private void unfit(ChannelHandlerContext ctx, Refusal reason, String why) {
        over = true;
        ctx.fireUserEventTriggered(new Unfit(reason, why));
    }

    private void pass(ChannelHandlerContext ctx) {
        var rest = held;
        held = Unpooled.EMPTY_BUFFER;
        ctx.pipeline().remove(this);
        if (rest.isReadable()) {
            ctx.fireChannelRead(rest);
        } else {
            rest.release();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        held.release();
        held = Unpooled.EMPTY_BUFFER;
    }
}
