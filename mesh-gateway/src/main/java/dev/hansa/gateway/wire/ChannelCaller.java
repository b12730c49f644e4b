package dev.hansa.gateway.wire;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.telemetry.ByteCounts;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// A caller on a channel of Netty's, as every platform has them.
final class ChannelCaller implements Caller {
    private final Transport transport;
    private final Channel channel;
    private final LongConsumer totalIn;
    private final LongConsumer totalOut;
    private final WireBytes bytes;

    ChannelCaller(
            Transport transport, Channel channel, LongConsumer totalIn, LongConsumer totalOut) {
        this.transport = transport;
        this.channel = channel;
        this.totalIn = totalIn;
        this.totalOut = totalOut;
        this.bytes = new WireBytes(totalIn, totalOut);
    }

    /// Counts from now on, and asks for the hello.
    void begin(HelloGate gate) {
        channel.pipeline().addLast(bytes);
        if (Admission.entry(channel).isProxied()) {
            channel.pipeline().addLast(new ProxyHeaderGate(bytes::forget));
        }
        channel.pipeline().addLast(gate);
    }

    @Override
    public EventLoop loop() {
        return channel.eventLoop();
    }

    @Override
    public String address() {
        return ProxyHeaderGate.caller(channel);
    }

    @Override
    public Optional<ProxyHeader.Ends> ends() {
        return ProxyHeaderGate.ends(channel)
                .or(() ->
                        channel.remoteAddress() instanceof InetSocketAddress from
                                        && channel.localAddress() instanceof InetSocketAddress to
                                ? Optional.of(new ProxyHeader.Ends(from, to))
                                : Optional.empty());
    }

    @Override
    public boolean isOpen() {
        return channel.isActive();
    }

    @Override
    public void alert(int description) {
        HelloGate.alert(channel, description);
    }

    @Override
    public long in() {
        return bytes.in();
    }

    @Override
    public long out() {
        return bytes.out();
    }

    @Override
    public void alsoTo(ByteCounts counts) {
        bytes.alsoTo(counts);
    }

    @Override
    public Race.Attempt connect(Endpoint endpoint, Duration limit, Race.Finish<Callee> finish) {
        var counted = new WireBytes(totalIn, totalOut);
        var connecting =
                transport.connect(
                        channel.eventLoop(),
                        endpoint,
                        limit,
                        counted,
                        (reached, failure) -> {
                            if (failure == null) {
                                finish.reached(new Reached(reached, counted));
                            } else {
                                finish.failed(
                                        Optional.of(Transport.sign(failure)),
                                        String.valueOf(failure.getMessage()));
                            }
                        });
        return new Race.Attempt() {
            @Override
            public void callOff() {
                connecting.callOff();
            }

            @Override
            public Sign silence() {
                return Sign.UNREACHED;
            }
        };
    }

    private record Reached(Channel channel, WireBytes bytes) implements Callee {
        @Override
        public long in() {
            return bytes.in();
        }

        @Override
        public long out() {
            return bytes.out();
        }

        @Override
        public void discard() {
            channel.close();
        }
    }

    @Override
    public Carriage carry(ByteBuf hello, Callee to, Duration idle, Consumer<Relay.End> ended) {
        channel.pipeline().remove(HelloGate.class);
        return Relay.join(channel, hello, ((Reached) to).channel(), idle, ended);
    }

    @Override
    public void reset() {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }
}
