package dev.hansa.peering.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.TestTls;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A target whose name is looked up by the test.
class HttpProbeTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress OF_A_CLOUD = InetAddress.ofLiteral("169.254.169.254");
    private final CaMaterial ca =
            CaMaterial.create(
                    new TrustDomain("eks.consul"),
                    new Datacenter("eks"),
                    Clock.systemUTC().instant());

    private final Vertx vertx = Vertx.vertx();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Queue<InetAddress> answers = new ArrayDeque<>();
    private final Probes probes =
            new Probes(
                    new AllowedAddresses(_ -> new InetAddress[] {answers.remove()}),
                    new HttpProbe(
                            vertx,
                            new HttpClientOptions()
                                    .setTrustOptions(
                                            new PemTrustOptions()
                                                    .addCertValue(Buffer.buffer(ca.rootPem())))),
                    new GrpcProbe(vertx));

    @AfterEach
    void stop() {
        probes.close();
        vertx.close();
    }

    private HttpServer listening(HttpServerOptions options) throws Exception {
        return vertx.createHttpServer(options)
                .requestHandler(call -> {
                    asked.add(
                            call.uri()
                                    + " of "
                                    + Objects.requireNonNull(call.authority()).host()
                                    + ", SNI "
                                    + call.connection().indicatedServerName());
                    call.response().end("well");
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private Verdict ask(String url) throws InterruptedException {
        return probes.ask(
                new Way(
                        Kind.HTTP,
                        url,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5),
                        HttpAsk.GET,
                        Thresholds.FIRST,
                        Duration.ZERO));
    }

    @Test
    void nameIsLookedUpOnceAndAskedAtTheAddressThatWasJudged() throws Exception {
        var port = listening(new HttpServerOptions()).actualPort();
        answers.addAll(List.of(HERE, OF_A_CLOUD));

        var verdict = ask("http://rebound.example:" + port + "/health?full=1");

        assertThat(verdict.output()).endsWith(" answered 200: well");
        assertThat(verdict.status()).isEqualTo(CheckStatus.PASSING);
        assertThat(asked).containsExactly("/health?full=1 of rebound.example, SNI null");
        assertThat(answers).containsExactly(OF_A_CLOUD);
        assertThat(ask("http://rebound.example:" + port + "/").output())
                .contains("a link-local address or a cloud's own");
    }

    @Test
    void certificateMustBeForTheNameAndNotForTheAddress() throws Exception {
        var port = listening(TestTls.certified(ca, "rebound.example")).actualPort();
        var other = listening(TestTls.certified(ca, "other.example")).actualPort();
        answers.addAll(List.of(HERE, HERE));

        assertThat(ask("https://rebound.example:" + port + "/").output())
                .endsWith(" answered 200: well");
        assertThat(ask("https://rebound.example:" + other + "/").status())
                .isEqualTo(CheckStatus.CRITICAL);

        assertThat(asked).containsExactly("/ of rebound.example, SNI rebound.example");
    }
}
