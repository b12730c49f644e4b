package dev.hansa.gateway.wire;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/// Asks the Linux kernel (`sock_diag(7)`) about one connection of this network namespace: a socket
/// that no process has accepted yet has no inode. One lookup in a hash table, whatever the number
/// of connections; the same in /proc/net/tcp is a walk through all of them, and through the empty
/// places of their table.
public final class KernelSockets implements Acceptance, AutoCloseable {
    private static final int HEADER = 16;
    private static final int QUESTION = HEADER + 56;
    private static final int LARGEST_ANSWER = 512;

    private static final short BY_FAMILY = 20;
    private static final short ERROR = 2;
    private static final short REQUEST = 1;
    private static final byte TCP = 6;

    /// In an answer, from its beginning.
    private static final int STATE_AT = HEADER + 1;

    private static final int INODE_AT = HEADER + 4 + 48 + 16;

    private static final byte ESTABLISHED = 1;
    private static final byte SYN_RECEIVED = 3;
    private static final byte CLOSED = 7;
    private static final byte CLOSE_WAIT = 8;
    private static final byte LISTENING = 10;
    private static final byte NEW_SYN_RECEIVED = 12;

    private final ReentrantLock lock = new ReentrantLock();
    private final int socket;
    private int sequence;
    private boolean closed;

    /// What the kernel says of one socket.
    ///
    /// @param accepted whether a process has it
    private record Found(byte state, boolean accepted) {
        boolean isOpen() {
            return state == ESTABLISHED || state == CLOSE_WAIT;
        }
    }

    private KernelSockets(int socket) {
        this.socket = socket;
    }

    /// Empty where the kernel cannot be asked: not Linux, or a sandbox that forbids it.
    public static Optional<KernelSockets> open() {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux")
                || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return Optional.empty();
        }
        try {
            var socket = Libc.diagnosisSocket();
            // the kernel answers before it returns; a defect must not stop a loop
            Libc.receiveTimeout(socket, 1);
            var sockets = new KernelSockets(socket);
            // whoever may not ask is told so at the first question
            sockets.find(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
            return Optional.of(sockets);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public State of(InetSocketAddress application, InetSocketAddress caller) {
        try {
            var theirs = find(application, caller);
            if (theirs.isEmpty() || theirs.get().state() == LISTENING) {
                return without(theirs.isPresent(), find(caller, application));
            }
            return switch (theirs.get().state()) {
                case ESTABLISHED, CLOSE_WAIT ->
                        theirs.get().accepted() ? State.ACCEPTED : State.WAITING;
                case SYN_RECEIVED, NEW_SYN_RECEIVED -> State.WAITING;
                case CLOSED -> State.GONE;
                // whoever has ended it in an orderly way has had it
                default -> State.ACCEPTED;
            };
        } catch (IOException e) {
            return State.UNKNOWN;
        }
    }

    /// There is no such connection at the application's end, as far as this kernel sees.
    ///
    /// @param listens somebody listens there, and would be found in its place
    private static State without(boolean listens, Optional<Found> ours) {
        if (ours.filter(Found::isOpen).isPresent()) {
            return State.UNKNOWN;
        }
        return listens ? State.ACCEPTED : State.GONE;
    }

    /// The end at `local` of a connection with `remote`; the socket that listens at `local` where
    /// there is no such connection; empty where there is neither.
    private Optional<Found> find(InetSocketAddress local, InetSocketAddress remote)
            throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("closed");
            }
            var answer = new byte[LARGEST_ANSWER];
            var length = Libc.ask(socket, question(local, remote, ++sequence), answer);
            return read(ByteBuffer.wrap(answer, 0, length).order(ByteOrder.nativeOrder()));
        } finally {
            lock.unlock();
        }
    }

    private Optional<Found> read(ByteBuffer answer) throws IOException {
        if (answer.limit() < HEADER + Integer.BYTES || answer.getInt(8) != sequence) {
            // one answer off, all later ones would be too
            close();
            throw new IOException("expected the answer to question " + sequence);
        }
        if (answer.getShort(4) == ERROR) {
            var number = -answer.getInt(HEADER);
            if (number == Libc.NO_SUCH_FILE) {
                return Optional.empty();
            }
            throw new Libc.CallFailedException("sock_diag", number);
        }
        if (answer.limit() < INODE_AT + Integer.BYTES) {
            throw new IOException("sock_diag: expected a socket; found " + answer.limit());
        }
        return Optional.of(new Found(answer.get(STATE_AT), answer.getInt(INODE_AT) != 0));
    }

    /// `struct nlmsghdr` and `struct inet_diag_req_v2`.
    private static byte[] question(
            InetSocketAddress local, InetSocketAddress remote, int sequence) {
        var bytes = ByteBuffer.allocate(QUESTION).order(ByteOrder.nativeOrder());
        bytes.putInt(QUESTION).putShort(BY_FAMILY).putShort(REQUEST).putInt(sequence).putInt(0);
        bytes.put(Libc.family(local.getAddress() instanceof Inet4Address)).put(TCP);
        bytes.putShort((short) 0).putInt(-1);
        bytes.order(ByteOrder.BIG_ENDIAN);
        bytes.putShort((short) local.getPort()).putShort((short) remote.getPort());
        putAddress(bytes, local.getAddress());
        putAddress(bytes, remote.getAddress());
        // any interface, no cookie
        bytes.putInt(0).putInt(-1).putInt(-1);
        return bytes.array();
    }

    private static void putAddress(ByteBuffer bytes, InetAddress address) {
        var start = bytes.position();
        bytes.put(address.getAddress()).position(start + 16);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                Libc.close(socket);
            }
        } finally {
            lock.unlock();
        }
    }
}
