package dev.hansa.benchmarks.failover;

import dev.hansa.cli.ParentWatch;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCalls;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/// The service that callers call, as a process that can be killed or frozen: HTTP/1.1 on one port,
/// gRPC on the next. `/health` answers 200, and 503 from `POST /critical` until `POST /passing`;
/// gRPC's health service says the same.
final class Application {
    static final String GRPC_METHOD = "hansa.benchmark.Answers/Answer";

    /// Longer than any that a client of ours sends.
    private static final int MOST_HEAD_BYTES = 4096;

    private static final int BACKLOG = 1024;

    private final String name;
    private final HealthStatusManager grpcHealth = new HealthStatusManager();
    private volatile boolean isCritical;

    private Application(String name) {
        this.name = name;
    }

    /// `Application NAME HOST PORT`; gRPC is at the port after it.
    public static void main(String[] arguments) throws IOException {
        ParentWatch.start();
        var port = Integer.parseInt(arguments[2]);
        var application = new Application(arguments[0]);
        application.serveGrpc(new InetSocketAddress(arguments[1], port + 1));
        try (var listener = new ServerSocket(port, BACKLOG, InetAddress.getByName(arguments[1]))) {
            while (true) {
                var caller = listener.accept();
                Thread.ofVirtual().start(() -> application.serve(caller));
            }
        }
    }

    private void serve(Socket caller) {
        try (caller) {
            caller.setTcpNoDelay(true);
            var in = new BufferedInputStream(caller.getInputStream());
            for (var head = head(in); !head.isEmpty(); head = head(in)) {
                caller.getOutputStream().write(answer(head).getBytes(StandardCharsets.US_ASCII));
                if (head.contains("Connection: close")) {
                    return;
                }
            }
        } catch (IOException _) {
            // a caller that went away, as they do while things die
        }
    }

    /// The head of a request; empty at the connection's end. No request has a body.
    private static String head(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        for (var last = 0; ; ) {
            var next = in.read();
            if (next < 0) {
                return "";
            }
            head.write(next);
            last = next == '\r' || next == '\n' ? last + 1 : 0;
            if (last == 4) {
                return head.toString(StandardCharsets.US_ASCII);
            }
            if (head.size() > MOST_HEAD_BYTES) {
                throw new IOException("head of a request: expected an end; found none");
            }
        }
    }

    private String answer(String head) {
        var path = head.substring(head.indexOf(' ') + 2, head.indexOf(' ', head.indexOf(' ') + 1));
        return switch (path) {
            case "critical", "passing" -> {
                isCritical = path.equals("critical");
                grpcHealth.setStatus(
                        "", isCritical ? ServingStatus.NOT_SERVING : ServingStatus.SERVING);
                yield response("200 OK", path);
            }
            case "health" ->
                    isCritical
                            ? response("503 Service Unavailable", "critical")
                            : response("200 OK", "passing");
            default -> response("200 OK", Answer.text(name, path));
        };
    }

    private static String response(String status, String body) {
        return "HTTP/1.1 "
                + status
                + "\r\nContent-Type: text/plain\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body;
    }

    private void serveGrpc(InetSocketAddress listen) throws IOException {
        var method =
                MethodDescriptor.<byte[], byte[]>newBuilder()
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName(GRPC_METHOD)
                        .setRequestMarshaller(new Bytes())
                        .setResponseMarshaller(new Bytes())
                        .build();
        var service =
                ServerServiceDefinition.builder(
                                MethodDescriptor.extractFullServiceName(GRPC_METHOD))
                        .addMethod(
                                method,
                                ServerCalls.asyncUnaryCall((request, answer) -> {
                                    answer.onNext(
                                            Answer.text(
                                                            name,
                                                            new String(
                                                                    request,
                                                                    StandardCharsets.US_ASCII))
                                                    .getBytes(StandardCharsets.US_ASCII));
                                    answer.onCompleted();
                                }))
                        .build();
        NettyServerBuilder.forAddress(listen)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .addService(service)
                .addService(grpcHealth.getHealthService())
                .build()
                .start();
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
