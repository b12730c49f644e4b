package dev.hansa.peering.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.InetAddress;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
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
                    _ -> new InetAddress[] {answers.remove()},
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
                .get(10, TimeUnit.SECONDS);
    }

    private HttpServerOptions certified(String name) throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        var pair = generator.generateKeyPair();
        return new HttpServerOptions()
                .setSsl(true)
                .setSni(true)
                .setKeyCertOptions(certificate(pair, name));
    }

    private PemKeyCertOptions certificate(KeyPair pair, String name) throws Exception {
        var leaf =
                new CertificateAuthority(ca, Clock.systemUTC())
                        .issue(
                                pair.getPublic(),
                                SpiffeId.parse("spiffe://eks.consul/ns/default/dc/eks/svc/web"),
                                List.of(name),
                                Duration.ofHours(1));
        var chain = new StringBuilder();
        for (X509Certificate one : leaf.chain()) {
            chain.append(pem("CERTIFICATE", one.getEncoded()));
        }
        return new PemKeyCertOptions()
                .addCertValue(Buffer.buffer(chain.toString()))
                .addKeyValue(Buffer.buffer(pem("PRIVATE KEY", pair.getPrivate().getEncoded())));
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN "
                + what
                + "-----\n"
                + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END "
                + what
                + "-----\n";
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
        var port = listening(certified("rebound.example")).actualPort();
        var other = listening(certified("other.example")).actualPort();
        answers.addAll(List.of(HERE, HERE));

        assertThat(ask("https://rebound.example:" + port + "/").output())
                .endsWith(" answered 200: well");
        assertThat(ask("https://rebound.example:" + other + "/").status())
                .isEqualTo(CheckStatus.CRITICAL);

        assertThat(asked).containsExactly("/ of rebound.example, SNI rebound.example");
    }
}
