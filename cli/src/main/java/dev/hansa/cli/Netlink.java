package dev.hansa.cli;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// The way to the kernel's tables of rules (`NETLINK_NETFILTER`), which Java has none to. The only
/// calls of the C library in this module; numbers are those of Linux.
final class Netlink {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int CLOEXEC = 0x80000;
    private static final int NETLINK_NETFILTER = 12;

    /// The kernel has answered when the question's call returns.
    private static final int DO_NOT_WAIT = 0x40;

    private static final int TRY_AGAIN = 11;
    private static final int ERROR = 2;

    /// Of a message, before the number of the error.
    private static final int HEAD = 16;

    /// One answer is some tens of bytes, and what it is about.
    private static final int ROOM = 32 << 10;

    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);
    private static final MethodHandle SEND = function("send", LONG, INT, POINTER, LONG, INT);
    private static final MethodHandle RECV = function("recv", LONG, INT, POINTER, LONG, INT);
    private static final MethodHandle CLOSE = function("close", INT, INT);

    /// Messages of netlink, ready to be sent at once.
    static final class Batch {
        private final byte[] bytes;
        private final List<String> steps;

        Batch(byte[] bytes, List<String> steps) {
            this.bytes = bytes;
            this.steps = List.copyOf(steps);
        }

        byte[] bytes() {
            return bytes.clone();
        }

        /// What each message asks for, by its number.
        List<String> steps() {
            return steps;
        }
    }

    private Netlink() {}

    @SuppressWarnings("restricted") // this class is the one that calls native code
    private static MethodHandle function(
            String name, MemoryLayout answer, MemoryLayout... arguments) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(answer, arguments),
                Linker.Option.captureCallState("errno"));
    }

    /// Has the kernel make a change in one step: it has made all of it when this returns, and
    /// nothing when it throws.
    ///
    /// @throws IOException for the first step that was not taken, naming it
    /// @throws IOException when it gives no answer
    static void change(Batch batch) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            var socket =
                    (int)
                            SOCKET.invokeExact(
                                    state, AF_NETLINK, SOCK_RAW | CLOEXEC, NETLINK_NETFILTER);
            if (socket < 0) {
                throw refused("a socket of netfilter", state.get(INT, 0));
            }
            try {
                var bytes = batch.bytes();
                var out = arena.allocate(bytes.length, Long.BYTES);
                MemorySegment.copy(bytes, 0, out, ValueLayout.JAVA_BYTE, 0, bytes.length);
                var sent = (long) SEND.invokeExact(state, socket, out, (long) bytes.length, 0);
                if (sent < 0) {
                    throw refused("a change of its tables", state.get(INT, 0));
                }
                answers(socket, arena, batch);
            } finally {
                var _ = (int) CLOSE.invokeExact(state, socket);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("netlink", e);
        }
    }

    /// Errors come in the order of the steps, one for each that failed; the acknowledgement of the
    /// last step comes when all have held.
    private static void answers(int socket, Arena arena, Batch batch) throws Throwable {
        var state = arena.allocate(STATE);
        var in = arena.allocate(ROOM, Long.BYTES);
        var acknowledged = false;
        while (true) {
            var length = (long) RECV.invokeExact(state, socket, in, (long) ROOM, DO_NOT_WAIT);
            if (length < 0 && state.get(INT, 0) == TRY_AGAIN && acknowledged) {
                return;
            }
            if (length < 0) {
                throw refused("an answer", state.get(INT, 0));
            }
            var answer =
                    ByteBuffer.wrap(in.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE))
                            .order(ByteOrder.nativeOrder());
            acknowledged |= acknowledges(answer, batch);
        }
    }

    /// @param number as in `errno.h`
    private static IOException refused(String what, int number) {
        return new IOException(what + ": errno " + number);
    }

    private static boolean acknowledges(ByteBuffer answer, Batch batch) throws IOException {
        var acknowledged = false;
        while (answer.remaining() >= HEAD + Integer.BYTES) {
            var at = answer.position();
            var length = answer.getInt(at);
            if (length < HEAD || length > answer.remaining()) {
                break;
            }
            if (answer.getShort(at + 4) == ERROR) {
                var number = -answer.getInt(at + HEAD);
                var step = answer.getInt(at + 8);
                if (number != 0) {
                    throw refused(
                            step >= 0 && step < batch.steps().size()
                                    ? batch.steps().get(step)
                                    : "a change of its tables",
                            number);
                }
                acknowledged = true;
            }
            answer.position(Math.min(answer.limit(), at + (length + 3) / 4 * 4));
        }
        return acknowledged;
    }
}
