package dev.hansa.gateway.wire;

import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// The sockets of a gateway on Linux: event loops of Netty's with its calls to the kernel, and none
/// of its channels, which cost a connection about forty system calls where twenty do.
public final class RawTransport implements AutoCloseable {
    /// As [Transport] has it.
    private static final int BACKLOG = 1024;

    /// Of a process: each holds two descriptors, and an unprivileged user may have about a thousand
    /// before the kernel makes them small (pipe-user-pages-soft).
    static final int PIPES = 64;

    private static final String PROPERTY = "hansa.relay";

    // of linux/tcp.h
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_KEEPIDLE = 4;
    private static final int TCP_KEEPINTVL = 5;
    private static final int TCP_KEEPCNT = 6;

    private final MultiThreadIoEventLoopGroup group;
    private final List<RawLoop> loops = new ArrayList<>();

    /// @param threads event loops; 0 means one for each processor
    public RawTransport(int threads) {
        var count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        group = new MultiThreadIoEventLoopGroup(count, EpollIoHandler.newFactory());
        for (EventExecutor each : group) {
            loops.add(new RawLoop((IoEventLoop) each, PIPES / count));
        }
    }

    List<RawLoop> loops() {
        return List.copyOf(loops);
    }

    /// Where the kernel and the native library are there; `-Dhansa.relay=channels` does without.
    public static boolean isAvailable() {
        return !System.getProperty(PROPERTY, "").equals("channels") && Epoll.isAvailable();
    }

    /// Why it is not there.
    public static String whyNot() {
        var cause = Epoll.unavailabilityCause();
        return cause == null ? "-D" + PROPERTY + "=channels" : String.valueOf(cause);
    }

    /// A socket that has been accepted.
    ///
    /// @param descriptor its own; whoever is told closes it
    /// @param entry what it was let in with; whoever is told tells it of its end
    record Accepted(
            RawLoop loop,
            FileDescriptor descriptor,
            InetSocketAddress from,
            Admission.Entry entry) {}

    /// Listens; `accepted` is called on the new connection's loop.
    ///
    /// @param accepting false: it listens, and accepts when it is told to
    /// @throws IOException naming the address and the cause when it cannot be bound
    RawListener listen(
            InetSocketAddress address,
            boolean accepting,
            Entrance entrance,
            Consumer<Accepted> accepted)
            throws IOException {
        var socket = LinuxSocket.newSocketStream();
        try {
            socket.setReuseAddress(true);
            socket.bind(ofBothFamilies(address));
            socket.listen(BACKLOG);
        } catch (IOException e) {
            socket.close();
            throw new IOException(
                    "cannot listen on "
                            + address.getHostString()
                            + ":"
                            + address.getPort()
                            + ": "
                            + e.getMessage(),
                    e);
        }
        return listen(socket, accepting, entrance, accepted);
    }

    /// The same with a socket that listens already.
    RawListener listen(
            Socket socket, boolean accepting, Entrance entrance, Consumer<Accepted> accepted)
            throws IOException {
        // what is accepted has these from the start
        prepare(socket);
        var listener = new RawListener(socket, loops, entrance, accepted);
        if (accepting) {
            listener.accept();
        }
        return listener;
    }

    /// As [Transport] has them.
    private static void prepare(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setKeepAlive(true);
        socket.setIntOpt(
                IPPROTO_TCP, TCP_KEEPIDLE, Math.toIntExact(Transport.KEEPALIVE_IDLE.toSeconds()));
        socket.setIntOpt(
                IPPROTO_TCP,
                TCP_KEEPINTVL,
                Math.toIntExact(Transport.KEEPALIVE_INTERVAL.toSeconds()));
        socket.setIntOpt(IPPROTO_TCP, TCP_KEEPCNT, Transport.KEEPALIVE_PROBES);
    }

    /// `0.0.0.0` means `::` too, as it does to sockets of Java's.
    private static InetSocketAddress ofBothFamilies(InetSocketAddress address) throws IOException {
        return address.getAddress() instanceof Inet4Address any
                        && any.isAnyLocalAddress()
                        && Socket.isIPv6Preferred()
                ? new InetSocketAddress(InetAddress.getByName("::"), address.getPort())
                : address;
    }

    /// A socket for a connection to an address of this family, not connected yet.
    ///
    /// @throws io.netty.channel.ChannelException when the system has none
    static LinuxSocket outgoing(InetAddress to) throws IOException {
        var socket =
                LinuxSocket.newSocketStream(
                        to instanceof Inet4Address
                                ? SocketProtocolFamily.INET
                                : SocketProtocolFamily.INET6);
        try {
            prepare(socket);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        loops.forEach(RawLoop::close);
    }
}
