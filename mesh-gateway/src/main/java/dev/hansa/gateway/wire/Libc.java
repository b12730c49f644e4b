package dev.hansa.gateway.wire;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The calls of the C library by which one process passes a listening socket to another, and by
/// which the kernel is asked about its sockets; Java has no other way to do either. Numbers and
/// layouts are those of Linux on 64 bits.
final class Libc {
    static final int NO_SUCH_FILE = 2;
    static final int NO_READER = 32;
    static final int RESET = 104;
    static final int REFUSED = 111;
    private static final int TRY_AGAIN = 11;

    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int AF_NETLINK = 16;
    private static final int SOCK_DGRAM = 2;
    private static final int NETLINK_SOCK_DIAG = 4;

    /// Whole messages, and an end that is seen.
    private static final int SOCK_SEQPACKET = 5;

    private static final int CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SCM_RIGHTS = 1;

    /// Of IPv4; what was dialled before a rule of the kernel redirected it.
    private static final int SOL_IP = 0;

    private static final int SO_ORIGINAL_DST = 80;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    /// The kernel takes 253 descriptors in one message.
    static final int MOST_DESCRIPTORS = 200;

    private static final int TEXT = 64;
    private static final int CONTROL = 16 + MOST_DESCRIPTORS * Integer.BYTES;

    /// `sun_path`, its last zero left.
    private static final int LONGEST_PATH = 107;

    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;

    private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);
    private static final MethodHandle BIND = function("bind", INT, INT, POINTER, INT);
    private static final MethodHandle LISTEN = function("listen", INT, INT, INT);
    private static final MethodHandle CONNECT = function("connect", INT, INT, POINTER, INT);
    private static final MethodHandle ACCEPT = function("accept4", INT, INT, POINTER, POINTER, INT);
    private static final MethodHandle SENDMSG = function("sendmsg", LONG, INT, POINTER, INT);
    private static final MethodHandle RECVMSG = function("recvmsg", LONG, INT, POINTER, INT);
    private static final MethodHandle SEND = function("send", LONG, INT, POINTER, LONG, INT);
    private static final MethodHandle RECV = function("recv", LONG, INT, POINTER, LONG, INT);
    private static final MethodHandle CLOSE = function("close", INT, INT);
    private static final MethodHandle SHUTDOWN = function("shutdown", INT, INT, INT);
    private static final MethodHandle FCHMOD = function("fchmod", INT, INT, INT);
    private static final MethodHandle DUP3 = function("dup3", INT, INT, INT, INT);
    private static final MethodHandle GETEUID = function("geteuid", INT);
    private static final MethodHandle GETSOCKNAME =
            function("getsockname", INT, INT, POINTER, POINTER);
    private static final MethodHandle GETPEERNAME =
            function("getpeername", INT, INT, POINTER, POINTER);
    private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
    private static final MethodHandle GETSOCKOPT =
            function("getsockopt", INT, INT, INT, INT, POINTER, POINTER);
    private static final MethodHandle SETSOCKOPT =
            function("setsockopt", INT, INT, INT, INT, POINTER, INT);

    private Libc() {}

    /// Text and descriptors that came together.
    record Message(String text, List<Integer> descriptors) {
        Message {
            descriptors = List.copyOf(descriptors);
        }
    }

    /// What the library answered to a call.
    static final class CallFailedException extends IOException {
        private static final long serialVersionUID = 1;

        private final int number;

        CallFailedException(String what, int number) {
            super(what + ": errno " + number + (number == TRY_AGAIN ? " (no answer in time)" : ""));
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    @SuppressWarnings("restricted") // this class is the one that calls native code
    private static MethodHandle function(
            String name, MemoryLayout answer, MemoryLayout... arguments) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(answer, arguments),
                Linker.Option.captureCallState("errno"));
    }

    private static int call(String what, MethodHandle function, Object... arguments)
            throws CallFailedException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            var all = new ArrayList<Object>(List.of(state));
            all.addAll(Arrays.asList(arguments));
            var answer = ((Number) function.invokeWithArguments(all)).intValue();
            if (answer < 0) {
                throw new CallFailedException(what, state.get(INT, 0));
            }
            return answer;
        } catch (CallFailedException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(what, e);
        }
    }

    static int unixSocket() throws IOException {
        return call("socket", SOCKET, AF_UNIX, SOCK_SEQPACKET | CLOEXEC, 0);
    }

    /// Through which the kernel answers about sockets of this process's network namespace.
    static int diagnosisSocket() throws IOException {
        return call("socket", SOCKET, AF_NETLINK, SOCK_DGRAM | CLOEXEC, NETLINK_SOCK_DIAG);
    }

    static byte family(boolean isIpv4) {
        return (byte) (isIpv4 ? AF_INET : AF_INET6);
    }

    /// Sends one message to the kernel, whose answer is there when the call returns.
    static void ask(int socket, byte[] question) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            var out = arena.allocate(question.length, Long.BYTES);
            MemorySegment.copy(question, 0, out, ValueLayout.JAVA_BYTE, 0, question.length);
            var sent =
                    (long)
                            SEND.invokeExact(
                                    state, socket, out, (long) question.length, MSG_NOSIGNAL);
            if (sent < 0) {
                throw new CallFailedException("send", state.get(INT, 0));
            }
        } catch (CallFailedException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("ask", e);
        }
    }

    /// One message of the kernel's.
    ///
    /// @return how many bytes it has
    static int hear(int socket, byte[] answer) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            var in = arena.allocate(answer.length, Long.BYTES);
            var length = (long) RECV.invokeExact(state, socket, in, (long) answer.length, 0);
            if (length < 0) {
                throw new CallFailedException("recv", state.get(INT, 0));
            }
            MemorySegment.copy(in, ValueLayout.JAVA_BYTE, 0, answer, 0, (int) length);
            return (int) length;
        } catch (CallFailedException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("hear", e);
        }
    }

    private static MemorySegment address(Arena arena, Path path) throws IOException {
        var bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > LONGEST_PATH) {
            throw new IOException(
                    "'"
                            + path
                            + "': expected a path of at most "
                            + LONGEST_PATH
                            + " bytes for a socket; found "
                            + bytes.length);
        }
        var address = arena.allocate(Short.BYTES + LONGEST_PATH + 1L, Short.BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, Short.BYTES, bytes.length);
        return address;
    }

    /// Owner-only from the moment that it has a name: Linux gives the file the socket's own mode.
    static void listen(int socket, Path path) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var address = address(arena, path);
            call("fchmod", FCHMOD, socket, 0600);
            call("bind '" + path + "'", BIND, socket, address, (int) address.byteSize());
            call("listen on '" + path + "'", LISTEN, socket, 1);
        }
    }

    static void connect(int socket, Path path) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var address = address(arena, path);
            call("connect to '" + path + "'", CONNECT, socket, address, (int) address.byteSize());
        }
    }

    static int accept(int socket) throws IOException {
        return call("accept", ACCEPT, socket, MemorySegment.NULL, MemorySegment.NULL, CLOEXEC);
    }

    /// Is the process at the other end of the same user, or of root?
    static boolean isOurs(int socket) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var credentials = arena.allocate(12, Integer.BYTES);
            option(arena, socket, SO_PEERCRED, credentials);
            var uid = credentials.get(INT, 4);
            return uid == 0 || uid == call("geteuid", GETEUID);
        }
    }

    static void receiveTimeout(int socket, long seconds) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var time = arena.allocate(16, Long.BYTES);
            time.set(LONG, 0, seconds);
            call("setsockopt", SETSOCKOPT, socket, SOL_SOCKET, SO_RCVTIMEO, time, 16);
        }
    }

    static void send(int socket, String text, List<Integer> descriptors) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var bytes = text.getBytes(StandardCharsets.US_ASCII);
            var data = arena.allocate(TEXT);
            MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
            var control = MemorySegment.NULL;
            if (!descriptors.isEmpty()) {
                var length = 16 + descriptors.size() * Integer.BYTES;
                control = arena.allocate((length + 7) / 8 * 8L, Long.BYTES);
                control.set(LONG, 0, length);
                control.set(INT, 8, SOL_SOCKET);
                control.set(INT, 12, SCM_RIGHTS);
                for (var i = 0; i < descriptors.size(); i++) {
                    control.set(INT, 16 + i * 4L, descriptors.get(i));
                }
            }
            var header = header(arena, data, bytes.length, control);
            call("sendmsg", SENDMSG, socket, header, MSG_NOSIGNAL);
        }
    }

    /// Empty when the other end has gone.
    static Optional<Message> receive(int socket) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var data = arena.allocate(TEXT);
            var control = arena.allocate(CONTROL, Long.BYTES);
            var header = header(arena, data, TEXT, control);
            var length = call("recvmsg", RECVMSG, socket, header, MSG_CMSG_CLOEXEC);
            if (length == 0) {
                return Optional.empty();
            }
            var text = new byte[length];
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, text, 0, length);
            var descriptors = new ArrayList<Integer>();
            if (header.get(LONG, 40) >= 16
                    && control.get(INT, 8) == SOL_SOCKET
                    && control.get(INT, 12) == SCM_RIGHTS) {
                for (var at = 16L; at + 4 <= control.get(LONG, 0); at += 4) {
                    descriptors.add(control.get(INT, at));
                }
            }
            return Optional.of(
                    new Message(new String(text, StandardCharsets.US_ASCII), descriptors));
        }
    }

    /// `struct msghdr` with one `struct iovec`.
    private static MemorySegment header(
            Arena arena, MemorySegment data, long length, MemorySegment control) {
        var vector = arena.allocate(16, Long.BYTES);
        vector.set(POINTER, 0, data);
        vector.set(LONG, 8, length);
        var header = arena.allocate(56, Long.BYTES);
        header.set(POINTER, 16, vector);
        header.set(LONG, 24, 1);
        header.set(POINTER, 32, control);
        header.set(LONG, 40, control.byteSize());
        return header;
    }

    /// Makes `over` another name of what `descriptor` names.
    static void replace(int over, int descriptor) throws IOException {
        call("dup3", DUP3, descriptor, over, CLOEXEC);
    }

    static void close(int descriptor) {
        try {
            call("close", CLOSE, descriptor);
        } catch (CallFailedException _) {
            // it is gone either way
        }
    }

    /// Wakes whoever waits on it.
    static void shutdown(int socket) {
        try {
            call("shutdown", SHUTDOWN, socket, 2);
        } catch (CallFailedException _) {
            // it was not connected, or is closed: nobody waits
        }
    }

    /// The address that a descriptor listens on; empty when it is something else.
    static Optional<InetSocketAddress> listensOn(int descriptor) {
        try (var arena = Arena.ofConfined()) {
            var listening = arena.allocate(INT);
            option(arena, descriptor, SO_ACCEPTCONN, listening);
            var name = arena.allocate(128, Long.BYTES);
            var length = arena.allocate(INT);
            length.set(INT, 0, 128);
            call("getsockname", GETSOCKNAME, descriptor, name, length);
            return listening.get(INT, 0) == 1 ? internet(name) : Optional.empty();
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    /// The descriptor that whatever is opened next gets, if nobody else opens anything meanwhile.
    static int lowestFree() throws IOException {
        var descriptor = call("eventfd", EVENTFD, 0, CLOEXEC);
        close(descriptor);
        return descriptor;
    }

    /// Whether a descriptor is the connection between these two.
    static boolean connects(int descriptor, SocketAddress local, SocketAddress remote) {
        return name(GETSOCKNAME, "getsockname", descriptor).filter(local::equals).isPresent()
                && name(GETPEERNAME, "getpeername", descriptor).filter(remote::equals).isPresent();
    }

    private static Optional<InetSocketAddress> name(
            MethodHandle function, String what, int descriptor) {
        try (var arena = Arena.ofConfined()) {
            var name = arena.allocate(128, Long.BYTES);
            var length = arena.allocate(INT);
            length.set(INT, 0, 128);
            call(what, function, descriptor, name, length);
            return internet(name);
        } catch (IOException _) {
            // no socket, or not connected
            return Optional.empty();
        }
    }

    /// What was dialled over IPv4 before the kernel redirected the connection; empty where it knows
    /// of no such thing.
    static Optional<InetSocketAddress> originalDestination(int descriptor) {
        try (var arena = Arena.ofConfined()) {
            var name = arena.allocate(128, Long.BYTES);
            var length = arena.allocate(INT);
            length.set(INT, 0, 128);
            call("getsockopt", GETSOCKOPT, descriptor, SOL_IP, SO_ORIGINAL_DST, name, length);
            return internet(name);
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static Optional<InetSocketAddress> internet(MemorySegment name) throws IOException {
        var family = name.get(ValueLayout.JAVA_SHORT, 0);
        if (family != AF_INET && family != AF_INET6) {
            return Optional.empty();
        }
        var port =
                Short.toUnsignedInt(
                        name.get(ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2));
        var host =
                family == AF_INET
                        ? name.asSlice(4, 4).toArray(ValueLayout.JAVA_BYTE)
                        : name.asSlice(8, 16).toArray(ValueLayout.JAVA_BYTE);
        return Optional.of(new InetSocketAddress(InetAddress.getByAddress(host), port));
    }

    private static void option(Arena arena, int socket, int option, MemorySegment value)
            throws IOException {
        var length = arena.allocate(INT);
        length.set(INT, 0, (int) value.byteSize());
        call("getsockopt", GETSOCKOPT, socket, SOL_SOCKET, option, value, length);
    }
}
