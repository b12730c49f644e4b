package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.epoll.Native;
import io.netty.channel.unix.Errors;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Has the kernel refuse `splice` to the calling thread for as long as it lives, as a container's
/// profile of seccomp does to a whole process.
final class ForbiddenSplice {
    private static final int PR_SET_SECCOMP = 22;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final long SECCOMP_MODE_FILTER = 2;

    /// `struct sock_filter`: what to do, where to go on when it is so and when not, a number.
    private static final int INSTRUCTION = 8;

    private static final short LOAD_WORD = 0x20;
    private static final short JUMP_IF_EQUAL = 0x15;
    private static final short RETURN = 0x06;
    private static final int REFUSE_WITH = 0x0005_0000;
    private static final int ALLOW = 0x7fff_0000;

    private ForbiddenSplice() {}

    /// @param number of the error that each call fails with
    static void here(int number) {
        try (var arena = Arena.ofConfined()) {
            var filter = arena.allocate(4L * INSTRUCTION, INSTRUCTION);
            // the first word of what it looks at is the call's number
            put(filter, 0, LOAD_WORD, 0, 0);
            put(filter, 1, JUMP_IF_EQUAL, 1, splice());
            put(filter, 2, RETURN, 0, REFUSE_WITH | number);
            put(filter, 3, RETURN, 0, ALLOW);
            var program = arena.allocate(16, 8);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) 4);
            program.set(ValueLayout.ADDRESS, 8, filter);
            prctl(PR_SET_NO_NEW_PRIVS, 1, MemorySegment.NULL);
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
        }
        assertThatThrownBy(() -> Native.splice(-1, -1, -1, -1, 1))
                .isInstanceOfSatisfying(
                        Errors.NativeIoException.class,
                        refusal -> assertThat(Math.abs(refusal.expectedErr())).isEqualTo(number));
    }

    private static int splice() {
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> 275;
            case "aarch64" -> 76;
            default ->
                    throw new IllegalStateException(
                            "os.arch: expected amd64 or aarch64; found '"
                                    + System.getProperty("os.arch")
                                    + "'");
        };
    }

    private static void put(MemorySegment filter, int place, short what, int whenNot, int number) {
        var at = (long) place * INSTRUCTION;
        filter.set(ValueLayout.JAVA_SHORT, at, what);
        filter.set(ValueLayout.JAVA_BYTE, at + 2, (byte) 0);
        filter.set(ValueLayout.JAVA_BYTE, at + 3, (byte) whenNot);
        filter.set(ValueLayout.JAVA_INT, at + 4, number);
    }

    @SuppressWarnings("restricted") // there is no other way to ask the kernel for it
    private static void prctl(int option, long value, MemorySegment program) {
        var linker = Linker.nativeLinker();
        var function =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("prctl"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG),
                        Linker.Option.firstVariadicArg(1));
        try {
            assertThat((int) function.invokeExact(option, value, program, 0L, 0L)).isZero();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("prctl", e);
        }
    }
}
