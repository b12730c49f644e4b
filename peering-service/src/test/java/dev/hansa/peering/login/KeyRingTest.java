package dev.hansa.peering.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.TestTls;
import dev.hansa.peering.checks.AllowedAddresses;
import dev.hansa.token.login.LoginKeys;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How often an issuer is asked for its keys, for how long they are good, and whom we believe about
/// them.
class KeyRingTest {
    private static final KeyPlace PLACE =
            new KeyPlace(URI.create("https://issuer.example/keys"), "");

    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final CaMaterial ca = authority();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private String jwks = "";
    private LoginKeys keys;
    private final Vertx vertx = Vertx.vertx();
    private int fetched;
    private boolean isAway;
    private volatile Duration now = Duration.ofHours(7);

    private static CaMaterial authority() {
        return CaMaterial.create(
                new TrustDomain("eks.consul"), new Datacenter("eks"), Clock.systemUTC().instant());
    }

    @BeforeEach
    void make() throws Exception {
        jwks = new JWKSet(new ECKeyGenerator(Curve.P_256).keyID("e").generate()).toString(true);
        keys = LoginKeys.ofJwks(jwks);
    }

    @AfterEach
    void stop() {
        vertx.close();
    }

    private KeyRing ring() {
        return new KeyRing(
                _ -> {
                    fetched++;
                    if (isAway) {
                        throw new KeysUnavailableException("away");
                    }
                    return keys;
                },
                () -> now.toNanos(),
                events::add);
    }

    @Test
    void issuerIsAskedSeldomWhateverStrangersSend() throws Exception {
        var ring = ring();
        for (var i = 0; i < 100; i++) {
            ring.keys(PLACE, i > 0);
        }
        assertThat(fetched).isEqualTo(1);
        now = now.plus(KeyRing.PAUSE);
        ring.keys(PLACE, false);
        assertThat(fetched).isEqualTo(1);
        ring.keys(PLACE, true);
        assertThat(fetched).isEqualTo(2);
        now = now.plus(KeyRing.FRESH);
        ring.keys(PLACE, false);
        assertThat(fetched).isEqualTo(3);
    }

    @Test
    void keysOutliveAnIssuerThatIsAwayForAWhileAndNoLonger() throws Exception {
        var ring = ring();
        ring.keys(PLACE, false);
        isAway = true;
        now = now.plus(KeyRing.GOOD).minusSeconds(1);
        assertThat(ring.keys(PLACE, false)).isSameAs(keys);
        assertThat(fetched).isEqualTo(2);
        assertThat(events).containsExactly(new PeeringEvent.LoginKeysUnavailable("away"));
        now = now.plusSeconds(1);
        assertThatThrownBy(() -> ring.keys(PLACE, false))
                .isInstanceOf(KeysUnavailableException.class);
        // not asked again at once
        assertThat(fetched).isEqualTo(2);
        isAway = false;
        now = now.plus(KeyRing.PAUSE);
        assertThat(ring.keys(PLACE, false)).isSameAs(keys);
    }

    /// An issuer that takes its time.
    private static final class Slow implements KeyRing.Fetch {
        private final AtomicInteger begun = new AtomicInteger();
        private final Semaphore answers = new Semaphore(0);
        private final LoginKeys keys;

        Slow(LoginKeys keys) {
            this.keys = keys;
        }

        @Override
        public LoginKeys fetch(KeyPlace place) throws InterruptedException {
            begun.incrementAndGet();
            answers.acquire();
            return keys;
        }

        void awaitBegun(int count) {
            await().until(() -> begun.get() >= count);
        }
    }

    @Test
    void slowIssuerHoldsUpNobodyWhoseKeyIsKnown() throws Exception {
        var slow = new Slow(keys);
        slow.answers.release();
        var ring = new KeyRing(slow, () -> now.toNanos(), events::add);
        ring.keys(PLACE, false);
        now = now.plus(KeyRing.FRESH);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = threads.submit(() -> ring.keys(PLACE, false));
            slow.awaitBegun(2);
            // neither by whoever asks, nor by strangers who want newer keys
            var strangers =
                    IntStream.range(0, 3 * KeyRing.MOST_WAITING)
                            .mapToObj(_ -> threads.submit(() -> ring.keys(PLACE, true)))
                            .toList();
            assertThat(threads.submit(() -> ring.keys(PLACE, false)).get(30, TimeUnit.SECONDS))
                    .isSameAs(keys);
            // of the strangers, some wait and the others do not
            await().until(() ->
                    strangers.stream().filter(Future::isDone).count() == 2 * KeyRing.MOST_WAITING);
            slow.answers.release(100);
            assertThat(first.get(30, TimeUnit.SECONDS)).isSameAs(keys);
            for (var stranger : strangers) {
                assertThat(stranger.get(30, TimeUnit.SECONDS)).isSameAs(keys);
            }
        }
        assertThat(slow.begun).hasValue(2);
    }

    @Test
    void whoComesFirstAsksForAll() throws Exception {
        var slow = new Slow(keys);
        var ring = new KeyRing(slow, () -> now.toNanos(), events::add);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiting =
                    IntStream.range(0, 4 * KeyRing.MOST_WAITING)
                            .mapToObj(_ -> threads.submit(() -> ring.keys(PLACE, false)))
                            .toList();
            slow.awaitBegun(1);
            slow.answers.release(100);
            for (var one : waiting) {
                assertThat(one.get(30, TimeUnit.SECONDS)).isSameAs(keys);
            }
        }
        assertThat(slow.begun).hasValue(1);
    }

    /// The pause is from when it has failed: a place that takes long to fail is asked no more
    /// often.
    @Test
    void slowFailureIsFollowedByThePauseToo() throws Exception {
        var ring =
                new KeyRing(
                        _ -> {
                            fetched++;
                            now = now.plus(KeyRing.PAUSE);
                            throw new KeysUnavailableException("away");
                        },
                        () -> now.toNanos(),
                        events::add);
        for (var i = 0; i < 3; i++) {
            assertThatThrownBy(() -> ring.keys(PLACE, false))
                    .isInstanceOf(KeysUnavailableException.class);
        }
        assertThat(fetched).isEqualTo(1);
    }

    @Test
    void queryOfAPlaceIsNotTold() {
        assertThat(new KeyPlace(URI.create("https://issuer.example/keys?key=canary"), "").shown())
                .isEqualTo("https://issuer.example/keys?...");
    }

    @Test
    void placesDifferByWhomTheyAreCertifiedBy() throws Exception {
        var ring = ring();
        ring.keys(PLACE, false);
        ring.keys(new KeyPlace(PLACE.url(), "another"), false);
        assertThat(fetched).isEqualTo(2);
    }

    private int listening(HttpServerOptions options) throws Exception {
        return vertx.createHttpServer(options)
                .requestHandler(call -> {
                    asked.add(call.uri());
                    switch (call.uri()) {
                        case "/keys" -> call.response().end(jwks);
                        case "/elsewhere" ->
                                call.response()
                                        .setStatusCode(302)
                                        .putHeader("Location", "/keys")
                                        .end();
                        case "/much" ->
                                call.response()
                                        .end("{\"keys\":[],\"x\":\"" + "x".repeat(300_000) + "\"}");
                        case "/error" -> call.response().setStatusCode(500).end(jwks);
                        default -> call.response().end("<html>");
                    }
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS)
                .actualPort();
    }

    private String fetched(KeyFetch fetch, String url, String caPem) throws Exception {
        try {
            fetch.fetch(new KeyPlace(URI.create(url), caPem));
            return "keys";
        } catch (KeysUnavailableException e) {
            return e.sentence();
        }
    }

    /// Of three addresses nobody listens at one, and one takes connections and says nothing.
    @Test
    void keysComeFromAnAddressThatAnswersWhereOthersOfItsNameDoNot() throws Exception {
        var port = listening(TestTls.certified(ca, "issuer.example"));
        try (var silent = new ServerSocket(port, 8, InetAddress.ofLiteral("127.0.0.3"));
                var fetch =
                        new KeyFetch(
                                vertx,
                                new AllowedAddresses(_ ->
                                        new InetAddress[] {
                                            InetAddress.ofLiteral("127.0.0.2"),
                                            silent.getInetAddress(),
                                            InetAddress.ofLiteral("127.0.0.1")
                                        }))) {
            assertThat(fetched(fetch, "https://issuer.example:" + port + "/keys", ca.rootPem()))
                    .isEqualTo("keys");
            assertThat(asked).containsExactly("/keys");
        }
        // none of them does
        try (var fetch =
                new KeyFetch(
                        vertx,
                        new AllowedAddresses(_ ->
                                new InetAddress[] {
                                    InetAddress.ofLiteral("127.0.0.2"),
                                    InetAddress.ofLiteral("127.0.0.3")
                                }))) {
            assertThat(fetched(fetch, "https://issuer.example:" + port + "/keys", ca.rootPem()))
                    .startsWith("'https://issuer.example:" + port + "/keys': expected")
                    .contains("refused");
        }
    }

    @Test
    void onlyTheServerThatThePinnedCaCertifiesIsBelieved() throws Exception {
        var port = listening(TestTls.certified(ca, "issuer.example"));
        var other = listening(TestTls.certified(ca, "other.example"));
        var plain = listening(new HttpServerOptions());
        var lookups = new ArrayList<String>();
        try (var fetch =
                new KeyFetch(
                        vertx,
                        new AllowedAddresses(name -> {
                            lookups.add(name);
                            return new InetAddress[] {
                                InetAddress.ofLiteral(
                                        name.startsWith("meta") ? "169.254.169.254" : "127.0.0.1")
                            };
                        }))) {
            var good = "https://issuer.example:" + port;

            assertThat(fetched(fetch, good + "/keys", ca.rootPem())).isEqualTo("keys");
            assertThat(asked).containsExactly("/keys");
            // the JVM's roots do not know it, another CA neither, and the name must be the URL's
            assertThat(fetched(fetch, good + "/keys", "")).contains("SSL");
            assertThat(fetched(fetch, good + "/keys", authority().rootPem())).contains("SSL");
            assertThat(fetched(fetch, "https://issuer.example:" + other + "/keys", ca.rootPem()))
                    .contains("issuer.example");
            assertThat(fetched(fetch, "https://issuer.example:" + plain + "/keys", ca.rootPem()))
                    .doesNotContain("keys\":");
            assertThat(asked).containsExactly("/keys");
            assertThat(fetched(fetch, "https://metadata.example/keys", ca.rootPem()))
                    .contains("link-local");
            assertThat(fetched(fetch, good + "/elsewhere", ca.rootPem())).contains("status 302");
            assertThat(fetched(fetch, good + "/error", ca.rootPem())).contains("status 500");
            assertThat(fetched(fetch, good + "/much", ca.rootPem()))
                    .contains("expected at most 262144 characters");
            assertThat(fetched(fetch, good + "/page", ca.rootPem())).contains("none");
            assertThat(asked).containsExactly("/keys", "/elsewhere", "/error", "/much", "/page");
            assertThat(lookups).contains("metadata.example", "issuer.example");
        }
    }
}
