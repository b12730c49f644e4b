package dev.hansa.gateway.wire;

import java.net.InetAddress;
import java.util.Optional;

/// Decides at one listener who is let in. Safe for all event loops.
public interface Entrance {
    /// A new connection is there.
    ///
    /// @return empty: it has to be reset
    Optional<Admission.Entry> admits(InetAddress from);

    /// The kernel has a connection and it could not be taken.
    void acceptFailed(Throwable cause);
}
