package dev.hansa.gateway.sidecar;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.gateway.GatewayEvent;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Asks the application how it is, again and again, and at once when a connection to it was
/// refused. Runs on a virtual thread of its own.
public final class ApplicationCheck implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    /// grpc.health.v1.Health/Check with an empty request: the server's own health.
    private static final MethodDescriptor<byte[], byte[]> GRPC_HEALTH =
            MethodDescriptor.<byte[], byte[]>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("grpc.health.v1.Health/Check")
                    .setRequestMarshaller(new Bytes())
                    .setResponseMarshaller(new Bytes())
                    .build();

    private final ServiceName service;
    private final Endpoint application;
    private final CheckKind kind;
    private final Duration interval;
    private final EventLoopGroup loops;
    private final Consumer<GatewayEvent> events;
    private final Latest<List<CheckResult>> results;
    private final Semaphore now = new Semaphore(0);
    private final Thread thread;

    /// How the application is asked.
    public sealed interface CheckKind {
        record Tcp() implements CheckKind {}

        record Grpc() implements CheckKind {}

        record Http(String path) implements CheckKind {}

        /// `tcp`, `grpc` or `http:/path`.
        ///
        /// @throws IllegalArgumentException for anything else
        static CheckKind parse(String text) {
            if (text.equals("tcp")) {
                return new Tcp();
            }
            if (text.equals("grpc")) {
                return new Grpc();
            }
            if (text.startsWith("http:/")) {
                return new Http(text.substring("http:".length()));
            }
            throw new IllegalArgumentException(text);
        }
    }

    public ApplicationCheck(
            ServiceName service,
            Endpoint application,
            CheckKind kind,
            Duration interval,
            EventLoopGroup loops,
            Consumer<GatewayEvent> events) {
        this.service = service;
        this.application = application;
        this.kind = kind;
        this.interval = interval;
        this.loops = loops;
        this.events = events;
        this.results = new Latest<>(List.of(result("critical", "not asked yet")));
        this.thread = Thread.ofVirtual().name("check-" + service).start(this::run);
    }

    /// The newest result.
    public Latest<List<CheckResult>> results() {
        return results;
    }

    /// Asks at once; called where a connection to the application has just failed.
    public void hurry() {
        now.release();
    }

    private void run() {
        try {
            while (true) {
                var next = ask();
                if (!results.get().equals(List.of(next))) {
                    results.set(List.of(next));
                    events.accept(
                            new GatewayEvent.CheckChanged(
                                    service.value(), next.getStatus(), next.getOutput()));
                }
                now.tryAcquire(interval.toMillis(), TimeUnit.MILLISECONDS);
                now.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private CheckResult ask() throws InterruptedException {
        try {
            return switch (kind) {
                case CheckKind.Tcp _ -> tcp();
                case CheckKind.Grpc _ -> grpc();
                case CheckKind.Http(var path) -> http(path);
            };
        } catch (IOException e) {
            return result("critical", application + ": " + e.getMessage());
        } catch (StatusRuntimeException e) {
            return result(
                    "critical",
                    application
                            + ": "
                            + e.getStatus().getCode()
                            + " "
                            + Inbound.reason(
                                    e.getStatus().getCause() == null
                                            ? e
                                            : e.getStatus().getCause()));
        }
    }

    private CheckResult tcp() throws IOException {
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(application.host(), application.port()),
                    Math.toIntExact(TIMEOUT.toMillis()));
            return result("passing", application + " accepts connections");
        }
    }

    private CheckResult http(String path) throws IOException, InterruptedException {
        try (var client =
                HttpClient.newBuilder()
                        .connectTimeout(TIMEOUT)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .build()) {
            var answer =
                    client.send(
                            HttpRequest.newBuilder(URI.create("http://" + application + path))
                                    .timeout(TIMEOUT)
                                    .build(),
                            HttpResponse.BodyHandlers.discarding());
            var good = answer.statusCode() / 100 == 2;
            return result(
                    good ? "passing" : "critical", "GET " + path + ": " + answer.statusCode());
        }
    }

    private CheckResult grpc() {
        var channel =
                NettyChannelBuilder.forAddress(
                                new InetSocketAddress(application.host(), application.port()))
                        .usePlaintext()
                        .eventLoopGroup(loops)
                        .channelType(NioSocketChannel.class)
                        .maxInboundMessageSize(1024)
                        .build();
        try {
            var answer =
                    ClientCalls.blockingUnaryCall(
                            channel,
                            GRPC_HEALTH,
                            CallOptions.DEFAULT.withDeadlineAfter(
                                    TIMEOUT.toMillis(), TimeUnit.MILLISECONDS),
                            new byte[0]);
            // HealthCheckResponse { status = 1 }: SERVING is 1
            var serving = answer.length >= 2 && answer[0] == 8 && answer[1] == 1;
            return result(
                    serving ? "passing" : "critical",
                    application + (serving ? " is serving" : " is not serving"));
        } finally {
            channel.shutdownNow();
        }
    }

    private CheckResult result(String status, String output) {
        return CheckResult.newBuilder()
                .setId("application")
                .setName("application of " + service)
                .setStatus(status)
                .setOutput(output)
                .setType(
                        switch (kind) {
                            case CheckKind.Tcp _ -> "tcp";
                            case CheckKind.Grpc _ -> "grpc";
                            case CheckKind.Http _ -> "http";
                        })
                .build();
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
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
