package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// grpc.health.v1.Health/Check with an empty request: the server's own health. One connection for
/// all questions; its end is told.
final class GrpcQuestion implements Question {
    private static final MethodDescriptor<byte[], byte[]> HEALTH =
            MethodDescriptor.<byte[], byte[]>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("grpc.health.v1.Health/Check")
                    .setRequestMarshaller(new Bytes())
                    .setResponseMarshaller(new Bytes())
                    .build();

    private static final int LARGEST_ANSWER = 1024;

    private final Endpoint application;
    private final Duration timeout;
    private final Runnable ended;
    private final ManagedChannel channel;

    /// @param ended called on any thread when a connection has ended
    GrpcQuestion(Endpoint application, Duration timeout, EventLoopGroup loops, Runnable ended) {
        this.application = application;
        this.timeout = timeout;
        this.ended = ended;
        this.channel =
                NettyChannelBuilder.forAddress(application.host(), application.port())
                        .usePlaintext()
                        .eventLoopGroup(loops)
                        .channelType(NioSocketChannel.class)
                        .maxInboundMessageSize(LARGEST_ANSWER)
                        .disableRetry()
                        .build();
        watch(ConnectivityState.IDLE);
    }

    private void watch(ConnectivityState from) {
        channel.notifyWhenStateChanged(
                from,
                () -> {
                    var now = channel.getState(false);
                    if (now == ConnectivityState.SHUTDOWN) {
                        return;
                    }
                    if (from == ConnectivityState.READY) {
                        ended.run();
                    }
                    watch(now);
                });
    }

    @Override
    public Answer ask() {
        if (channel.getState(true) == ConnectivityState.TRANSIENT_FAILURE) {
            // its own patience would outlast the application's return by minutes
            channel.resetConnectBackoff();
        }
        try {
            var answer =
                    ClientCalls.blockingUnaryCall(
                            channel,
                            HEALTH,
                            CallOptions.DEFAULT.withDeadlineAfter(
                                    timeout.toMillis(), TimeUnit.MILLISECONDS),
                            new byte[0]);
            // HealthCheckResponse { status = 1 }: SERVING is 1
            return answer.length >= 2 && answer[0] == 8 && answer[1] == 1
                    ? new Answer.Good(application + " is serving")
                    : new Answer.Bad(application + " is not serving");
        } catch (StatusRuntimeException e) {
            var code = e.getStatus().getCode();
            return code == Status.Code.DEADLINE_EXCEEDED
                    ? new Answer.Silent(
                            application + ": no answer within " + timeout.toMillis() + " ms")
                    : new Answer.Bad(
                            application
                                    + ": "
                                    + code
                                    + " "
                                    + FailureWords.of(
                                            e.getStatus().getCause() == null
                                                    ? e
                                                    : e.getStatus().getCause()));
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
