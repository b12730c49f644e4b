package dev.hansa.shop;

import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The way to one service. A request is sent once and never retried: what the mesh does about a
/// failure must be visible in the shop.
///
/// The channel is replaced after the first failed call, because gRPC's own reconnect waits a second
/// before it tries again, and that second would be counted as the mesh's; and after
/// [#MAX_AGE_NANOS], because a sidecar routes connections, so that a connection which lived for
/// ever would keep using the datacenter it was opened to.
final class Upstream implements AutoCloseable {
    /// Long enough that a handshake is rare under load, short enough that traffic follows a changed
    /// route within a second.
    private static final long MAX_AGE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /// A page that takes longer has failed for the person who waits for it.
    private static final long DEADLINE_SECONDS = 3;

    /// Larger than any cart; an answer beyond it is not the shop's.
    private static final int MAX_MESSAGE_BYTES = 1 << 20;

    private final String service;
    private final InetSocketAddress address;
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ManagedChannel channel;
    private long openedNanos;

    /// An answer and who gave it.
    record Answer<A>(A message, String datacenter, List<String> answeredBy) {
        Answer {
            answeredBy = List.copyOf(answeredBy);
        }
    }

    Upstream(String service, InetSocketAddress address) {
        this.service = service;
        this.address = address;
    }

    String service() {
        return service;
    }

    /// Sends one request and waits for its answer.
    ///
    /// @throws StatusRuntimeException when there is no answer; nothing was retried
    <Q, A> Answer<A> call(MethodDescriptor<Q, A> method, Q request) {
        var used = channel();
        var headers = new AtomicReference<Metadata>();
        var trailers = new AtomicReference<Metadata>();
        try {
            var message =
                    ClientCalls.blockingUnaryCall(
                            ClientInterceptors.intercept(
                                    used,
                                    MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)),
                            method,
                            CallOptions.DEFAULT.withDeadlineAfter(
                                    DEADLINE_SECONDS, TimeUnit.SECONDS),
                            request);
            var beside = headers.get() == null ? new Metadata() : headers.get();
            var datacenter = beside.get(ShopRpc.DATACENTER);
            var others = beside.get(ShopRpc.ANSWERED_BY);
            return new Answer<>(
                    message,
                    datacenter == null ? "unknown" : datacenter,
                    others == null || others.isEmpty() ? List.of() : List.of(others.split(",")));
        } catch (StatusRuntimeException e) {
            switch (e.getStatus().getCode()) {
                case UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, UNKNOWN, CANCELLED -> drop(used);
                default -> {
                    // the service answered: the connection is good
                }
            }
            throw e;
        }
    }

    private ManagedChannel channel() {
        lock.lock();
        try {
            var present = channel;
            if (present != null && System.nanoTime() - openedNanos < MAX_AGE_NANOS) {
                return present;
            }
            if (present != null) {
                present.shutdown();
            }
            var opened =
                    NettyChannelBuilder.forAddress(address)
                            .overrideAuthority(service)
                            .usePlaintext()
                            .disableRetry()
                            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                            .executor(calls)
                            .build();
            channel = opened;
            openedNanos = System.nanoTime();
            return opened;
        } finally {
            lock.unlock();
        }
    }

    /// Calls under way on the dropped channel may finish.
    private void drop(ManagedChannel failed) {
        lock.lock();
        try {
            if (channel == failed) {
                channel = null;
            }
        } finally {
            lock.unlock();
        }
        failed.shutdown();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (channel != null) {
                channel.shutdownNow();
                channel = null;
            }
        } finally {
            lock.unlock();
        }
        calls.close();
    }
}
