package dev.hansa.peering.store;

import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslProvider;

/// How the log's port is secured, and what it takes.
final class LogTransport {
    /// A stranger who says nothing holds a place for as long.
    private static final long HANDSHAKE_SECONDS = 5;

    /// A member appends over two streams, asks for votes, sends copies and forwards writes; and
    /// passes on the requests of the API's callers, of whom it serves 1024 at a time.
    private static final int MAX_CALLS = 1280;

    /// Members ask each other more seldom whether they are there.
    private static final long PING_SECONDS = 5;

    private LogTransport() {}

    static GrpcTlsConfig tls(MemberTls tls) {
        return GrpcTlsConfig.newBuilder()
                .setKeyManager(tls.keys())
                .setTrustManager(tls.trust())
                .setMutualTls(true)
                // asks our managers for each handshake, which the native one does not
                .setSslProvider(SslProvider.JDK)
                .setProtocols("TLSv1.3")
                .build();
    }

    static Parameters parameters(MemberTls tls, GrpcTlsConfig config, MemberCalls calls) {
        var parameters = new Parameters();
        GrpcConfigKeys.TLS.setConf(parameters, config);
        GrpcConfigKeys.Server.setServicesCustomizer(
                parameters,
                (builder, _) ->
                        calls.port()
                                .guard(builder)
                                .addService(calls.definition())
                                .intercept(new BackwardSteps())
                                .addTransportFilter(new MemberFilter(tls.trust()))
                                .permitKeepAliveTime(PING_SECONDS, TimeUnit.SECONDS)
                                .permitKeepAliveWithoutCalls(true)
                                .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
                                .maxConcurrentCallsPerConnection(MAX_CALLS));
        return parameters;
    }
}
