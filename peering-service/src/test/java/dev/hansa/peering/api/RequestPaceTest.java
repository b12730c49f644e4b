package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.AccessSettings;
import java.net.InetAddress;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What one address may ask for in a second.
@Timeout(60)
class RequestPaceTest {
    private static final InetAddress ADA = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress BOB = InetAddress.ofLiteral("192.0.2.2");

    /// A clock that stands unless it is moved; like the system's, it may be below zero.
    private final AtomicLong now = new AtomicLong(-Duration.ofMillis(700).toNanos());

    private final RequestPace pace = new RequestPace(new RequestRates(10, 2), now::get, _ -> {});

    private boolean isTaken(InetAddress client, String method) {
        return pace.takes(client, method).isZero();
    }

    private int taken(InetAddress client, String method, int times) {
        var count = 0;
        for (var i = 0; i < times; i++) {
            count += isTaken(client, method) ? 1 : 0;
        }
        return count;
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void twoSecondsWorthMayComeAtOnceAndThenAsManyAsTheRate() {
        assertThat(taken(ADA, "GET", 50)).isEqualTo(20);

        pass(Duration.ofSeconds(1));

        assertThat(taken(ADA, "GET", 50)).isEqualTo(10);
    }

    @Test
    void readsAndWritesAreCountedApart() {
        assertThat(taken(ADA, "PUT", 3) + taken(ADA, "DELETE", 3)).isEqualTo(4);
        assertThat(taken(ADA, "GET", 15) + taken(ADA, "HEAD", 15)).isEqualTo(20);
    }

    @Test
    void oneAddressTakesNothingOfAnother() {
        taken(ADA, "GET", 50);

        assertThat(isTaken(BOB, "GET")).isTrue();
    }

    @Test
    void aNetworkOfIpv6IsOneClient() {
        taken(InetAddress.ofLiteral("2001:db8:0:1::1"), "GET", 50);

        assertThat(isTaken(InetAddress.ofLiteral("2001:db8:0:1:ffff::2"), "GET")).isFalse();
        assertThat(isTaken(InetAddress.ofLiteral("2001:db8:0:2::1"), "GET")).isTrue();
    }

    @Test
    void whoComesTooEarlyIsToldInHowManySeconds() {
        taken(ADA, "PUT", 4);
        pass(Duration.ofMillis(400));

        assertThat(isTaken(ADA, "PUT")).isFalse();
        assertThat(pace.takes(ADA, "PUT")).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void oneTooManyIsToldWhichLimitItMetAndWhenToComeAgain(@TempDir Path folder) throws Exception {
        try (var world = new ApiWorld(folder, AccessSettings.OPEN, new RequestRates(3, 1))) {
            var refused = untilRefused(() -> world.get("/v1/status/leader"));

            assertThat(refused.body())
                    .isEqualTo(
                            "request: expected at most 3 reads a second from one address"
                                    + " (http.max-read-rate); found more");
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");

            var write = untilRefused(() -> world.put("/v1/config", "no entry"));
            assertThat(write.body())
                    .isEqualTo(
                            "request: expected at most 1 writes a second from one address"
                                    + " (http.max-write-rate); found more");
            assertThat(world.events).contains(new PeeringEvent.RequestOverRate());
        }
    }

    private static HttpResponse<String> untilRefused(Callable<HttpResponse<String>> asking)
            throws Exception {
        while (true) {
            var answer = asking.call();
            if (answer.statusCode() == 429) {
                return answer;
            }
        }
    }
}
