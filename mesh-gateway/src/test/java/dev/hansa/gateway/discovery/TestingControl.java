package dev.hansa.gateway.discovery;

import static java.util.stream.Collectors.toSet;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.wire.Ack;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.failover.wire.Denial;
import dev.hansa.failover.wire.Hello;
import dev.hansa.failover.wire.Issued;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.failover.wire.Observed;
import dev.hansa.failover.wire.ProxyMessage;
import dev.hansa.failover.wire.RenewRequest;
import dev.hansa.failover.wire.ServerMessage;
import dev.hansa.failover.wire.Snapshot;
import dev.hansa.failover.wire.Upstream;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import dev.hansa.trustbundle.ca.CsrRejectedException;
import dev.hansa.trustbundle.ca.LeafCertificate;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/// A datacenter's server as far as its proxies see it: a real CA behind a real gRPC server that
/// sends what a test tells it to send.
public final class TestingControl implements AutoCloseable {
    /// The key of the mesh gateway's stream; a sidecar's is its service.
    public static final String GATEWAY = "mesh-gateway";

    private static final Secret SECRET = new Secret("opensesame");

    private static final Context.Key<SpiffeId> CALLER = Context.key("caller");

    private final Datacenter datacenter;
    private final AtomicInteger certificates = new AtomicInteger();
    private volatile Duration leafLife = Duration.ofHours(1);
    private final CertificateAuthority authority;
    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Map<String, Snapshot> snapshots = new HashMap<>();
    private final Map<String, StreamObserver<ServerMessage>> streams = new HashMap<>();
    private final Latest<List<Ack>> acks = new Latest<>(List.of());
    private final Latest<List<Hello>> hellos = new Latest<>(List.of());
    private final Latest<List<List<Upstream>>> upstreams = new Latest<>(List.of());
    private final Latest<Map<String, CheckResult>> checks = new Latest<>(Map.of());
    private final Latest<List<Denial>> denials = new Latest<>(List.of());
    private final Latest<Map<String, Observed>> observed = new Latest<>(Map.of());
    private final Latest<List<dev.hansa.failover.wire.Presence>> presences =
            new Latest<>(List.of());
    private final Latest<List<Address>> moves = new Latest<>(List.of());
    private Optional<Server> server = Optional.empty();
    private int port;
    private long version = 100;

    public TestingControl(String name, Clock clock) throws IOException {
        this.datacenter = new Datacenter(name);
        var domain = new TrustDomain("0000000" + name.length() + "-" + name + ".consul");
        this.authority =
                new CertificateAuthority(
                        CaMaterial.create(domain, datacenter, clock.instant()), clock);
        start();
    }

    /// Each list that was said after a hello.
    public Latest<List<List<Upstream>>> upstreams() {
        return upstreams;
    }

    public Datacenter datacenter() {
        return datacenter;
    }

    public TrustBundle bundle() {
        return authority.bundle();
    }

    public TrustDomain trustDomain() {
        return bundle().trustDomain();
    }

    public SpiffeId service(String name) {
        return SpiffeId.service(trustDomain(), datacenter, name);
    }

    public JoinToken token() {
        return new JoinToken(
                List.of(new Endpoint("127.0.0.1", port)),
                MeshNames.controlServer(datacenter, trustDomain()),
                datacenter,
                bundle(),
                SECRET);
    }

    public Latest<List<dev.hansa.failover.wire.Presence>> presences() {
        return presences;
    }

    /// Where peers reach gateways, as they said after their hello.
    public Latest<List<Address>> moves() {
        return moves;
    }

    /// What each sidecar said last of what it has seen, by service.
    public Latest<Map<String, Observed>> observed() {
        return observed;
    }

    public Latest<List<Denial>> denials() {
        return denials;
    }

    /// Until each proxy that is here has taken what was published last: whoever counts
    /// acknowledgements counts those of earlier ones too.
    public void awaitTaken() {
        await().until(() -> {
            synchronized (this) {
                var taken = acks.get().stream().map(Ack::getVersion).collect(toSet());
                return streams.keySet().stream()
                        .map(snapshots::get)
                        .allMatch(sent -> sent == null || taken.contains(sent.getVersion()));
            }
        });
    }

    public Latest<List<Ack>> acks() {
        return acks;
    }

    public Latest<List<Hello>> hellos() {
        return hellos;
    }

    /// The newest result by service.
    public Latest<Map<String, CheckResult>> checks() {
        return checks;
    }

    /// The end of a caller of the test's own, with a certificate of this datacenter.
    public SSLSocketFactory caller(String service, X509TrustManager believes) throws SSLException {
        return caller(service, believes, Duration.ofHours(1));
    }

    /// @param life of the caller's certificate
    public SSLSocketFactory caller(String service, X509TrustManager believes, Duration life)
            throws SSLException {
        var key = CertificateRequest.newKey();
        var leaf = authority.issue(key.getPublic(), service(service), List.of(), life);
        var context =
                SslContextBuilder.forClient()
                        .sslProvider(SslProvider.JDK)
                        .protocols("TLSv1.3", "TLSv1.2")
                        .keyManager(key.getPrivate(), leaf.chain())
                        .trustManager(believes)
                        .build();
        return ((JdkSslContext) context).context().getSocketFactory();
    }

    /// Of a proxy that has joined.
    public ProxyCertificate certificate(String service) {
        var key = CertificateRequest.newKey();
        var leaf =
                authority.issue(key.getPublic(), service(service), List.of(), Duration.ofHours(1));
        return new ProxyCertificate(key.getPrivate(), leaf.chain(), Instant.now());
    }

    /// TLS of the JDK as it comes, with a certificate of this datacenter.
    public SSLServerSocketFactory resumingServer() throws SSLException {
        var key = CertificateRequest.newKey();
        var leaf = authority.issue(key.getPublic(), service("any"), List.of(), Duration.ofHours(1));
        var context =
                SslContextBuilder.forServer(key.getPrivate(), leaf.chain())
                        .sslProvider(SslProvider.JDK)
                        .build();
        return ((JdkSslContext) context).context().getServerSocketFactory();
    }

    /// Starts, or comes back where it was.
    public void start() throws IOException {
        var key = CertificateRequest.newKey();
        var leaf =
                authority.issue(
                        key.getPublic(),
                        SpiffeId.server(trustDomain(), datacenter),
                        List.of(MeshNames.controlServer(datacenter, trustDomain())),
                        Duration.ofHours(1));
        var tls =
                GrpcSslContexts.configure(
                                SslContextBuilder.forServer(key.getPrivate(), leaf.chain()))
                        .trustManager(bundle().roots())
                        .clientAuth(ClientAuth.OPTIONAL)
                        .build();
        var started =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                        .bossEventLoopGroup(loops)
                        .workerEventLoopGroup(loops)
                        .channelType(NioServerSocketChannel.class)
                        .sslContext(tls)
                        .permitKeepAliveTime(1, TimeUnit.SECONDS)
                        .addService(service())
                        .intercept(new Callers())
                        .build()
                        .start();
        port = started.getPort();
        server = Optional.of(started);
    }

    /// Goes away without a word.
    public void stop() throws InterruptedException {
        if (server.isPresent()) {
            server.get().shutdownNow().awaitTermination();
            server = Optional.empty();
        }
    }

    /// Sends this content as the next version, now and to every stream that comes.
    public synchronized long publish(String key, RouteSnapshot content) {
        var next = RouteCodec.encode(content.at(++version));
        send(key, next);
        return next.getVersion();
    }

    /// Sends a message as it is.
    public synchronized void send(String key, Snapshot message) {
        snapshots.put(key, message);
        var stream = streams.get(key);
        if (stream != null) {
            stream.onNext(ServerMessage.newBuilder().setSnapshot(message).build());
        }
    }

    private ServerServiceDefinition service() {
        return ServerServiceDefinition.builder(ProxyRpc.SERVICE)
                .addMethod(ControlChannel.JOIN, ServerCalls.asyncUnaryCall(this::join))
                .addMethod(ControlChannel.RENEW, ServerCalls.asyncUnaryCall(this::renew))
                .addMethod(ControlChannel.ROUTES, ServerCalls.asyncBidiStreamingCall(Stream::new))
                .build();
    }

    private void join(JoinRequest request, StreamObserver<Issued> answer) {
        if (!SECRET.matches(request.getJoinSecret())) {
            answer.onError(Status.PERMISSION_DENIED.withDescription("wrong secret").asException());
            return;
        }
        give(request.getCsr(), new SpiffeId(trustDomain(), request.getIdentityPath()), answer);
    }

    private void renew(RenewRequest request, StreamObserver<Issued> answer) {
        var caller = CALLER.get();
        if (caller == null) {
            answer.onError(Status.UNAUTHENTICATED.asException());
            return;
        }
        give(request.getCsr(), caller, answer);
    }

    private void give(ByteString csr, SpiffeId identity, StreamObserver<Issued> answer) {
        try {
            answer.onNext(
                    issued(authority.issue(csr.toByteArray(), identity, List.of(), leafLife)));
            answer.onCompleted();
            certificates.incrementAndGet();
        } catch (CsrRejectedException e) {
            answer.onError(Status.INVALID_ARGUMENT.withCause(e).asException());
        }
    }

    /// Keeps who calls, by the certificate of the connection.
    private static final class Callers implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            var session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
            return Contexts.interceptCall(
                    Context.current().withValue(CALLER, caller(session)), call, headers, next);
        }

        private static @Nullable SpiffeId caller(@Nullable SSLSession session) {
            if (session == null) {
                return null;
            }
            try {
                var leaf = (X509Certificate) session.getPeerCertificates()[0];
                return SpiffeId.parse(
                        leaf.getSubjectAlternativeNames().iterator().next().get(1).toString());
            } catch (SSLPeerUnverifiedException e) {
                return null;
            } catch (CertificateParsingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /// How many certificates were given, to whomever.
    public int issued() {
        return certificates.get();
    }

    /// From now on certificates are given for this long.
    public void leafLife(Duration life) {
        leafLife = life;
    }

    private Issued issued(LeafCertificate leaf) {
        var issued = Issued.newBuilder().setTrustDomain(trustDomain().name());
        for (var certificate : leaf.chain()) {
            try {
                issued.addChain(ByteString.copyFrom(certificate.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException(e);
            }
        }
        return issued.build();
    }

    private final class Stream implements StreamObserver<ProxyMessage> {
        private final StreamObserver<ServerMessage> out;
        private String key = "";

        Stream(StreamObserver<ServerMessage> out) {
            this.out = out;
        }

        @Override
        public void onNext(ProxyMessage message) {
            synchronized (TestingControl.this) {
                switch (message.getKindCase()) {
                    case HELLO -> begin(message.getHello());
                    case ACK -> acks.set(with(acks.get(), message.getAck()));
                    case CHECKS -> checked(message.getChecks().getResultsList());
                    case DENIAL -> denials.set(with(denials.get(), message.getDenial()));
                    case PRESENCE -> presences.set(with(presences.get(), message.getPresence()));
                    case OBSERVED -> {
                        var all = new HashMap<>(observed.get());
                        all.put(key, message.getObserved());
                        observed.set(Map.copyOf(all));
                    }
                    case UPSTREAMS ->
                            upstreams.set(
                                    with(
                                            upstreams.get(),
                                            message.getUpstreams().getUpstreamsList()));
                    case MOVED -> moves.set(with(moves.get(), message.getMoved().getWan()));
                    case TRACED, KIND_NOT_SET -> throw new IllegalStateException(key);
                }
            }
        }

        private void begin(Hello hello) {
            var service = hello.getRegistration().getService();
            key = service.isEmpty() ? GATEWAY : service;
            hellos.set(with(hellos.get(), hello));
            checked(hello.getChecksList());
            streams.put(key, out);
            var present = snapshots.get(key);
            if (present != null) {
                out.onNext(ServerMessage.newBuilder().setSnapshot(present).build());
            }
        }

        private void checked(List<CheckResult> results) {
            var all = new HashMap<>(checks.get());
            results.forEach(result -> all.put(key, result));
            checks.set(Map.copyOf(all));
        }

        @Override
        public void onError(Throwable failure) {
            onCompleted();
        }

        @Override
        public void onCompleted() {
            synchronized (TestingControl.this) {
                streams.remove(key, out);
            }
        }
    }

    private static <T> List<T> with(List<T> list, T more) {
        var all = new ArrayList<>(list);
        all.add(more);
        return List.copyOf(all);
    }

    @Override
    public void close() throws InterruptedException {
        stop();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
