package dev.hansa.gateway.discovery;

import com.google.protobuf.Message;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.failover.wire.Issued;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.failover.wire.ProxyMessage;
import dev.hansa.failover.wire.RenewRequest;
import dev.hansa.failover.wire.ServerMessage;
import dev.hansa.trustbundle.TrustBundle;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/// How a proxy talks to its datacenter's servers: gRPC over TLS 1.3, the server checked against the
/// join token's bundle and name, the proxy shown by its certificate once it has one.
public final class ControlChannel {
    static final MethodDescriptor<JoinRequest, Issued> JOIN =
            method(
                    MethodDescriptor.MethodType.UNARY,
                    ProxyRpc.JOIN,
                    JoinRequest.getDefaultInstance(),
                    Issued.getDefaultInstance());
    static final MethodDescriptor<RenewRequest, Issued> RENEW =
            method(
                    MethodDescriptor.MethodType.UNARY,
                    ProxyRpc.RENEW,
                    RenewRequest.getDefaultInstance(),
                    Issued.getDefaultInstance());
    static final MethodDescriptor<ProxyMessage, ServerMessage> ROUTES =
            method(
                    MethodDescriptor.MethodType.BIDI_STREAMING,
                    ProxyRpc.ROUTES,
                    ProxyMessage.getDefaultInstance(),
                    ServerMessage.getDefaultInstance());

    /// A server that is gone without a goodbye is noticed after the two together.
    private static final int KEEPALIVE_SECONDS = 5;

    private static final int KEEPALIVE_TIMEOUT_SECONDS = 5;

    /// A datacenter has at most seven.
    private static final int MAX_SERVERS = 32;

    private final JoinToken token;
    private final EventLoopGroup loops;
    private volatile TrustBundle bundle;
    private volatile List<Endpoint> servers;

    /// @param loops NIO event loops for the control connections of this process
    public ControlChannel(JoinToken token, EventLoopGroup loops) {
        this.token = token;
        this.bundle = token.bundle();
        this.servers = token.servers();
        this.loops = loops;
    }

    private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> method(
            MethodDescriptor.MethodType type, String name, Q request, A response) {
        return MethodDescriptor.<Q, A>newBuilder()
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(ProxyRpc.SERVICE, name))
                .setRequestMarshaller(ProtoUtils.marshaller(request))
                .setResponseMarshaller(ProtoUtils.marshaller(response))
                .build();
    }

    /// The server to try at this attempt: each in turn.
    Endpoint server(int attempt) {
        var all = servers;
        return all.get(Math.floorMod(attempt, all.size()));
    }

    /// How many servers there are to try.
    int servers() {
        return servers.size();
    }

    /// The servers have said where they are; those of the join token are tried after them.
    ///
    /// @throws IllegalArgumentException when there are too many
    void serversAre(List<Endpoint> named) {
        if (named.size() > MAX_SERVERS) {
            throw new IllegalArgumentException(
                    "servers: expected at most " + MAX_SERVERS + "; found " + named.size());
        }
        var all = new LinkedHashSet<>(named);
        all.addAll(token.servers());
        servers = List.copyOf(all);
    }

    /// A channel that connects at its first call. The caller shuts it down.
    ///
    /// @param certificate empty for the very first call
    /// @throws SSLException when the library does not take our own certificate
    ManagedChannel open(Endpoint server, Optional<ProxyCertificate> certificate)
            throws SSLException {
        var tls = GrpcSslContexts.forClient().protocols("TLSv1.3").trustManager(bundle.roots());
        certificate.ifPresent(own -> tls.keyManager(own.key(), own.chain()));
        return NettyChannelBuilder.forAddress(new InetSocketAddress(server.host(), server.port()))
                .overrideAuthority(token.serverName())
                .sslContext(tls.build())
                .eventLoopGroup(loops)
                .channelType(NioSocketChannel.class)
                .maxInboundMessageSize(ProxyRpc.MAX_MESSAGE_BYTES)
                .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .keepAliveWithoutCalls(false)
                .build();
    }

    /// The roots that the server is checked against.
    TrustBundle bundle() {
        return bundle;
    }

    /// From now on these: the join token's go out of date with a rotation.
    void trusts(TrustBundle newer) {
        bundle = newer;
    }

    /// These too: of a snapshot on disk it is not known whether the join token is newer.
    void alsoTrusts(TrustBundle remembered) {
        var roots = new LinkedHashSet<>(remembered.roots());
        roots.addAll(bundle.roots());
        bundle = new TrustBundle(bundle.trustDomain(), List.copyOf(roots));
    }

    JoinToken token() {
        return token;
    }
}
