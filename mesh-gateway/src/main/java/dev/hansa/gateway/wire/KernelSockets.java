package dev.hansa.gateway.wire;

import dev.hansa.gateway.GatewayEvent;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/// Asks the Linux kernel (`sock_diag(7)`) about one connection of this network namespace: a socket
/// that no process has accepted yet has no inode, and what was not read or not acknowledged is
/// counted. One lookup in a hash table, whatever the number of connections; the same in
/// /proc/net/tcp is a walk through all of them, and through the empty places of their table.
public final class KernelSockets implements Acceptance, AutoCloseable {
    private static final int HEADER = 16;
    private static final int QUESTION = HEADER + 56;
    private static final int LARGEST_ANSWER = 512;

    /// Answers to earlier questions that are passed over for one: each had a second to come, and a
    /// machine on which more are late has no time to ask.
    static final int MOST_LATE = 16;

    /// How often the socket is opened anew because of answers to questions that were never asked. A
    /// kernel that goes on so is not to be asked.
    static final int MOST_ANEW = 16;

    private static final short BY_FAMILY = 20;
    private static final short ERROR = 2;
    private static final short REQUEST = 1;
    private static final byte TCP = 6;

    /// In an answer, from its beginning.
    private static final int SEQUENCE_AT = 8;

    private static final int STATE_AT = HEADER + 1;

    private static final int UNREAD_AT = HEADER + 4 + 48 + 4;

    private static final int UNACKNOWLEDGED_AT = UNREAD_AT + 4;

    private static final int INODE_AT = HEADER + 4 + 48 + 16;

    private static final byte ESTABLISHED = 1;
    private static final byte SYN_RECEIVED = 3;
    private static final byte CLOSED = 7;
    private static final byte CLOSE_WAIT = 8;
    private static final byte LISTENING = 10;
    private static final byte NEW_SYN_RECEIVED = 12;

    private final ReentrantLock lock = new ReentrantLock();
    private final Consumer<GatewayEvent> events;
    private int socket;
    private int sequence;
    private int anew;
    private boolean closed;

    /// What the kernel says of one socket.
    ///
    /// @param accepted whether a process has it
    /// @param unread bytes that came and that it has not read, and the end where it has not read
    ///   that; of one that listens, connections
    /// @param unacknowledged bytes that it has written and the other end has not acknowledged
    private record Found(byte state, boolean accepted, int unread, int unacknowledged) {
        boolean isOpen() {
            return state == ESTABLISHED || state == CLOSE_WAIT;
        }

        /// Without the end, which is no byte: who answers a request need not read so far.
        int unreadBytes() {
            return state == CLOSE_WAIT ? Math.max(0, unread - 1) : unread;
        }
    }

    private KernelSockets(int socket, Consumer<GatewayEvent> events) {
        this.socket = socket;
        this.events = events;
    }

    /// Empty where the kernel cannot be asked: not Linux, or a sandbox that forbids it.
    ///
    /// @param events told once when the kernel is not asked any more before this is closed
    public static Optional<KernelSockets> open(Consumer<GatewayEvent> events) {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux")
                || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return Optional.empty();
        }
        try {
            var sockets = new KernelSockets(socket(), events);
            // whoever may not ask is told so at the first question
            sockets.find(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
            return Optional.of(sockets);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static int socket() throws IOException {
        var socket = Libc.diagnosisSocket();
        // the kernel answers before it returns; a defect must not stop a loop
        Libc.receiveTimeout(socket, 1);
        return socket;
    }

    int descriptor() {
        return socket;
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

    @Override
    public long unread(InetSocketAddress application, InetSocketAddress caller) {
        return count(application, caller, Found::unreadBytes);
    }

    @Override
    public long unacknowledged(InetSocketAddress here, InetSocketAddress there) {
        return count(here, there, Found::unacknowledged);
    }

    private long count(
            InetSocketAddress local, InetSocketAddress remote, ToLongFunction<Found> bytes) {
        try {
            return find(local, remote).filter(Found::isOpen).stream().mapToLong(bytes).sum();
        } catch (IOException e) {
            return 0;
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
            Libc.ask(socket, question(local, remote, ++sequence));
            return read(answer());
        } finally {
            lock.unlock();
        }
    }

    /// To the latest question. One that came too late for an earlier one may be before it.
    private ByteBuffer answer() throws IOException {
        for (var late = 0; late <= MOST_LATE; late++) {
            var bytes = new byte[LARGEST_ANSWER];
            var length = Libc.hear(socket, bytes);
            var answer = ByteBuffer.wrap(bytes, 0, length).order(ByteOrder.nativeOrder());
            var ahead = length < HEADER + Integer.BYTES ? 1 : answer.getInt(SEQUENCE_AT) - sequence;
            if (ahead == 0) {
                return answer;
            } else if (ahead > 0) {
                break;
            }
        }
        var expected = new IOException("expected the answer to question " + sequence);
        try {
            openAnew();
        } catch (IOException e) {
            expected.addSuppressed(e);
        }
        if (closed) {
            events.accept(new GatewayEvent.BackgroundFailure("asking the kernel", expected));
        }
        throw expected;
    }

    private void openAnew() throws IOException {
        close();
        if (++anew <= MOST_ANEW) {
            socket = socket();
            closed = false;
        }
    }

    private static Optional<Found> read(ByteBuffer answer) throws IOException {
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
        return Optional.of(
                new Found(
                        answer.get(STATE_AT),
                        answer.getInt(INODE_AT) != 0,
                        answer.getInt(UNREAD_AT),
                        answer.getInt(UNACKNOWLEDGED_AT)));
    }

    /// `struct nlmsghdr` and `struct inet_diag_req_v2`.
    static byte[] question(InetSocketAddress local, InetSocketAddress remote, int sequence) {
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
