package dev.hansa.gateway.wire;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.telemetry.ByteCounts;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.unix.Socket;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// A caller on a bare socket: first its hello, bounded as [HelloGate] bounds it, then a relay.
final class RawCaller implements Caller, RawEnd.Watcher {
    /// A hello with a post-quantum key share has up to 1.8 KB. Of a longer one too no read asks for
    /// less, or each of its records would cost two.
    private static final int LEAST_READ = 2 << 10;

    private final RawLoop loop;
    private final RawEnd end;
    private final Admission.Entry entry;
    private InetSocketAddress from;
    private Optional<ProxyHeader.Ends> said = Optional.empty();
    private boolean awaitsHeader;
    private final LongConsumer totalIn;
    private final LongConsumer totalOut;
    private final Decision decision;
    private @Nullable ScheduledFuture<?> deadline;
    private final SniPeek peek = new SniPeek();
    private ByteBuf held = Unpooled.EMPTY_BUFFER;
    private int wanted = 1;
    private boolean begun;
    private boolean decided;
    private @Nullable RawRelay relay;

    /// What is done with a caller once its name is known, or known not to come.
    interface Decision {
        /// @param hello every byte read so far; handed over
        void named(ServerName name, ByteBuf hello);

        /// The caller has been answered already.
        void refused(Refusal reason, String why);

        /// Its socket has been closed.
        void closed();
    }

    /// @param decision makes the one that is told of this caller
    RawCaller(
            RawTransport.Accepted accepted,
            LongConsumer totalIn,
            LongConsumer totalOut,
            Function<Caller, Decision> decision) {
        this.loop = accepted.loop();
        this.totalIn = totalIn;
        this.totalOut = totalOut;
        this.from = accepted.from();
        this.entry = accepted.entry();
        this.awaitsHeader = entry.isProxied();
        this.end = new RawEnd(loop, accepted.descriptor(), totalIn, totalOut, this);
        this.decision = decision.apply(this);
    }

    /// Asks for the hello. What fails from here on ends it as everything else does: nothing is
    /// thrown.
    void begin() {
        end.whenClosed(this::gone);
        try {
            entry.waits(() -> loop.loop().execute(this::giveWay));
            deadline =
                    loop.loop()
                            .schedule(
                                    () -> refuse(Refusal.HELLO_TIMEOUT),
                                    HelloGate.HELLO_TIMEOUT.toMillis(),
                                    TimeUnit.MILLISECONDS);
            end.register();
        } catch (RuntimeException | Error e) {
            end.leave();
        }
    }

    /// Ends it, for somebody else to have its place, unless its hello has come with that one and
    /// waits to be told.
    private void giveWay() {
        end.look();
        if (!decided) {
            decided = true;
            callOffDeadline();
            decision.refused(Refusal.GAVE_WAY, HelloGate.sentence(Refusal.GAVE_WAY));
            end.reset();
        }
    }

    private void callOffDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
            // it is no longer in the loop's queue, and would be kept as long as the connection
            deadline = null;
        }
    }

    private void gone() {
        try {
            var joined = relay;
            if (joined != null) {
                // when the loop ends under it; otherwise it has come to its end before
                joined.reset();
            }
            callOffDeadline();
            held.release();
            held = Unpooled.EMPTY_BUFFER;
            if (!decided) {
                decided = true;
                decision.refused(Refusal.CLOSED_EARLY, HelloGate.sentence(Refusal.CLOSED_EARLY));
            }
        } finally {
            // its place comes free, whatever failed
            decision.closed();
        }
    }

    @Override
    public void changed(RawEnd changed) throws IOException {
        if (decided) {
            // it waits for an endpoint
            if (end.isBroken()) {
                end.leave();
            }
            return;
        }
        while (!decided && end.isReadable()) {
            var room = room();
            var buffer = held.internalNioBuffer(held.writerIndex(), room);
            var at = buffer.position();
            var count = end.read(buffer, at, at + room);
            if (count < 0) {
                refuse(Refusal.CLOSED_EARLY);
            } else if (count > 0) {
                held.writerIndex(held.writerIndex() + count);
                look();
                if (!begun && !decided && !awaitsHeader && held.isReadable()) {
                    begun = true;
                    entry.begins();
                }
            }
        }
    }

    /// Of the next read. What comes after the hello with it is held too, less than [#LEAST_READ];
    /// the rest stays in the kernel until there is somebody to take it.
    private int room() {
        if (held.capacity() == 0) {
            held = Transport.BUFFERS.directBuffer(LEAST_READ);
        }
        var room = Math.max(wanted - held.readableBytes(), LEAST_READ);
        held.ensureWritable(room);
        return room;
    }

    private void look() {
        if (held.readableBytes() < wanted || awaitsHeader && !lookForHeader()) {
            return;
        }
        switch (peek.next(held)) {
            case SniPeek.NeedMore(var bytes) -> wanted = bytes;
            case SniPeek.Refused(var reason) -> refuse(reason);
            case SniPeek.Name(var name) -> {
                decided = true;
                callOffDeadline();
                var hello = held;
                held = Unpooled.EMPTY_BUFFER;
                decision.named(name, hello);
            }
        }
    }

    /// @return whether a hello may follow
    private boolean lookForHeader() {
        switch (ProxyHeader.look(held)) {
            case ProxyHeader.NeedMore(var bytes) -> wanted = bytes;
            case ProxyHeader.Refused(var why) -> refuse(Refusal.BAD_PROXY_HEADER, why);
            case ProxyHeader.Found(var length, var ends) -> {
                held.skipBytes(length);
                end.forget(length);
                awaitsHeader = false;
                wanted = 1;
                said = ends;
                from = ends.map(ProxyHeader.Ends::source).orElse(from);
                var refusal = entry.isFrom(from.getAddress());
                refusal.ifPresent(reason -> refuse(reason, Admission.OF_SOURCE));
                return refusal.isEmpty();
            }
        }
        return false;
    }

    private void refuse(Refusal reason) {
        refuse(reason, HelloGate.sentence(reason));
    }

    private void refuse(Refusal reason, String why) {
        if (decided) {
            return;
        }
        decided = true;
        callOffDeadline();
        decision.refused(reason, why);
        HelloGate.alertFor(reason).ifPresentOrElse(this::alert, end::leave);
    }

    @Override
    public void alert(int description) {
        if (end.isOpen()) {
            var scratch = loop.scratch();
            scratch.put(0, HelloGate.alert(description));
            try {
                // an empty socket's buffer takes so few
                end.write(scratch, 0, HelloGate.ALERT);
                RawParting.begin(end);
            } catch (IOException _) {
                // nobody is there to be told
                end.leave();
            }
        }
    }

    @Override
    public EventLoop loop() {
        return loop.loop();
    }

    @Override
    public String address() {
        // of a stranger's any port, 0 too
        return Endpoint.text(from.getAddress().getHostAddress(), from.getPort());
    }

    @Override
    public Optional<ProxyHeader.Ends> ends() {
        return said.or(() ->
                Optional.ofNullable(new Socket(end.fd().intValue()).localAddress())
                        .map(local -> new ProxyHeader.Ends(from, local)));
    }

    @Override
    public boolean isOpen() {
        return end.isOpen();
    }

    @Override
    public long in() {
        return end.in();
    }

    @Override
    public long out() {
        return end.out();
    }

    @Override
    public void alsoTo(ByteCounts counts) {
        end.alsoTo(counts);
    }

    @Override
    public Carriage carry(ByteBuf hello, Callee to, Duration idle, Consumer<Relay.End> ended) {
        var joined = RawRelay.join(end, hello, (RawEnd) to, idle, ended);
        relay = joined;
        return joined;
    }

    @Override
    public void reset() {
        if (relay == null) {
            end.reset();
        } else {
            relay.reset();
        }
    }

    @Override
    public Race.Attempt connect(Endpoint endpoint, Duration limit, Race.Finish<Callee> finish) {
        return RawConnect.begin(loop, endpoint, limit, totalIn, totalOut, finish);
    }
}
