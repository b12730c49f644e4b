package dev.hansa.peering.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.failover.wire.Ack;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateLifeTest {
    private static Ack ack(long from, long until) {
        return Ack.newBuilder()
                .setCertificateNotBeforeUnixMs(from)
                .setCertificateNotAfterUnixMs(until)
                .build();
    }

    @Test
    void lifeIsWhatTheProxyTells() {
        assertThat(CertificateLife.told(ack(1, 2000)))
                .contains(new CertificateLife(Instant.ofEpochMilli(1), Instant.ofEpochMilli(2000)));
    }

    @ParameterizedTest
    @CsvSource({"0,0", "0,5", "5,0", "5,5", "6,5", "-5,5"})
    void proxyThatTellsNoneOrWhatCannotBeIsTakenForOneThatDoesNotSay(long from, long until) {
        assertThat(CertificateLife.told(ack(from, until))).isEmpty();
    }
}
