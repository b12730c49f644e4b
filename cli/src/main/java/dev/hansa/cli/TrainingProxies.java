package dev.hansa.cli;

import dev.hansa.failover.JoinToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// What [TrainingRun] starts once under `-XX:AOTCacheOutput` (JEP 514), beside its server: a
/// sidecar, a gateway, and the same gateway once more, which finds its routes on the disk as one
/// does that is started again. Their cache is a third of the server's, and what a start maps costs
/// time and memory.
final class TrainingProxies {
    private static final String HERE = InetAddress.getLoopbackAddress().getHostAddress();
    private static final int MILLIS = 1000;
    private static final int FAILED = -2;

    private final Path folder;
    private final long deadline;
    private final List<Integer> ports;

    /// @param folder with the join tokens `gateway.token` and `sidecar.token`
    /// @param deadline as [System#nanoTime] counts
    TrainingProxies(Path folder, long deadline) throws IOException {
        this.folder = folder;
        this.deadline = deadline;
        this.ports = TrainingRun.freePorts(10);
    }

    /// There when everything carries.
    static Path carries(Path folder) {
        return folder.resolve("carries");
    }

    /// Ends when its standard input does.
    ///
    /// @param arguments the folder, and how many milliseconds there are
    public static void main(String[] arguments) throws IOException {
        var status = 0;
        try {
            var limit = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(arguments[1]));
            var folder = Path.of(arguments[0]);
            new TrainingProxies(folder, System.nanoTime() + limit).run();
            Files.createFile(carries(folder));
            // the commands ask for what runs here
            var _ = System.in.readAllBytes();
        } catch (IOException | InterruptedException | IllegalStateException e) {
            System.err.println("training of proxies: the cache goes without a part: " + e);
            status = 1;
        }
        // what was started is stopped by its hooks, and the cache is written after them
        System.exit(status);
    }

    void run() throws IOException, InterruptedException {
        gateway("gateway", 0);
        // as long as this process: its sidecar asks it whether it lives
        var application = new ServerSocket(ports.get(4), 8, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> echo(application));
        var settings =
                Files.write(
                        folder.resolve("sidecar.properties"),
                        List.of(
                                "node-name = sidecar",
                                "admin.address = " + at(5),
                                // as pods have them
                                "probe.address = " + at(8),
                                "metrics.address = " + at(9),
                                "join-token-file = " + token("sidecar"),
                                "data-dir = " + folder.resolve("sidecar"),
                                "drain-grace = 0s",
                                "drain-timeout = 0s",
                                "services = echo",
                                "service.echo.address = " + at(4),
                                "service.echo.listen = " + at(6),
                                "service.echo.check = tcp",
                                "service.echo.upstreams = echo:" + ports.get(7),
                                "service.echo.upstream-address = " + HERE));
        process("sidecar", "--config=" + settings);
        until(this::isEchoed);
        until(() -> isRelayed(0));
        again("gateway", "gateway-again");
        gateway("gateway-again", 2);
        until(() -> isRelayed(2));
    }

    private void gateway(String name, int port) throws IOException {
        process(
                "gateway",
                "--node-name=" + name,
                "--join-token-file=" + token("gateway"),
                "--data-dir=" + folder.resolve(name),
                "--drain-grace=0s",
                "--drain-timeout=0s",
                "--listen=" + at(port),
                "--wan-address=" + at(port),
                "--lan-address=" + at(port),
                "--admin-address=" + at(port + 1));
    }

    /// What one has left on the disk, for the other.
    private void again(String one, String other) throws IOException {
        var to = Files.createDirectories(folder.resolve(other));
        try (var files = Files.list(folder.resolve(one))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private String at(int port) {
        return HERE + ":" + ports.get(port);
    }

    private String token(String name) {
        return folder.resolve(name + ".token").toString();
    }

    private static void process(String... words) {
        Thread.ofPlatform().daemon().start(() -> Main.run(surroundings(), words));
    }

    private static Surroundings surroundings() {
        return new Surroundings(
                InputStream.nullInputStream(),
                new PrintWriter(Writer.nullWriter()),
                new PrintWriter(Writer.nullWriter()),
                Map.of());
    }

    /// A connection through the sidecar's upstream to its own service and back.
    private boolean isEchoed() {
        return answer(7, new byte[] {'x'}) == 'x';
    }

    /// A connection through a gateway to the server's door for peers, which has no use for it and
    /// says so, or ends it.
    private boolean isRelayed(int port) {
        try {
            var domain = JoinToken.read(Path.of(token("gateway"))).trustDomain().name();
            return answer(port, hello("server.training.peering." + domain)) != FAILED;
        } catch (IOException _) {
            return false;
        }
    }

    /// The first byte of the answer; -1: an end without one.
    private int answer(int port, byte[] said) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(HERE, ports.get(port)), MILLIS);
            socket.setSoTimeout(MILLIS);
            socket.getOutputStream().write(said);
            return socket.getInputStream().read();
        } catch (IOException _) {
            return FAILED; // no route or no certificate yet
        }
    }

    /// The smallest ClientHello with a name (RFC 8446 4.1.2, RFC 6066 3). By hand: the JDK's own
    /// TLS has hundreds of classes, which no proxy needs.
    private static byte[] hello(String name) {
        var text = name.getBytes(StandardCharsets.US_ASCII);
        var extension = 9 + text.length;
        var body = 2 + 32 + 1 + 4 + 2 + 2 + extension;
        return ByteBuffer.allocate(9 + body)
                // a record of a handshake, a ClientHello
                .put((byte) 22)
                .putShort((short) 0x0301)
                .putShort((short) (4 + body))
                .putInt((1 << 24) | body)
                // the version, 32 bytes that need not be random, no session
                .putShort((short) 0x0303)
                .put(new byte[32])
                .put((byte) 0)
                // one cipher suite, no compression
                .putShort((short) 2)
                .putShort((short) 0x1301)
                .putShort((short) 0x0100)
                // one extension, the name
                .putShort((short) extension)
                .putShort((short) 0)
                .putShort((short) (extension - 4))
                .putShort((short) (extension - 6))
                .put((byte) 0)
                .putShort((short) text.length)
                .put(text)
                .array();
    }

    private static void echo(ServerSocket application) {
        while (true) {
            try (var socket = application.accept()) {
                socket.setSoTimeout(MILLIS);
                var read = socket.getInputStream().read();
                if (read >= 0) {
                    socket.getOutputStream().write(read);
                }
            } catch (IOException _) {
                // a check that says nothing, or the end
            }
        }
    }

    private void until(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("expected proxies that carry; found none in time");
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
