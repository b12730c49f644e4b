package dev.hansa.gateway;

import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;

/// An application in a process of its own, which can be killed and stopped by signals.
public final class ApplicationProcess implements AutoCloseable {
    private final Process process;
    private final int port;

    private ApplicationProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /// @param kind `echo`, `http` (`/ready`) or `grpc` (health)
    public static ApplicationProcess start(String kind) throws IOException {
        return start(kind, 0);
    }

    /// @param port 0: whichever is free
    public static ApplicationProcess start(String kind, int port) throws IOException {
        var process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                ApplicationProcess.class.getName(),
                                kind,
                                Integer.toString(port))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        var line = process.inputReader(StandardCharsets.UTF_8).readLine();
        if (line == null) {
            throw new IOException("the application: expected its port; found its end");
        }
        return new ApplicationProcess(process, Integer.parseInt(line));
    }

    public int port() {
        return port;
    }

    /// SIGKILL; returns when it was sent, not when the process is gone.
    public void kill() {
        process.destroyForcibly();
    }

    /// SIGSTOP; returns when all of its threads stand, which are told one by one.
    public void freeze() throws IOException, InterruptedException {
        signal("-STOP");
        var threads = Path.of("/proc", Long.toString(process.pid()), "task");
        if (Files.isDirectory(threads)) {
            await().until(() -> stand(threads));
        }
    }

    private static boolean stand(Path threads) throws IOException {
        try (var all = Files.newDirectoryStream(threads)) {
            for (var thread : all) {
                // proc(5): the state comes behind the name, which is in brackets
                var stat = Files.readString(thread.resolve("stat"));
                if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
                    return false;
                }
            }
            return true;
        }
    }

    /// SIGCONT.
    public void thaw() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        var sent = new ProcessBuilder("kill", name, Long.toString(process.pid())).start();
        if (sent.waitFor() != 0) {
            throw new IOException("kill " + name + ": expected 0; found " + sent.exitValue());
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// Runs until its input ends, which is when its parent does.
    ///
    /// @throws Exception when it cannot listen
    public static void main(String[] arguments) throws Exception {
        var port = Integer.parseInt(arguments[1]);
        System.out.println(
                switch (arguments[0]) {
                    case "echo" -> new EchoServer(port).port();
                    case "http" -> http(port);
                    case "grpc" -> grpc(port);
                    case String other -> throw new IllegalArgumentException(other);
                });
        while (System.in.read() >= 0) {
            // the parent says nothing
        }
        System.exit(0);
    }

    private static int http(int port) throws IOException {
        var server =
                HttpServer.create(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/ready",
                exchange -> {
                    try (exchange) {
                        exchange.sendResponseHeaders(204, -1);
                    }
                });
        server.start();
        return server.getAddress().getPort();
    }

    private static int grpc(int port) throws IOException {
        var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        var bytes = new Bytes();
        var check =
                MethodDescriptor.<byte[], byte[]>newBuilder()
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName("grpc.health.v1.Health/Check")
                        .setRequestMarshaller(bytes)
                        .setResponseMarshaller(bytes)
                        .build();
        return NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .channelType(NioServerSocketChannel.class)
                .addService(
                        ServerServiceDefinition.builder("grpc.health.v1.Health")
                                .addMethod(
                                        check,
                                        ServerCalls.asyncUnaryCall((_, answer) -> {
                                            answer.onNext(new byte[] {8, 1});
                                            answer.onCompleted();
                                        }))
                                .build())
                .build()
                .start()
                .getPort();
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
