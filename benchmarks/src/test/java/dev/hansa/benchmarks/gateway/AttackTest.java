package dev.hansa.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.wire.SniPeek;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttackTest {
    @ParameterizedTest
    @CsvSource({"GARBAGE, NOT_TLS", "HTTP, NOT_TLS", "SSLV2, NOT_TLS", "LARGE, HELLO_TOO_LARGE"})
    void gatewayRefusesForWhatTheAttackIsNamedAfter(Attack attack, Refusal reason) {
        assertThat(SniPeek.look(Unpooled.wrappedBuffer(attack.bytes())))
                .isEqualTo(new SniPeek.Refused(reason));
    }

    @Test
    void slowHelloIsOneThatAGatewayWaitsForToItsLastByte() {
        var hello = Attack.SLOW.bytes();

        assertThat(SniPeek.look(Unpooled.wrappedBuffer(hello, 0, hello.length - 1)))
                .isInstanceOf(SniPeek.NeedMore.class);
    }

    @Test
    void largeHelloHas64KibOfBody() {
        assertThat(Attack.LARGE.bytes().length).isGreaterThan(64 << 10);
    }
}
