package dev.hansa.tests.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hansa.gateway.wire.SniPeek;
import io.netty.buffer.Unpooled;

class HelloFuzzTest {
    @FuzzTest(maxDuration = "15s")
    void clientHelloIsReadTheSameWholeAndInPieces(byte[] bytes) {
        var whole = SniPeek.look(Unpooled.wrappedBuffer(bytes));
        if (whole instanceof SniPeek.NeedMore(var wanted)) {
            assertThat(wanted).isGreaterThan(bytes.length).isLessThanOrEqualTo(SniPeek.MAX_HELD);
        }
        var seen = 0;
        SniPeek.Peek piecewise = new SniPeek.NeedMore(1);
        while (piecewise instanceof SniPeek.NeedMore(var wanted) && seen < bytes.length) {
            seen = Math.min(wanted, bytes.length);
            piecewise = SniPeek.look(Unpooled.wrappedBuffer(bytes, 0, seen));
        }
        if (bytes.length > 0) {
            assertThat(piecewise).isEqualTo(whole);
        }
    }
}
