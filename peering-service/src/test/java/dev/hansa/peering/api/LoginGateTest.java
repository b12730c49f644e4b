package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoginGateTest {
    private long nanos = 7;
    private final LoginGate gate = new LoginGate(() -> nanos, _ -> {});

    private int admitted(String source, int times) {
        var admitted = 0;
        for (var i = 0; i < times; i++) {
            admitted += gate.takes(InetAddress.ofLiteral(source)).isZero() ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void oneSourceIsHeldUpAndOthersAreNot() {
        assertThat(admitted("192.0.2.1", 1000)).isEqualTo(LoginGate.BURST);
        assertThat(admitted("192.0.2.2", 10)).isEqualTo(10);
        nanos += TimeUnit.SECONDS.toNanos(2);
        assertThat(admitted("192.0.2.1", 1000)).isEqualTo(2 * LoginGate.PER_SECOND);
        nanos += TimeUnit.DAYS.toNanos(2);
        assertThat(admitted("192.0.2.1", 1000)).isEqualTo(LoginGate.BURST);
    }

    @Test
    void networkOfIpv6IsOneSource() {
        assertThat(admitted("2001:db8::1", 1000)).isEqualTo(LoginGate.BURST);
        assertThat(admitted("2001:db8::ffff:1", 1)).isZero();
        assertThat(admitted("2001:db8:0:1::1", 1)).isEqualTo(1);
    }
}
