package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.hansa.bootstrap.Settings;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.wire.Issued;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.failover.wire.RenewRequest;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the two ports that strangers and proxies reach do and do not answer: a whole server, and
/// callers that write HTTP/2 as they like.
class ServerPortsTest {
    private static final Datacenter EKS = new Datacenter("eks");
    private static final String PROXY = "/hansa.proxy.v1.ProxyControl/";
    private static final String PEER = "/hashicorp.consul.internal.peerstream.PeerStreamService/";
    private static final int WAIT_SECONDS = 20;

    @TempDir Path directory;
    private final Vertx vertx = Vertx.vertx();
    private final MovingClock clock = new MovingClock();
    private final List<Integer> ports = FreePorts.some(4);
    private final int http = ports.get(0);
    private final int proxies = ports.get(1);
    private final int peers = ports.get(2);
    private final List<HttpClient> clients = new ArrayList<>();
    private PeeringService server;

    private static final class MovingClock extends Clock {
        private volatile Duration ahead = Duration.ZERO;

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }
    }

    /// What a caller is answered: the gRPC status, in headers or trailers, and the message.
    private record Answer(int http, String status, String words, ByteString message) {
        boolean isRefused() {
            return http != 200 || !status.equals("0");
        }
    }

    /// A key and what the server signed for it.
    private record Certified(KeyPair key, List<X509Certificate> chain) {}

    @BeforeEach
    void start() throws Exception {
        var config =
                PeeringServiceConfig.read(
                        Settings.of(
                                Map.of(
                                        "datacenter",
                                        "eks",
                                        "data-dir",
                                        directory.toString(),
                                        "http.address",
                                        "127.0.0.1:" + http,
                                        "proxy.address",
                                        "127.0.0.1:" + proxies,
                                        "peer.address",
                                        "127.0.0.1:" + peers,
                                        "admin.address",
                                        "127.0.0.1:" + ports.get(3),
                                        "leaf.ttl",
                                        "1h"),
                                Map.of(),
                                Optional.empty()));
        server = PeeringService.start(config, clock);
    }

    @AfterEach
    void stop() throws Exception {
        clients.forEach(HttpClient::close);
        server.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /// Held together until all are known, so that none is given twice. Whom the server is does not
    /// matter here, only whom it takes the caller for.
    private HttpClient client(@Nullable Certified own) {
        var options =
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_2)
                        .setUseAlpn(true)
                        .setSsl(true)
                        .setTrustAll(true)
                        .setVerifyHost(false);
        if (own != null) {
            var chain = new StringBuilder();
            own.chain().forEach(one -> chain.append(TestTls.pem("CERTIFICATE", der(one))));
            options.setKeyCertOptions(
                    new PemKeyCertOptions()
                            .setKeyValue(
                                    Buffer.buffer(
                                            TestTls.pem(
                                                    "PRIVATE KEY",
                                                    own.key().getPrivate().getEncoded())))
                            .setCertValue(Buffer.buffer(chain.toString())));
        }
        var client = vertx.createHttpClient(options);
        clients.add(client);
        return client;
    }

    private static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Answer call(HttpClient client, int port, String path, MessageLite message)
            throws Exception {
        var bytes = message.toByteArray();
        var frame = Buffer.buffer().appendByte((byte) 0).appendInt(bytes.length).appendBytes(bytes);
        return client.request(
                        new RequestOptions()
                                .setMethod(HttpMethod.POST)
                                .setHost("127.0.0.1")
                                .setPort(port)
                                .setURI(path)
                                .putHeader("content-type", "application/grpc")
                                .putHeader("te", "trailers"))
                .compose(request -> request.send(frame))
                .compose(response ->
                        response.body()
                                .map(body -> {
                                    var trailer = response.trailers().get("grpc-status");
                                    var where =
                                            trailer == null
                                                    ? response.headers()
                                                    : response.trailers();
                                    var status = where.get("grpc-status");
                                    var words = where.get("grpc-message");
                                    return new Answer(
                                            response.statusCode(),
                                            status == null ? "none" : status,
                                            words == null ? "" : words,
                                            body.length() < 5
                                                    ? ByteString.EMPTY
                                                    : ByteString.copyFrom(
                                                            body.getBytes(5, body.length())));
                                }))
                .toCompletionStage()
                .toCompletableFuture()
                .get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private JoinToken token(String body) throws Exception {
        try (var client = java.net.http.HttpClient.newHttpClient()) {
            var answer =
                    client.send(
                            HttpRequest.newBuilder(
                                            URI.create(
                                                    "http://127.0.0.1:"
                                                            + http
                                                            + "/v1/hansa/join-token"))
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            var text = answer.body();
            var begin = text.indexOf("\"JoinToken\":\"") + 13;
            return JoinToken.decode(text.substring(begin, text.indexOf('"', begin)));
        }
    }

    private static SpiffeId service(JoinToken token, String name) {
        return SpiffeId.service(token.trustDomain(), EKS, name);
    }

    private Certified joined(String name) throws Exception {
        var token = token("{\"Services\":[\"" + name + "\"]}");
        var id = service(token, name);
        var key = CertificateRequest.newKey();
        var answer =
                call(
                        client(null),
                        proxies,
                        PROXY + "Join",
                        JoinRequest.newBuilder()
                                .setJoinSecret(token.secret().value())
                                .setIdentityPath(id.path())
                                .setCsr(ByteString.copyFrom(CertificateRequest.encode(key, id)))
                                .build());
        assertThat(answer.status()).as(answer.words()).isEqualTo("0");
        return new Certified(key, chain(answer));
    }

    private static List<X509Certificate> chain(Answer answer)
            throws InvalidProtocolBufferException, CertificateException {
        var factory = CertificateFactory.getInstance("X.509");
        var chain = new ArrayList<X509Certificate>();
        for (var der : Issued.parseFrom(answer.message()).getChainList()) {
            chain.add(
                    (X509Certificate)
                            factory.generateCertificate(
                                    new ByteArrayInputStream(der.toByteArray())));
        }
        return chain;
    }

    private static RenewRequest renewal(KeyPair key, SpiffeId id) {
        return RenewRequest.newBuilder()
                .setCsr(ByteString.copyFrom(CertificateRequest.encode(key, id)))
                .build();
    }

    private static String uri(X509Certificate certificate) throws CertificateException {
        return certificate.getSubjectAlternativeNames().iterator().next().get(1).toString();
    }

    @Test
    void certificateRenewsItselfUnderANewKey() throws Exception {
        var web = joined("web");
        var id = SpiffeId.parse(uri(web.chain().getFirst()));
        var key = CertificateRequest.newKey();

        var answer = call(client(web), proxies, PROXY + "Renew", renewal(key, id));

        assertThat(answer.status()).as(answer.words()).isEqualTo("0");
        var leaf = chain(answer).getFirst();
        assertThat(uri(leaf)).isEqualTo(id.uri());
        assertThat(leaf.getPublicKey()).isEqualTo(key.getPublic());
    }

    @Test
    void renewalForAnotherIdentityIsRefused() throws Exception {
        var web = joined("web");
        var own = SpiffeId.parse(uri(web.chain().getFirst()));
        for (var other :
                List.of(
                        SpiffeId.service(own.trustDomain(), EKS, "cart"),
                        SpiffeId.meshGateway(own.trustDomain(), EKS),
                        SpiffeId.server(own.trustDomain(), EKS),
                        SpiffeId.authority(own.trustDomain()))) {
            var answer =
                    call(
                            client(web),
                            proxies,
                            PROXY + "Renew",
                            renewal(CertificateRequest.newKey(), other));

            assertThat(answer.status()).as(other.uri()).isEqualTo("7");
            assertThat(answer.message().isEmpty()).isTrue();
        }
    }

    @Test
    void renewalWithoutACertificateIsRefused() throws Exception {
        var web = joined("web");

        var answer =
                call(
                        client(null),
                        proxies,
                        PROXY + "Renew",
                        renewal(
                                CertificateRequest.newKey(),
                                SpiffeId.parse(uri(web.chain().getFirst()))));

        assertThat(answer.status()).isEqualTo("16");
        assertThat(answer.message().isEmpty()).isTrue();
    }

    /// Who has slept past the end needs a join token again.
    @Test
    void expiredCertificateRenewsNothing() throws Exception {
        var web = joined("web");
        var id = SpiffeId.parse(uri(web.chain().getFirst()));
        clock.ahead = Duration.ofMinutes(61);

        var answer =
                call(
                        client(web),
                        proxies,
                        PROXY + "Renew",
                        renewal(CertificateRequest.newKey(), id));

        assertThat(answer.status()).isEqualTo("16");
    }

    /// Of another trust domain, and of an authority that merely takes the name of ours.
    @Test
    void certificateOfAnotherAuthorityRenewsNothing() throws Exception {
        var domain = token("{\"Services\":[\"web\"]}").trustDomain();
        for (var claimed :
                List.of(domain, new TrustDomain("11111111-2222-3333-4444-555555555555.consul"))) {
            var stranger =
                    new CertificateAuthority(
                            CaMaterial.create(claimed, EKS, Instant.now()), Clock.systemUTC());
            var id = SpiffeId.service(claimed, EKS, "web");
            var key = CertificateRequest.newKey();
            var leaf = stranger.issue(key.getPublic(), id, List.of(), Duration.ofHours(1));
            var client = client(new Certified(key, leaf.chain()));

            // a client that sees what issuers are asked for keeps its certificate to itself
            assertThat(outcome(client, renewal(CertificateRequest.newKey(), id)))
                    .isIn("the handshake failed", "16");
        }
    }

    private String outcome(HttpClient client, RenewRequest renewal) throws Exception {
        try {
            return call(client, proxies, PROXY + "Renew", renewal).status();
        } catch (ExecutionException e) {
            return "the handshake failed";
        }
    }

    /// gRPC-Go CVE-2026-33186: what is not written exactly is not found, on either port.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "hansa.proxy.v1.ProxyControl/Join",
                "hashicorp.consul.internal.peerstream.PeerStreamService/ExchangeSecret",
                "//hansa.proxy.v1.ProxyControl/Join",
                "/hansa.proxy.v1.ProxyControl//Join",
                "/hansa.proxy.v1.ProxyControl/Join/",
                "/hansa.proxy.v1.ProxyControl/join",
                "/hansa.proxy.v1.ProxyControl/%4aoin",
                "/x/../hansa.proxy.v1.ProxyControl/Join",
                "/Hashicorp.consul.internal.peerstream.PeerStreamService/ExchangeSecret",
                "/hashicorp.consul.internal.peerstream.PeerStreamService/",
                "/hashicorp.consul.internal.peerstream.PeerStreamService/Anything",
                "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                "/grpc.health.v1.Health/Check",
                "/v1/peering/token",
                "/",
                "*"
            })
    void pathsThatAreNotExactlyOnesOfOursFindNothing(String path) throws Exception {
        for (var port : List.of(proxies, peers)) {
            var answer = call(client(null), port, path, JoinRequest.getDefaultInstance());

            assertThat(answer.isRefused()).as(port + ": " + answer).isTrue();
            assertThat(answer.status()).as(port + ": " + answer).isIn("12", "none");
            assertThat(answer.message().isEmpty()).isTrue();
        }
    }

    /// Consul CVE-2021-37219: a certificate of the same authority opened doors that were not its
    /// own.
    @Test
    void eachPortServesItsOwnCallersOnly() throws Exception {
        var web = joined("web");
        for (var caller : new Certified[] {web, null}) {
            var proxyRpcAtPeers =
                    call(client(caller), peers, PROXY + "Join", JoinRequest.getDefaultInstance());
            var peerRpcAtProxies =
                    call(
                            client(caller),
                            proxies,
                            PEER + "ExchangeSecret",
                            JoinRequest.getDefaultInstance());

            assertThat(proxyRpcAtPeers.isRefused()).isTrue();
            assertThat(proxyRpcAtPeers.status()).isIn("12", "none");
            assertThat(peerRpcAtProxies.isRefused()).isTrue();
            assertThat(peerRpcAtProxies.status()).isIn("12", "none");
        }
        // a certificate of ours is no secret: a peer's door asks for the one that it gave out
        var exchange =
                call(client(web), peers, PEER + "ExchangeSecret", JoinRequest.getDefaultInstance());
        assertThat(exchange.isRefused()).isTrue();
        assertThat(exchange.status()).isNotEqualTo("0");
    }
}
