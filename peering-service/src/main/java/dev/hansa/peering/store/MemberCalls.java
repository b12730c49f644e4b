package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.grpc.GrpcUtil;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ConnectivityState;
import org.apache.ratis.thirdparty.io.grpc.Context;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor.MethodType;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCallStreamObserver;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCalls;
import org.apache.ratis.thirdparty.io.grpc.stub.StreamObserver;
import org.apache.ratis.thirdparty.io.netty.channel.ChannelOption;

/// What members say to each other beside the log: through the log's own port, so that the same
/// certificates are asked for and the same strangers refused.
final class MemberCalls implements AutoCloseable {
    /// A question carries a body of the API, of 512 KiB; an answer may list a large catalog.
    static final int MAX_BYTES = 64 << 20;

    private static final String SERVICE = "hansa.member.v1.Member";
    private static final Bytes BYTES = new Bytes();
    private static final MethodDescriptor<byte[], byte[]> ASK =
            method(MethodType.UNARY, SERVICE, "Ask");
    private static final MethodDescriptor<byte[], byte[]> FORM =
            method(MethodType.UNARY, SERVICE, "Form");
    private static final MethodDescriptor<byte[], byte[]> TERM =
            method(MethodType.UNARY, SERVICE, "Term");
    private static final MethodDescriptor<byte[], byte[]> HEARING =
            method(MethodType.UNARY, SERVICE, "Hearing");
    private static final MethodDescriptor<byte[], byte[]> FOLLOW =
            method(MethodType.SERVER_STREAMING, SERVICE, "Follow");

    /// A member that is gone without a goodbye is noticed after twice that; one that led, when
    /// another is elected ([LeaderCalls]). The library takes less for that much.
    private static final Duration KEEPALIVE = Duration.ofSeconds(10);

    /// Until a channel in trouble connects anew out of its turn again: members are asked a thousand
    /// times a second, and one that is down would be dialled as often.
    static final Duration RECONNECT = Duration.ofMillis(250);

    /// For a connection, which the kernel of a member that is there takes, however busy the member
    /// is: two of the longest ways there are around the world, and then some. Where packets are
    /// dropped the kernel would try again after 1, 3, 7 and 15 s, and a member that is back be
    /// found as late; a channel that gives up is dialled anew instead.
    static final Duration CONNECT = Duration.ofMillis(750);

    private final GrpcTlsConfig tls;
    private final Map<String, Line> channels = new ConcurrentHashMap<>();
    private final Consumer<Throwable> failures;
    private final MemberPort port;
    private volatile MemberService service = MemberService.NONE;

    /// A log that is not open yet is in no term that anybody could lead in.
    private volatile LongSupplier term = () -> Long.MAX_VALUE;

    private volatile Supplier<Hearing> hearing =
            () -> {
                throw new StoreFailure("members: the log is not open yet", null);
            };

    MemberCalls(GrpcTlsConfig tls, Consumer<Throwable> failures) {
        this.tls = tls;
        this.failures = failures;
        this.port = new MemberPort(MemberPort.MOST, failures);
    }

    /// Where the others come in.
    MemberPort port() {
        return port;
    }

    /// A call of whatever service, its messages as they are on the wire.
    static MethodDescriptor<byte[], byte[]> unary(String service, String name) {
        return method(MethodType.UNARY, service, name);
    }

    private static MethodDescriptor<byte[], byte[]> method(
            MethodType type, String service, String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(service, name))
                .setRequestMarshaller(BYTES)
                .setResponseMarshaller(BYTES)
                .build();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try (stream) {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// From now on this is what answers.
    void serve(MemberService answering) {
        service = answering;
    }

    /// From now on this is the term that others are told.
    void tellTerm(LongSupplier now) {
        term = now;
    }

    /// From now on this is what others are told of whoever leads.
    void tellHearing(Supplier<Hearing> now) {
        hearing = now;
    }

    ServerServiceDefinition definition() {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(ASK, ServerCalls.asyncUnaryCall(this::asked))
                .addMethod(FORM, ServerCalls.asyncUnaryCall(MemberCalls::form))
                .addMethod(TERM, ServerCalls.asyncUnaryCall(this::termed))
                .addMethod(HEARING, ServerCalls.asyncUnaryCall(this::heard))
                .addMethod(FOLLOW, ServerCalls.asyncServerStreamingCall(this::followed))
                .build();
    }

    private void asked(byte[] question, StreamObserver<byte[]> observer) {
        var call = (ServerCallStreamObserver<byte[]>) observer;
        run("member-asks", call, () -> call.onNext(service.answer(question)));
    }

    private static void form(byte[] question, StreamObserver<byte[]> call) {
        call.onNext(new byte[] {CommandCodec.FORM});
        call.onCompleted();
    }

    private void termed(byte[] question, StreamObserver<byte[]> call) {
        call.onNext(ByteBuffer.allocate(Long.BYTES).putLong(term.getAsLong()).array());
        call.onCompleted();
    }

    private void heard(byte[] question, StreamObserver<byte[]> observer) {
        var call = (ServerCallStreamObserver<byte[]>) observer;
        run("member-hears", call, () -> call.onNext(hearing.get().encode()));
    }

    private void followed(byte[] hello, StreamObserver<byte[]> observer) {
        var call = (ServerCallStreamObserver<byte[]>) observer;
        var ready = new Semaphore(0);
        call.setOnReadyHandler(ready::release);
        run(
                "member-follows",
                call,
                () ->
                        service.tell(
                                hello,
                                message -> {
                                    while (!call.isReady()) {
                                        ready.acquire();
                                    }
                                    call.onNext(message);
                                }));
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private void run(String name, ServerCallStreamObserver<byte[]> call, Work work) {
        var thread = Thread.ofVirtual().name(name).unstarted(() -> end(call, work));
        call.setOnCancelHandler(thread::interrupt);
        thread.start();
    }

    private void end(ServerCallStreamObserver<byte[]> call, Work work) {
        try {
            work.run();
            call.onCompleted();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            refuse(call, Status.CANCELLED.withDescription("stopped"));
        } catch (StoreFailure e) {
            // an answer, and no defect: whoever asked tells of it
            refuse(call, Status.FAILED_PRECONDITION.withDescription(e.getMessage()));
        } catch (RuntimeException e) {
            if (!call.isCancelled()) {
                failures.accept(e);
            }
            refuse(call, Status.INTERNAL.withDescription(String.valueOf(e.getMessage())));
        }
    }

    private static void refuse(ServerCallStreamObserver<byte[]> call, Status status) {
        if (!call.isCancelled()) {
            call.onError(status.asRuntimeException());
        }
    }

    /// Why a call may be left before it ends.
    @FunctionalInterface
    interface Reason {
        /// There is none.
        Reason NONE = _ -> () -> {};

        /// @param leave called, on any thread and once or more, to leave the call
        /// @return closed when the call is over
        Latest.Subscription watch(Runnable leave);
    }

    /// @param address of a member's log
    /// @throws NotLeadingFailure when it was left
    /// @throws StoreFailure when it does not answer within `limit`, or with an error
    byte[] ask(String address, byte[] question, Duration limit, Reason reason) {
        var context = Context.current().withCancellation();
        try (var _ = reason.watch(() -> context.cancel(null))) {
            return context.call(() -> call(address, ASK, question, limit));
        } catch (StatusRuntimeException e) {
            throw context.isCancelled() ? left(address) : failed(address, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            context.cancel(null);
        }
    }

    private static NotLeadingFailure left(String address) {
        return new NotLeadingFailure(
                "member '"
                        + address
                        + "': expected the server that leads; found that another was elected, or it"
                        + " anew");
    }

    /// To one member.
    ///
    /// @param dialled when its patience was cut short the last time, by [System#nanoTime]
    private record Line(ManagedChannel channel, AtomicLong dialled) {
        Line(ManagedChannel channel) {
            this(channel, new AtomicLong(System.nanoTime() - RECONNECT.toNanos()));
        }

        void awake() {
            if (channel.getState(false) != ConnectivityState.TRANSIENT_FAILURE) {
                return;
            }
            var now = System.nanoTime();
            var last = dialled.get();
            if (now - last >= RECONNECT.toNanos() && dialled.compareAndSet(last, now)) {
                channel.resetConnectBackoff();
            }
        }
    }

    /// One that was away, or that its name has led away from, is asked again soon, and not when a
    /// channel's patience says so, which grows to two minutes.
    private ManagedChannel awake(String address) {
        var line = line(address);
        line.awake();
        return line.channel();
    }

    private byte[] call(
            String address,
            MethodDescriptor<byte[], byte[]> method,
            byte[] question,
            Duration limit) {
        return ClientCalls.blockingUnaryCall(
                awake(address),
                method,
                CallOptions.DEFAULT.withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS),
                question);
    }

    /// The newest form of the log's entries that a member reads; 0: it is of a version that was
    /// never asked.
    ///
    /// @throws StoreFailure when it does not answer within `limit`
    int form(String address, Duration limit) {
        try {
            var answer = call(address, FORM, new byte[0], limit);
            return answer.length == 1 ? answer[0] : 0;
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
                return 0;
            }
            throw failed(address, e);
        }
    }

    /// The term of the log that a member is in; 0: it is of a version that was never asked.
    ///
    /// @throws StoreFailure when it does not answer within `limit`
    long term(String address, Duration limit) {
        try {
            var answer = call(address, TERM, new byte[0], limit);
            return answer.length == Long.BYTES ? ByteBuffer.wrap(answer).getLong() : Long.MAX_VALUE;
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
                return 0;
            }
            throw failed(address, e);
        }
    }

    /// What a member says of whoever leads; [Hearing#UNKNOWN]: it is of a version that was never
    /// asked.
    ///
    /// @throws StoreFailure when it does not answer within `limit`
    Hearing hearing(String address, Duration limit) {
        try {
            return Hearing.decode(call(address, HEARING, new byte[0], limit));
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
                return Hearing.UNKNOWN;
            }
            throw failed(address, e);
        }
    }

    /// Listens to a member until one of both ends it; the messages are taken on the caller's
    /// thread, and the member waits for a slow one.
    ///
    /// @throws NotLeadingFailure when it was left
    /// @throws StoreFailure when the member went
    /// @throws InterruptedException when told to stop
    void follow(String address, byte[] hello, Consumer<byte[]> taking, Reason reason)
            throws InterruptedException {
        var context = Context.current().withCancellation();
        try (var _ = reason.watch(() -> context.cancel(null))) {
            context.call(() -> {
                var messages =
                        ClientCalls.blockingServerStreamingCall(
                                awake(address), FOLLOW, CallOptions.DEFAULT, hello);
                while (messages.hasNext()) {
                    var message = messages.next();
                    if (context.isCancelled()) {
                        throw left(address);
                    }
                    taking.accept(message);
                }
                return "";
            });
        } catch (StatusRuntimeException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException("told to stop following");
            }
            throw context.isCancelled() ? left(address) : failed(address, e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            context.cancel(null);
        }
    }

    private static StoreFailure failed(String address, StatusRuntimeException e) {
        var status = e.getStatus();
        return new StoreFailure(
                "member '"
                        + address
                        + "': expected an answer; found "
                        + status.getCode()
                        + (status.getDescription() == null ? "" : ": " + status.getDescription()),
                e);
    }

    private Line line(String address) {
        return channels.computeIfAbsent(
                address,
                target ->
                        new Line(
                                NettyChannelBuilder.forTarget(target)
                                        .sslContext(GrpcUtil.buildSslContextForClient(tls))
                                        .maxInboundMessageSize(MAX_BYTES)
                                        .keepAliveTime(KEEPALIVE.toMillis(), TimeUnit.MILLISECONDS)
                                        .keepAliveTimeout(
                                                KEEPALIVE.toMillis(), TimeUnit.MILLISECONDS)
                                        .withOption(
                                                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                                                Math.toIntExact(CONNECT.toMillis()))
                                        .disableRetry()
                                        .build()));
    }

    /// Those who are no members any more are not kept in mind.
    void retain(Collection<String> addresses) {
        channels.entrySet()
                .removeIf(entry -> {
                    if (addresses.contains(entry.getKey())) {
                        return false;
                    }
                    entry.getValue().channel().shutdownNow();
                    return true;
                });
    }

    @Override
    public void close() {
        retain(List.of());
        port.close();
    }
}
