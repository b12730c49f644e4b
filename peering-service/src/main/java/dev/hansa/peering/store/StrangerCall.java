package dev.hansa.peering.store;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.thirdparty.io.grpc.netty.GrpcSslContexts;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContextBuilder;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslProvider;

/// One gRPC call to a server by a server that has no certificate yet.
public final class StrangerCall {
    /// A chain, some roots, a key and some addresses.
    private static final int MAX_BYTES = 1 << 20;

    private StrangerCall() {}

    /// What came of it.
    public sealed interface Outcome {
        /// @param base64 the message; it may be secret
        record Answered(String base64) implements Outcome {
            @Override
            public String toString() {
                return "Answered";
            }
        }

        /// Asking again would be answered in the same way.
        record Refused(String sentence) implements Outcome {}

        record Unanswered(String sentence) implements Outcome {}
    }

    /// @param address `host:port`
    /// @param serverName that the server's certificate has to name
    /// @param roots that it has to come from
    /// @param service its full name in gRPC
    public static Outcome unary(
            String address,
            String serverName,
            List<X509Certificate> roots,
            String service,
            String method,
            byte[] request,
            Duration limit) {
        try {
            var tls =
                    GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                            .protocols("TLSv1.3")
                            .trustManager(roots)
                            .build();
            var channel =
                    NettyChannelBuilder.forTarget(address)
                            .overrideAuthority(serverName)
                            .sslContext(tls)
                            .maxInboundMessageSize(MAX_BYTES)
                            .disableRetry()
                            .build();
            try {
                var answer =
                        ClientCalls.blockingUnaryCall(
                                channel,
                                MemberCalls.unary(service, method),
                                CallOptions.DEFAULT.withDeadlineAfter(
                                        limit.toMillis(), TimeUnit.MILLISECONDS),
                                request);
                return new Outcome.Answered(Base64.getEncoder().encodeToString(answer));
            } finally {
                channel.shutdownNow();
            }
        } catch (StatusRuntimeException e) {
            var status = e.getStatus();
            var cause = status.getCause();
            var sentence =
                    status.getCode()
                            + (status.getDescription() == null
                                    ? ""
                                    : ": " + status.getDescription())
                            + (cause == null ? "" : ": " + cause.getMessage());
            return status.getCode() == Status.Code.PERMISSION_DENIED
                    ? new Outcome.Refused(sentence)
                    : new Outcome.Unanswered(sentence);
        } catch (SSLException e) {
            throw new IllegalStateException("the library does not take our own roots", e);
        }
    }
}
