package dev.hansa.peering.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.trustbundle.Datacenter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ServerAddressesTest {
    private final LiveCatalog live = new LiveCatalog();
    private final Map<String, List<String>> names = new ConcurrentHashMap<>();
    private final AtomicInteger asked = new AtomicInteger();

    private InetAddress[] lookUp(String name) throws UnknownHostException {
        asked.incrementAndGet();
        var all = names.get(name);
        if (all == null) {
            throw new UnknownHostException(name);
        }
        return all.stream().map(InetAddress::ofLiteral).toArray(InetAddress[]::new);
    }

    private ServerAddresses start(List<String> listens) {
        return ServerAddresses.start(listens, live.snapshots(), this::lookUp, Duration.ofMillis(5));
    }

    /// Of three names at least, so of each that is there.
    private void awaitRounds() {
        var before = asked.get();
        await().until(() -> asked.get() >= before + 6);
    }

    private void join(String member, String host) {
        var at = new Endpoint(host, 8503);
        var server = new ServerInfo(member, "node-" + member, at, at, at);
        live.publish(
                server.owner(), List.of(server.instance(new Datacenter("eks"), Optional.empty())));
    }

    @Test
    void whatListensEverywhereIsKnownByTheNextThatListensSomewhere() {
        for (var anywhere : List.of("0.0.0.0", "::", "0:0:0:0:0:0:0:0")) {
            try (var addresses = start(List.of(anywhere, "192.0.2.1", "192.0.2.2"))) {
                assertThat(addresses.own()).isEqualTo("192.0.2.1");
            }
        }
        try (var addresses = start(List.of("192.0.2.3", "192.0.2.1"))) {
            assertThat(addresses.own()).isEqualTo("192.0.2.3");
        }
        try (var addresses = start(List.of("0.0.0.0", "::"))) {
            assertThat(addresses.own()).isEqualTo("127.0.0.1");
        }
        assertThat(asked).hasValue(0);
    }

    @Test
    void nameIsItsAddressAndTheLastOneWhileThereIsNone() {
        names.put("server-0", List.of("192.0.2.1"));
        try (var addresses = start(List.of("0.0.0.0", "server-0"))) {
            await().until(() -> addresses.own().equals("192.0.2.1"));

            names.remove("server-0");
            awaitRounds();
            assertThat(addresses.own()).isEqualTo("192.0.2.1");

            names.put("server-0", List.of("2001:db8::7"));
            await().until(() -> addresses.own().equals("2001:db8:0:0:0:0:0:7"));
        }
    }

    @Test
    void nameWhoseAddressWasNeverFoundIsToldAsItIs() {
        try (var addresses = start(List.of("server-0"))) {
            awaitRounds();
            assertThat(addresses.own()).isEqualTo("server-0");
            assertThat(addresses.of("nobodys")).isEqualTo("nobodys");
        }
    }

    @Test
    void oneOfSeveralAddressesStaysInWhateverOrderTheyCome() {
        names.put("server-0", List.of("192.0.2.1", "192.0.2.2"));
        try (var addresses = start(List.of("server-0"))) {
            await().until(() -> addresses.own().equals("192.0.2.1"));
            names.put("server-0", List.of("192.0.2.2", "192.0.2.1"));
            awaitRounds();
            assertThat(addresses.own()).isEqualTo("192.0.2.1");
        }
    }

    @Test
    void serversThatJoinAreLookedUpAtOnceAndThoseThatAreGoneForgotten() {
        names.put("server-1", List.of("192.0.2.11"));
        try (var addresses =
                ServerAddresses.start(
                        List.of("192.0.2.1"),
                        live.snapshots(),
                        this::lookUp,
                        Duration.ofHours(1))) {
            join("m1", "server-1");
            await().until(() -> addresses.of("server-1").equals("192.0.2.11"));

            live.publish(ServerInfo.OWNER + "m1", List.of());
            await().until(() -> addresses.of("server-1").equals("server-1"));
        }
    }

    @Test
    void nobodyWaitsForANameServerThatHangs() throws Exception {
        var hangs = new CountDownLatch(1);
        var isAsked = new CountDownLatch(1);
        try (var addresses =
                ServerAddresses.start(
                        List.of("server-0"),
                        live.snapshots(),
                        name -> {
                            isAsked.countDown();
                            try {
                                hangs.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            throw new UnknownHostException(name);
                        },
                        Duration.ofMillis(5))) {
            assertThat(isAsked.await(30, TimeUnit.SECONDS)).isTrue();

            assertThat(addresses.own()).isEqualTo("server-0");
            assertThat(addresses.of("192.0.2.9")).isEqualTo("192.0.2.9");
        }
    }
}
