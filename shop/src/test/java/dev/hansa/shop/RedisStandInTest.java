package dev.hansa.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RedisStandInTest {
    private final AtomicReference<Instant> now =
            new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
    private RedisStandIn redis;
    private RedisClient client;

    @BeforeEach
    void start() throws IOException {
        InstantSource source = now::get;
        Clock clock = source.withZone(ZoneOffset.UTC);
        redis =
                RedisStandIn.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), clock);
        client =
                new RedisClient(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), redis.port()));
    }

    @AfterEach
    void stop() throws IOException {
        redis.close();
    }

    @Test
    void hashesKeepFieldsUntilTheyAreDeleted() throws IOException {
        assertThat(client.command("PING")).isEqualTo("PONG");
        assertThat(client.command("HSET", "k", "a", "1")).isEqualTo(1L);
        assertThat(client.command("HINCRBY", "k", "a", "4")).isEqualTo(5L);
        assertThat(client.command("HGETALL", "k")).isEqualTo(List.of("a", "5"));
        assertThat(client.command("HDEL", "k", "a")).isEqualTo(1L);
        assertThat(client.command("HGETALL", "k")).isEqualTo(List.of());
    }

    @Test
    void plainValuesAreReadBackAndAbsentOnesAreNil() throws IOException {
        assertThat(client.command("SET", "k", "wörld")).isEqualTo("OK");
        assertThat(client.command("GET", "k")).isEqualTo("wörld");
        assertThat(client.command("DEL", "k")).isEqualTo(1L);
        assertThat(client.command("GET", "k")).isSameAs(Resp.NIL);
    }

    @Test
    void expiredKeyIsGone() throws IOException {
        client.command("HSET", "k", "a", "1");
        client.command("EXPIRE", "k", "10");
        now.updateAndGet(at -> at.plusSeconds(11));

        assertThat(client.command("HGETALL", "k")).isEqualTo(List.of());
    }

    @Test
    void unknownCommandIsAnErrorAndTheConnectionGoesOn() throws IOException {
        assertThatThrownBy(() -> client.command("FLUSHALL"))
                .isInstanceOf(Resp.ErrorReply.class)
                .hasMessageContaining("FLUSHALL");
        assertThat(client.command("PING")).isEqualTo("PONG");
    }

    @Test
    void everyPrefixOfAnAnswerAndEveryExcessIsRefused() {
        var answer = "*2\r\n$1\r\na\r\n$1\r\n5\r\n";
        for (var length = 0; length < answer.length(); length++) {
            var prefix = answer.substring(0, length);
            assertThatThrownBy(() -> read(prefix)).as(prefix).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> read("$99999999\r\n")).hasMessageContaining("at most");
        assertThatThrownBy(() -> read("*99999999\r\n")).hasMessageContaining("at most");
        assertThatThrownBy(() -> read("+" + "x".repeat(5000))).hasMessageContaining("at most");
        assertThatThrownBy(() -> read("*1\r\n*1\r\n+a\r\n")).hasMessageContaining("nested");
    }

    private static Object read(String text) throws IOException {
        return Resp.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }
}
