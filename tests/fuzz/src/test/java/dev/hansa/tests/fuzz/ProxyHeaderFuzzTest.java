package dev.hansa.tests.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hansa.gateway.wire.ProxyHeader;
import io.netty.buffer.Unpooled;

class ProxyHeaderFuzzTest {
    @FuzzTest(maxDuration = "15s")
    void headerIsReadTheSameWholeAndInPieces(byte[] bytes) {
        var whole = ProxyHeader.look(Unpooled.wrappedBuffer(bytes));
        switch (whole) {
            case ProxyHeader.NeedMore(var wanted) ->
                    assertThat(wanted)
                            .isGreaterThan(bytes.length)
                            .isLessThanOrEqualTo(ProxyHeader.MOST);
            case ProxyHeader.Found(var length, _) ->
                    assertThat(length).isLessThanOrEqualTo(bytes.length);
            case ProxyHeader.Refused(var why) -> assertThat(why).startsWith("expected ");
        }
        var seen = 0;
        ProxyHeader.Look piecewise = new ProxyHeader.NeedMore(1);
        while (piecewise instanceof ProxyHeader.NeedMore(var wanted) && seen < bytes.length) {
            seen = Math.min(wanted, bytes.length);
            piecewise = ProxyHeader.look(Unpooled.wrappedBuffer(bytes, 0, seen));
        }
        if (bytes.length > 0) {
            assertThat(piecewise).isEqualTo(whole);
        }
    }
}
