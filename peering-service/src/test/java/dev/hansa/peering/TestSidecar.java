package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.wire.Ack;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.Hello;
import dev.hansa.failover.wire.Issued;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.failover.wire.ProxyMessage;
import dev.hansa.failover.wire.Registration;
import dev.hansa.failover.wire.ServerMessage;
import dev.hansa.failover.wire.Snapshot;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.ca.CertificateRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a sidecar says to the server, word by word, and what it is told: it carries nothing. It
/// remembers which version it has, as a sidecar's disk does, and takes newer ones only.
final class TestSidecar implements AutoCloseable {
    private static final int WAIT_SECONDS = 20;
    private static final ServiceName SERVICE = ServiceName.create(ProxyRpc.SERVICE);
    private static final ServiceMethod<Issued, JoinRequest> JOIN =
            ServiceMethod.client(
                    SERVICE,
                    ProxyRpc.JOIN,
                    GrpcMessageEncoder.encoder(),
                    GrpcMessageDecoder.decoder(Issued.getDefaultInstance()));
    private static final ServiceMethod<ServerMessage, ProxyMessage> ROUTES =
            ServiceMethod.client(
                    SERVICE,
                    ProxyRpc.ROUTES,
                    GrpcMessageEncoder.encoder(),
                    GrpcMessageDecoder.decoder(ServerMessage.getDefaultInstance()));

    private final Vertx vertx;
    private final int port;
    private final String service;
    private final List<UpstreamName> upstreams;
    private final PemKeyCertOptions certificate;
    private final LinkedBlockingQueue<ServerMessage> heard = new LinkedBlockingQueue<>();
    private @Nullable GrpcClient client;
    private @Nullable GrpcClientRequest<ProxyMessage, ServerMessage> stream;
    private volatile long version;

    /// Joins.
    ///
    /// @param port of the server's listener for proxies, in all its lives
    TestSidecar(
            Vertx vertx, int port, JoinToken token, String service, List<UpstreamName> upstreams)
            throws Exception {
        this.vertx = vertx;
        this.port = port;
        this.service = service;
        this.upstreams = upstreams;
        var id = SpiffeId.service(token.trustDomain(), token.datacenter(), service);
        var key = CertificateRequest.newKey();
        var joining = client(Optional.empty());
        var request =
                JoinRequest.newBuilder()
                        .setJoinSecret(token.secret().value())
                        .setIdentityPath(id.path())
                        .setCsr(ByteString.copyFrom(CertificateRequest.encode(key, id)))
                        .build();
        var issued =
                got(
                        joining.request(address(), JOIN)
                                .compose(call -> call.send(request))
                                .compose(response -> response.last()));
        joining.close();
        var chain = new StringBuilder();
        issued.getChainList()
                .forEach(der -> chain.append(TestTls.pem("CERTIFICATE", der.toByteArray())));
        certificate =
                new PemKeyCertOptions()
                        .setKeyValue(
                                Buffer.buffer(
                                        TestTls.pem("PRIVATE KEY", key.getPrivate().getEncoded())))
                        .setCertValue(Buffer.buffer(chain.toString()));
    }

    private static <T> T got(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private SocketAddress address() {
        return SocketAddress.inetSocketAddress(port, "127.0.0.1");
    }

    /// Whom the server is does not matter here.
    private GrpcClient client(Optional<PemKeyCertOptions> own) {
        var options =
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_2)
                        .setUseAlpn(true)
                        .setSsl(true)
                        .setTrustAll(true)
                        .setVerifyHost(false);
        own.ifPresent(options::setKeyCertOptions);
        return GrpcClient.client(
                vertx,
                new GrpcClientOptions().setMaxMessageSize(ProxyRpc.MAX_MESSAGE_BYTES),
                options);
    }

    /// Opens a stream, in place of the last one.
    void connect() throws Exception {
        connect(version);
    }

    /// @param has the version that it says it has
    void connect(long has) throws Exception {
        connect(has, _ -> {});
    }

    /// @param more what else it says first
    void connect(long has, Consumer<Hello.Builder> more) throws Exception {
        close();
        heard.clear();
        var opened = client(Optional.of(certificate));
        client = opened;
        var call = got(opened.request(address(), ROUTES));
        stream = call;
        call.response()
                .onSuccess(response -> {
                    response.exceptionHandler(_ -> {});
                    response.handler(heard::add);
                });
        var hello =
                Hello.newBuilder()
                        .setHaveVersion(has)
                        .setRegistration(
                                Registration.newBuilder()
                                        .setProxyId(service + "-1")
                                        .setNodeName("node")
                                        .setNodeAddress("127.0.0.1")
                                        .setService(service)
                                        .setServicePort(80)
                                        .setServiceAddress("127.0.0.1")
                                        .setLan(
                                                Address.newBuilder()
                                                        .setHost("127.0.0.1")
                                                        .setPort(20_000)));
        upstreams.forEach(upstream -> hello.addUpstreams(RouteCodec.encode(upstream)));
        more.accept(hello);
        got(call.write(ProxyMessage.newBuilder().setHello(hello).build()));
    }

    private ServerMessage word() throws InterruptedException {
        return Objects.requireNonNull(
                heard.poll(WAIT_SECONDS, TimeUnit.SECONDS),
                () -> "expected a word of the server's to '" + service + "'; found none");
    }

    /// What it is told next that it does not know yet; taken and acknowledged.
    Snapshot next() throws Exception {
        while (true) {
            var message = word();
            if (message.hasSnapshot()) {
                var snapshot = message.getSnapshot();
                assertThat(snapshot.getVersion()).isGreaterThan(version);
                version = snapshot.getVersion();
                got(
                        Objects.requireNonNull(stream)
                                .write(
                                        ProxyMessage.newBuilder()
                                                .setAck(Ack.newBuilder().setVersion(version))
                                                .build()));
                return snapshot;
            }
        }
    }

    /// Why the server has refused it.
    String refusal() throws Exception {
        while (true) {
            var message = word();
            if (message.hasRefused()) {
                return message.getRefused().getReason();
            }
        }
    }

    /// Whether it was told routes that it has not taken yet.
    boolean isTold() {
        return heard.stream().anyMatch(ServerMessage::hasSnapshot);
    }

    @Override
    public void close() {
        var open = client;
        if (open != null) {
            open.close();
        }
    }
}
