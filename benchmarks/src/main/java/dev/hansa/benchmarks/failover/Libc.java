package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/// Calls of the C library that Java has no other way to make: signals without the start of another
/// process, which would take longer than what is measured, and a TUN device. Linux on 64 bits.
final class Libc {
    static final int SIGKILL = 9;
    static final int SIGTERM = 15;
    static final int SIGCONT = 18;
    static final int SIGSTOP = 19;

    private static final int READ_AND_WRITE = 2;
    private static final long SET_INTERFACE = 0x400454caL;

    /// IP packets without Ethernet's or the device's own header.
    private static final short TUN_WITHOUT_HEADER = 0x1001;

    private static final int NAME = 16;
    private static final int REQUEST = 40;

    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    private static final MethodHandle KILL = function("kill", INT, 2, INT, INT);
    private static final MethodHandle OPEN = function("open", INT, 2, POINTER, INT);
    private static final MethodHandle IOCTL = function("ioctl", INT, 2, INT, LONG, POINTER);
    private static final MethodHandle READ = function("read", LONG, 3, INT, POINTER, LONG);
    private static final MethodHandle WRITE = function("write", LONG, 3, INT, POINTER, LONG);

    private Libc() {}

    @SuppressWarnings("restricted") // this class is the one that calls native code
    private static MethodHandle function(
            String name, MemoryLayout answer, int named, MemoryLayout... arguments) {
        var linker = Linker.nativeLinker();
        var descriptor = FunctionDescriptor.of(answer, arguments);
        var errno = Linker.Option.captureCallState("errno");
        return named < arguments.length
                ? linker.downcallHandle(
                        linker.defaultLookup().findOrThrow(name),
                        descriptor,
                        errno,
                        Linker.Option.firstVariadicArg(named))
                : linker.downcallHandle(
                        linker.defaultLookup().findOrThrow(name), descriptor, errno);
    }

    private static IOException failed(String what, MemorySegment state) {
        return new IOException(what + ": errno " + state.get(INT, 0));
    }

    /// Sends a signal; it has been delivered when this returns.
    static void signal(long process, int signal) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            if ((int) KILL.invokeExact(state, Math.toIntExact(process), signal) != 0) {
                throw failed("signal " + signal + " to process " + process, state);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("kill", e);
        }
    }

    /// Makes a TUN device in this process's network namespace, which lives as long as the process.
    static int openTun(String name) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            var device = (int) OPEN.invokeExact(state, text(arena, "/dev/net/tun"), READ_AND_WRITE);
            if (device < 0) {
                throw failed("open /dev/net/tun", state);
            }
            var request = arena.allocate(REQUEST);
            MemorySegment.copy(text(arena, name), 0, request, 0, name.length() + 1L);
            request.set(ValueLayout.JAVA_SHORT, NAME, TUN_WITHOUT_HEADER);
            if ((int) IOCTL.invokeExact(state, device, SET_INTERFACE, request) != 0) {
                throw failed("make the TUN device '" + name + "'", state);
            }
            return device;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("open a TUN device", e);
        }
    }

    private static MemorySegment text(Arena arena, String text) {
        return arena.allocateFrom(text, StandardCharsets.US_ASCII);
    }

    /// One end of a file descriptor, for one thread.
    static final class End {
        private final int descriptor;
        private final MemorySegment state = Arena.ofAuto().allocate(STATE);
        private final MemorySegment buffer;

        End(int descriptor, int most) {
            this.descriptor = descriptor;
            this.buffer = Arena.ofAuto().allocate(most);
        }

        byte[] read() throws IOException {
            try {
                var length = (long) READ.invokeExact(state, descriptor, buffer, buffer.byteSize());
                if (length < 0) {
                    throw failed("read", state);
                }
                return buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            } catch (IOException | RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("read", e);
            }
        }

        void write(byte[] bytes) throws IOException {
            MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
            try {
                if ((long) WRITE.invokeExact(state, descriptor, buffer, (long) bytes.length) < 0) {
                    throw failed("write", state);
                }
            } catch (IOException | RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("write", e);
            }
        }
    }
}
