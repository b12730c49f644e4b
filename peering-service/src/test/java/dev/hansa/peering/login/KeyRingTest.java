package dev.hansa.peering.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
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
    private Duration now = Duration.ofHours(7);

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
                .get(10, TimeUnit.SECONDS)
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
