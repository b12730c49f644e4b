package dev.hansa.gateway.wire;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.NativeInetAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A socket that listens for all loops: whichever is free takes the next connection and keeps it.
final class RawListener implements AutoCloseable {
    /// Connections that a loop takes before it looks at those that it has.
    private static final int BATCH = 64;

    /// `sockaddr_in6` with its length before it.
    private static final int ADDRESS = 26;

    private final Socket socket;
    private final List<Turnstile> turnstiles;
    private final InetSocketAddress address;

    /// Registers with every loop; nothing is accepted before [#accept].
    ///
    /// @param socket closed by [#close]
    /// @param accepted takes a connection and tells its entry of its end, or throws, and then it
    ///   has not taken it
    RawListener(
            Socket socket,
            List<RawLoop> loops,
            Entrance entrance,
            Consumer<RawTransport.Accepted> accepted) {
        this.socket = socket;
        this.address = socket.localAddress();
        this.turnstiles =
                loops.stream().map(loop -> new Turnstile(loop, entrance, accepted)).toList();
    }

    InetSocketAddress address() {
        return address;
    }

    int descriptor() {
        return socket.intValue();
    }

    void accept() {
        turnstiles.forEach(each -> each.onItsLoop(each::open));
    }

    /// When this returns no loop looks at it any more: another process may have it too, so that its
    /// events would not end with our descriptor.
    @Override
    public void close() {
        turnstiles.forEach(each -> each.onItsLoop(each::remove));
        try {
            socket.close();
        } catch (IOException _) {
            // its descriptor is gone whatever close answers
        }
    }

    /// One loop's way in.
    private final class Turnstile implements EpollIoHandle {
        private final RawLoop loop;
        private final Entrance entrance;
        private final Consumer<RawTransport.Accepted> accepted;
        private final byte[] from = new byte[ADDRESS];
        private @Nullable IoRegistration registration;
        private boolean removed;

        Turnstile(RawLoop loop, Entrance entrance, Consumer<RawTransport.Accepted> accepted) {
            this.loop = loop;
            this.entrance = entrance;
            this.accepted = accepted;
        }

        void onItsLoop(Runnable what) {
            if (loop.loop().inEventLoop()) {
                what.run();
            } else if (!loop.loop().isShuttingDown()) {
                loop.loop().submit(what).syncUninterruptibly();
            }
        }

        void open() {
            if (removed) {
                return;
            }
            if (registration == null) {
                registration = loop.loop().register(this).getNow();
            }
            if (registration != null) {
                registration.submit(EpollIoOps.EPOLLIN);
            }
        }

        void remove() {
            removed = true;
            if (registration != null) {
                registration.cancel();
            }
        }

        @Override
        public FileDescriptor fd() {
            return socket;
        }

        @Override
        public void handle(IoRegistration registered, IoEvent event) {
            try {
                for (var i = 0; i < BATCH && !removed; i++) {
                    var descriptor = socket.accept(from);
                    if (descriptor < 0) {
                        return;
                    }
                    take(new FileDescriptor(descriptor));
                }
            } catch (IOException | RuntimeException | Error e) {
                pause(e);
            }
        }

        private void take(FileDescriptor descriptor) throws IOException {
            var address = NativeInetAddress.address(from, 1, from[0]);
            var entry = entrance.admits(address.getAddress());
            if (entry.isEmpty()) {
                // a reset leaves nothing behind: no TIME_WAIT of ours, no wait of theirs
                try {
                    new Socket(descriptor.intValue()).setSoLinger(0);
                } finally {
                    descriptor.close();
                }
                return;
            }
            try {
                accepted.accept(new RawTransport.Accepted(loop, descriptor, address, entry.get()));
            } catch (RuntimeException | Error e) {
                // nobody has it, so nobody else gives its place back
                entry.get().left();
                descriptor.close();
                throw e;
            }
        }

        /// Out of descriptors, most of all. The socket stays readable, so without a pause the loop
        /// would do nothing but fail.
        private void pause(Throwable cause) {
            entrance.acceptFailed(cause);
            if (registration != null && !removed) {
                // not nothing: what has left the set of epoll does not come back into it
                registration.submit(EpollIoOps.EPOLLERR);
                loop.loop()
                        .schedule(
                                this::open,
                                Admission.ACCEPT_AGAIN.toMillis(),
                                TimeUnit.MILLISECONDS);
            }
        }

        /// By Netty, when the loop ends.
        @Override
        public void close() {
            removed = true;
        }
    }
}
