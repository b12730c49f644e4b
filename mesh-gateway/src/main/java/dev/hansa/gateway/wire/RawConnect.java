package dev.hansa.gateway.wire;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import io.netty.channel.ChannelException;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// A bare socket that is being connected. On one event loop.
final class RawConnect implements Race.Attempt, RawEnd.Watcher {
    private final RawLoop loop;
    private final LongConsumer totalIn;
    private final LongConsumer totalOut;
    private final Duration limit;
    private final Race.Finish<? super RawEnd> finish;
    private @Nullable RawEnd reached;
    private @Nullable LinuxSocket socket;
    private @Nullable ScheduledFuture<?> timer;
    private boolean over;

    private RawConnect(
            RawLoop loop,
            LongConsumer totalIn,
            LongConsumer totalOut,
            Duration limit,
            Race.Finish<? super RawEnd> finish) {
        this.loop = loop;
        this.totalIn = totalIn;
        this.totalOut = totalOut;
        this.limit = limit;
        this.finish = finish;
    }

    /// Begins. A host name is resolved first, off the loop.
    ///
    /// @param limit to connect
    /// @param totalIn told of bytes that are read from it
    /// @param totalOut told of bytes that are written to it
    /// @param finish told once, on the loop and never within this call
    static RawConnect begin(
            RawLoop loop,
            Endpoint endpoint,
            Duration limit,
            LongConsumer totalIn,
            LongConsumer totalOut,
            Race.Finish<? super RawEnd> finish) {
        var attempt = new RawConnect(loop, totalIn, totalOut, limit, finish);
        HostNames.resolve(
                endpoint,
                address -> {
                    try {
                        // never within this call: a thousand addresses that fail at once would be
                        // as many calls within one another
                        loop.loop().execute(() -> attempt.to(address));
                    } catch (RejectedExecutionException _) {
                        // the loop has ended, and with it whoever waits
                    }
                });
        return attempt;
    }

    private void to(InetSocketAddress address) {
        if (over) {
            return;
        }
        try {
            if (address.isUnresolved()) {
                throw new UnknownHostException(address.getHostString());
            }
            var opened = RawTransport.outgoing(address.getAddress());
            var trying = new RawEnd(loop, opened, totalIn, totalOut, this);
            socket = opened;
            reached = trying;
            opened.connect(address);
            timer =
                    loop.loop()
                            .schedule(
                                    () -> fail(late(address)),
                                    limit.toMillis(),
                                    TimeUnit.MILLISECONDS);
            trying.register();
            if (!trying.isOpen()) {
                fail(new ChannelException("the loop takes no more sockets"));
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    private ConnectTimeoutException late(InetSocketAddress address) {
        return new ConnectTimeoutException(
                "no answer from " + address + " in " + limit.toMillis() + " ms");
    }

    /// Connected, or failed: `SO_ERROR` tells.
    @Override
    public void changed(RawEnd changed) {
        var trying = socket;
        if (over || trying == null) {
            return;
        }
        try {
            if (trying.finishConnect()) {
                settle();
                finish.reached(changed);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private void settle() {
        over = true;
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void fail(Exception cause) {
        if (over) {
            return;
        }
        settle();
        if (reached != null) {
            reached.leave();
        }
        // without a descriptor, or by a fault of ours, nothing was said of the endpoint
        finish.failed(
                cause instanceof RuntimeException
                        ? Optional.empty()
                        : Optional.of(Transport.sign(cause)),
                String.valueOf(cause.getMessage()));
    }

    @Override
    public void callOff() {
        settle();
        if (reached != null) {
            reached.leave();
        }
    }

    @Override
    public Sign silence() {
        return Sign.UNREACHED;
    }
}
