package dev.hansa.gateway.wire;

import java.net.InetSocketAddress;

/// Has an application taken a connection that its kernel has completed? A kernel completes
/// connections for whoever listens, also for a process that is stopped or hangs.
@FunctionalInterface
public interface Acceptance {
    /// Where nobody can tell.
    Acceptance UNSEEN = (_, _) -> State.UNKNOWN;

    /// @param application where it was connected to
    /// @param caller the other end, of this process
    State of(InetSocketAddress application, InetSocketAddress caller);

    /// How much of what its caller has said lies in the kernel, and the application has not read
    /// it; 0 where nobody can tell.
    ///
    /// @param application where it was connected to
    /// @param caller the other end, of this process
    default long unread(InetSocketAddress application, InetSocketAddress caller) {
        return 0;
    }

    /// How much of what was said the other end's kernel has not acknowledged; 0 where nobody can
    /// tell.
    ///
    /// @param here an end of a connection, of this process
    default long unacknowledged(InetSocketAddress here, InetSocketAddress there) {
        return 0;
    }

    /// What has become of a connection.
    enum State {
        /// The application has it.
        ACCEPTED,
        /// It waits in the kernel.
        WAITING,
        /// It has been reset, and nobody listens there any more.
        GONE,
        /// The application is on another machine or in another network namespace, or the kernel
        /// does not say.
        UNKNOWN
    }
}
