package dev.hansa.gateway.wire;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.telemetry.ByteCounts;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Who has connected to a gateway, whatever its socket is made of: Netty's channels, or the
/// kernel's calls alone. On its loop only.
interface Caller {
    EventLoop loop();

    /// `host:port`, of its own where a proxy stands between; empty when it cannot be told.
    String address();

    /// Both ends of its connection; where a proxy stands between, of that which the proxy has from
    /// it. Empty when they cannot be told.
    Optional<ProxyHeader.Ends> ends();

    boolean isOpen();

    /// Answers with a fatal alert in the clear, and closes.
    void alert(int description);

    /// Bytes of its own socket.
    long in();

    long out();

    /// From now on counted there too, with what has passed before.
    void alsoTo(ByteCounts counts);

    /// Opens a socket to an endpoint on the caller's loop.
    ///
    /// @param limit to connect
    Race.Attempt connect(Endpoint endpoint, Duration limit, Race.Finish<Callee> finish);

    /// Joins both, until both have ended.
    ///
    /// @param hello what the caller has said so far; handed over
    /// @param idle without a byte for this long, at most for twice as long, both are reset
    /// @param ended called once on the loop when it has come to its end
    Carriage carry(ByteBuf hello, Callee to, Duration idle, Consumer<Relay.End> ended);

    /// Ends both at once when they are joined.
    void reset();

    /// An endpoint that has been connected to.
    interface Callee {
        long in();

        long out();

        /// It is not needed: closed.
        void discard();
    }
}
