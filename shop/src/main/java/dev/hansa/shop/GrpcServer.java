package dev.hansa.shop;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// A gRPC server of the shop: its service, `grpc.health.v1`, and the datacenter's name beside each
/// answer.
final class GrpcServer implements ShopService {
    /// Requests under way at a graceful end get this long.
    private static final long GRACE_SECONDS = 2;

    /// Larger than any cart.
    private static final int MAX_MESSAGE_BYTES = 1 << 20;

    private static final Context.Key<List<String>> OTHERS = Context.key("answered-by");

    private final Server server;
    private final ExecutorService calls;
    private final HealthStatusManager health;

    private GrpcServer(Server server, ExecutorService calls, HealthStatusManager health) {
        this.server = server;
        this.calls = calls;
        this.health = health;
    }

    static GrpcServer start(
            String datacenter, InetSocketAddress listen, ServerServiceDefinition service)
            throws IOException {
        var health = new HealthStatusManager();
        health.setStatus(service.getServiceDescriptor().getName(), ServingStatus.SERVING);
        var calls = Executors.newVirtualThreadPerTaskExecutor();
        var server =
                NettyServerBuilder.forAddress(listen)
                        .executor(calls)
                        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                        .intercept(new DatacenterHeader(datacenter))
                        .addService(service)
                        .addService(health.getHealthService())
                        .build();
        try {
            server.start();
        } catch (IOException e) {
            calls.close();
            throw e;
        }
        return new GrpcServer(server, calls, health);
    }

    /// A method that answers from a virtual thread of its own, so that `body` may block.
    static <Q, A> void method(
            ServerServiceDefinition.Builder service,
            MethodDescriptor<Q, A> method,
            Function<Q, A> body) {
        service.addMethod(
                method,
                ServerCalls.asyncUnaryCall((request, answer) -> {
                    try {
                        answer.onNext(body.apply(request));
                        answer.onCompleted();
                    } catch (StatusRuntimeException e) {
                        answer.onError(e);
                    } catch (RuntimeException e) {
                        answer.onError(
                                Status.INTERNAL
                                        .withDescription(
                                                method.getBareMethodName()
                                                        + " failed: "
                                                        + e.getMessage())
                                        .withCause(e)
                                        .asRuntimeException());
                    }
                }));
    }

    /// Notes who answered a call that the present request made.
    static void answeredBy(String service, String datacenter) {
        OTHERS.get().add(service + "=" + datacenter);
    }

    @Override
    public int port() {
        return server.getPort();
    }

    @Override
    public void close() throws InterruptedException {
        health.enterTerminalState();
        server.shutdown();
        if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
            server.shutdownNow();
        }
        calls.close();
    }

    private record DatacenterHeader(String datacenter) implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            List<String> others = new CopyOnWriteArrayList<>();
            var named =
                    new ForwardingServerCall.SimpleForwardingServerCall<Q, A>(call) {
                        @Override
                        public void sendHeaders(Metadata responseHeaders) {
                            responseHeaders.put(ShopRpc.DATACENTER, datacenter);
                            if (!others.isEmpty()) {
                                responseHeaders.put(ShopRpc.ANSWERED_BY, String.join(",", others));
                            }
                            super.sendHeaders(responseHeaders);
                        }
                    };
            return Contexts.interceptCall(
                    Context.current().withValue(OTHERS, others), named, headers, next);
        }
    }
}
