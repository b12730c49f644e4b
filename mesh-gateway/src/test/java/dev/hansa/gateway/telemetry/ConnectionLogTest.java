package dev.hansa.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConnectionLogTest {
    private final ConnectionLog log = new ConnectionLog();

    @Test
    void newestComesFirstWhoeverItIs() {
        log.add(record(1, ""));
        log.add(record(2, "not_tls"));
        log.add(record(3, "no_healthy_endpoint"));
        log.add(record(4, "not_served"));

        assertThat(log.newest())
                .extracting(ConnectionRecord::millis)
                .containsExactly(4L, 3L, 2L, 1L);
    }

    @Test
    void strangersPushOutNobodyButStrangers() {
        log.add(record(0, ""));
        IntStream.rangeClosed(1, 10_000).forEach(i -> log.add(record(i, "malformed_hello")));

        assertThat(log.newest()).hasSize(ConnectionLog.KEPT_OF_STRANGERS + 1);
        assertThat(log.newest().getFirst().millis()).isEqualTo(10_000);
        assertThat(log.newest().getLast().millis()).isZero();
    }

    @Test
    void othersAreBoundedToo() {
        IntStream.rangeClosed(1, 10_000).forEach(i -> log.add(record(i, "")));

        assertThat(log.newest()).hasSize(ConnectionLog.KEPT);
    }

    private static ConnectionRecord record(long millis, String refusal) {
        return record(millis, "gateway", 0, refusal, "");
    }

    static ConnectionRecord record(
            long millis, String listener, long bytes, String refusal, String sentence) {
        return new ConnectionRecord(
                Instant.EPOCH,
                millis,
                listener,
                "",
                "",
                "",
                "",
                "192.0.2.1:40000",
                "",
                bytes,
                0,
                0,
                0,
                "",
                refusal,
                sentence);
    }
}
