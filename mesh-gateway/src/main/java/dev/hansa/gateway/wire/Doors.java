package dev.hansa.gateway.wire;

import io.netty.channel.Channel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The listening sockets of a process: opened here or taken over from the process before, passed on
/// to the next one, closed.
///
/// What is passed on is the socket itself, so a connection that the kernel has taken for it, or is
/// about to take, is served by whichever process accepts next, and no moment exists at which nobody
/// listens (ADR 0014).
public final class Doors implements AutoCloseable {
    private final Transport transport;
    private final boolean passable;
    private final List<Door> open = new ArrayList<>();
    private final List<Passed> passed = new ArrayList<>();
    private boolean held;

    /// A socket that another process has opened.
    record Passed(int descriptor, InetSocketAddress address) {}

    private interface Door {
        int descriptor();

        void accept();

        /// Stops accepting.
        void close();

        default boolean is(Channel channel) {
            return false;
        }
    }

    private record ChannelDoor(Channel channel, int descriptor) implements Door {
        @Override
        public void accept() {
            channel.config().setAutoRead(true);
        }

        @Override
        public void close() {
            channel.close().awaitUninterruptibly();
        }

        @Override
        public boolean is(Channel other) {
            return channel.equals(other);
        }
    }

    private record RawDoor(RawListener listener) implements Door {
        @Override
        public int descriptor() {
            return listener.descriptor();
        }

        @Override
        public void accept() {
            listener.accept();
        }

        @Override
        public void close() {
            listener.close();
        }
    }

    /// @param passable whether another process may ask for the sockets
    public Doors(Transport transport, boolean passable) {
        this.transport = transport;
        this.passable = passable;
    }

    /// These are used instead of new ones, where an address is the same. Until [#accept] nothing is
    /// accepted: a process that fails to open the next address must not have taken a caller away
    /// from the one that goes on.
    synchronized void takeOver(List<Passed> sockets) {
        passed.addAll(sockets);
        held = true;
    }

    synchronized void accept() {
        held = false;
        open.forEach(Door::accept);
    }

    /// Listens; `accepted` is called on the new connection's loop, with its reading stopped, when
    /// it is active.
    ///
    /// @throws IOException naming the address and the cause when it cannot be bound
    public Channel open(InetSocketAddress address, Entrance entrance, Consumer<Channel> accepted)
            throws IOException {
        return open(address, Transport.Kind.DIALLED, entrance, accepted);
    }

    /// The same for connections that the kernel redirects here.
    ///
    /// @throws IOException also where the kernel's answers are not known
    public Channel openRedirected(
            InetSocketAddress address, Entrance entrance, Consumer<RedirectedChannel> accepted)
            throws IOException {
        if (!HandOver.isAvailable()) {
            throw new IOException(
                    "cannot take redirected connections on "
                            + address.getHostString()
                            + ":"
                            + address.getPort()
                            + ": expected Linux on amd64 or aarch64; found "
                            + System.getProperty("os.name")
                            + " on "
                            + System.getProperty("os.arch"));
        }
        return open(
                address,
                Transport.Kind.REDIRECTED,
                entrance,
                channel -> accepted.accept((RedirectedChannel) channel));
    }

    private synchronized Channel open(
            InetSocketAddress address,
            Transport.Kind kind,
            Entrance entrance,
            Consumer<Channel> accepted)
            throws IOException {
        var resolved = resolved(address);
        var taken = taken(resolved);
        if (taken.isPresent()) {
            var socket = adopt(taken.get().descriptor());
            var channel = transport.listen(socket.channel(), kind, !held, entrance, accepted);
            open.add(new ChannelDoor(channel, socket.descriptor()));
            return channel;
        }
        var channel = transport.listen(resolved, kind, !held, entrance, accepted);
        var local = (InetSocketAddress) channel.localAddress();
        open.add(new ChannelDoor(channel, passable ? descriptorOf(local) : -1));
        return channel;
    }

    /// Listens for a gateway, without channels where that can be.
    ///
    /// @param raw where there is one
    /// @return where it listens
    /// @throws IOException naming the address and the cause when it cannot be bound
    public synchronized InetSocketAddress open(
            InetSocketAddress address,
            Entrance entrance,
            Optional<RawTransport> raw,
            SniGateway gateway)
            throws IOException {
        if (raw.isEmpty()) {
            return (InetSocketAddress) open(address, entrance, gateway::accept).localAddress();
        }
        Consumer<RawTransport.Accepted> accepted = gateway::accept;
        var resolved = resolved(address);
        var taken = taken(resolved);
        var listener =
                taken.isPresent()
                        ? raw.get()
                                .listen(
                                        new Socket(taken.get().descriptor()),
                                        !held,
                                        entrance,
                                        accepted)
                        : raw.get().listen(resolved, !held, entrance, accepted);
        open.add(new RawDoor(listener));
        return listener.address();
    }

    private static InetSocketAddress resolved(InetSocketAddress address) {
        return address.isUnresolved()
                ? new InetSocketAddress(address.getHostString(), address.getPort())
                : address;
    }

    /// One of those that were taken over, which is the caller's from now on.
    private Optional<Passed> taken(InetSocketAddress address) {
        var found = passed.stream().filter(one -> isSame(one.address(), address)).findFirst();
        found.ifPresent(passed::remove);
        return found;
    }

    /// What was taken over and is not wanted here is let go.
    synchronized void closeRest() {
        passed.forEach(one -> Libc.close(one.descriptor()));
        passed.clear();
    }

    synchronized List<Integer> descriptors() {
        return open.stream().map(Door::descriptor).toList();
    }

    /// Stops accepting at all but one.
    public synchronized void closeAllBut(Optional<Channel> kept) {
        var closing = open.stream().filter(door -> kept.filter(door::is).isEmpty()).toList();
        closing.forEach(Door::close);
        open.removeAll(closing);
    }

    /// Stops accepting. Where another process has the sockets too, they go on without us.
    @Override
    public synchronized void close() {
        open.forEach(Door::close);
        open.clear();
        closeRest();
    }

    private record Adopted(ServerSocketChannel channel, int descriptor) {}

    /// Java makes no channel of a descriptor. So it makes one of a socket of its own, and then the
    /// kernel is told to put the passed one in that socket's place.
    private static Adopted adopt(int descriptor) throws IOException {
        var channel = ServerSocketChannel.open();
        try {
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            var own = descriptorOf((InetSocketAddress) channel.getLocalAddress());
            Libc.replace(own, descriptor);
            return new Adopted(channel, own);
        } catch (IOException e) {
            channel.close();
            throw e;
        } finally {
            Libc.close(descriptor);
        }
    }

    /// The descriptor of our socket that listens on an address.
    private static int descriptorOf(InetSocketAddress address) throws IOException {
        try (var all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (var entry : all) {
                var descriptor = Integer.parseInt(entry.getFileName().toString());
                if (Libc.listensOn(descriptor).filter(on -> isSame(on, address)).isPresent()) {
                    return descriptor;
                }
            }
        }
        throw new IOException("no descriptor of this process listens on " + address);
    }

    /// `0.0.0.0` and `::` are the same to a socket of both families.
    private static boolean isSame(InetSocketAddress one, InetSocketAddress other) {
        var a = Optional.ofNullable(one.getAddress());
        var b = Optional.ofNullable(other.getAddress());
        return one.getPort() == other.getPort()
                && (a.equals(b)
                        || a.filter(InetAddress::isAnyLocalAddress).isPresent()
                                && b.filter(InetAddress::isAnyLocalAddress).isPresent());
    }
}
