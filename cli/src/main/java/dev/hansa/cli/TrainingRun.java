package dev.hansa.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// What the build runs once under `-XX:AOTCacheOutput` (JEP 514): a datacenter with a server, a
/// gateway and a sidecar in one process, and commands that ask it. The classes that it loads, later
/// starts take ready made from the cache.
final class TrainingRun {
    /// For all of it, on a machine that builds something else too.
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static final int FIRST_PORT = 15_000;
    private static final int PORTS_END = 32_768;

    /// Several thousand: then the machine has no ports left for what comes after either.
    private static final int PORTS_TRIED = 5_000;

    private static final String HERE = InetAddress.getLoopbackAddress().getHostAddress();

    private final Path folder;
    private final long deadline = System.nanoTime() + LIMIT.toNanos();
    private final List<Integer> ports;

    private TrainingRun(Path folder) throws IOException {
        this.folder = folder;
        this.ports = freePorts(11);
    }

    /// Exit status 1 when a part was left out.
    ///
    /// @param arguments a folder for the run's own files, emptied at its start; `one-cache` behind
    ///   it where commands have no cache of their own, as in the image
    public static void main(String[] arguments) throws IOException {
        var folder = Path.of(arguments[0]);
        var together = arguments.length > 1 && arguments[1].equals("one-cache");
        remove(folder);
        var status = 0;
        try {
            new TrainingRun(Files.createDirectories(folder)).run(together);
        } catch (IOException | InterruptedException | IllegalStateException e) {
            System.err.println("training run: the cache goes without a part: " + e);
            status = 1;
        }
        // what was started is stopped by its hooks, and the cache is written after them
        System.exit(status);
    }

    private void run(boolean together) throws IOException, InterruptedException {
        process(
                "server",
                "--datacenter=training",
                "--data-dir=" + folder.resolve("server"),
                "--http-address=" + at(0),
                "--proxy-address=" + at(1),
                "--peer-address=" + at(2),
                "--admin-address=" + at(3),
                "--dns-address=" + at(10),
                "--intentions-default-allow=true");
        until(() -> hansa("catalog", "services") == 0);
        hansa("peering", "generate-token", "-name", "peer");
        hansa("peering", "list");
        hansa("join-token", "--mesh-gateway", "--out", token("gateway"));
        hansa("join-token", "--service", "echo", "--out", token("sidecar"));
        process(
                "gateway",
                "--node-name=gateway",
                "--join-token-file=" + token("gateway"),
                "--data-dir=" + folder.resolve("gateway"),
                "--listen=" + at(4),
                "--wan-address=" + at(4),
                "--lan-address=" + at(4),
                "--admin-address=" + at(5));
        try (var application =
                new ServerSocket(ports.get(6), 8, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> echo(application));
            var settings =
                    Files.write(
                            folder.resolve("sidecar.properties"),
                            List.of(
                                    "node-name = sidecar",
                                    "admin.address = " + at(9),
                                    "join-token-file = " + token("sidecar"),
                                    "data-dir = " + folder.resolve("sidecar"),
                                    "services = echo",
                                    "service.echo.address = " + at(6),
                                    "service.echo.listen = " + at(7),
                                    "service.echo.check = tcp",
                                    "service.echo.upstreams = echo:" + ports.get(8),
                                    "service.echo.upstream-address = " + HERE));
            process("sidecar", "--config=" + settings);
            until(this::isEchoed);
            if (together) {
                TrainingCommands.main(new String[] {"http://" + at(0)});
            } else {
                commands();
            }
        }
    }

    /// In a process of their own: their cache is made of what that one loads.
    private void commands() throws IOException, InterruptedException {
        var script = Path.of(System.getProperty("hansa.home", ".")).resolve("hansa");
        var child =
                new ProcessBuilder(script.toString(), "training-commands", "http://" + at(0))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                        .start();
        if (!child.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            child.destroyForcibly();
            throw new IllegalStateException(
                    "commands: expected to end within " + LIMIT.toSeconds() + " s of the start");
        }
        if (child.exitValue() != 0) {
            throw new IllegalStateException(
                    "commands: expected status 0; found " + child.exitValue());
        }
    }

    private String at(int port) {
        return HERE + ":" + ports.get(port);
    }

    private String token(String name) {
        return folder.resolve(name + ".token").toString();
    }

    private static void process(String... words) {
        Thread.ofPlatform().daemon().start(() -> Main.run(surroundings(Map.of()), words));
    }

    private int hansa(String... words) {
        return Main.run(surroundings(Map.of("HANSA_HTTP_ADDR", "http://" + at(0))), words);
    }

    /// A connection through the sidecar's upstream to its own service and back.
    private boolean isEchoed() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(HERE, ports.get(8)), 1000);
            socket.setSoTimeout(1000);
            socket.getOutputStream().write('x');
            return socket.getInputStream().read() == 'x';
        } catch (IOException _) {
            return false; // no route or no certificate yet
        }
    }

    private static void echo(ServerSocket application) {
        while (!application.isClosed()) {
            try (var socket = application.accept()) {
                socket.setSoTimeout(1000);
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
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "expected to be through within " + LIMIT.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static Surroundings surroundings(Map<String, String> environment) {
        return new Surroundings(
                InputStream.nullInputStream(),
                new PrintWriter(Writer.nullWriter()),
                new PrintWriter(Writer.nullWriter()),
                environment);
    }

    /// Ports that nobody listened on a moment ago, outside the range (Linux: from 32768, others
    /// from 49152) from which a kernel gives one to whoever asks for any, so that none is given
    /// away before it is taken here.
    ///
    /// @throws IOException when hardly a port is free
    static List<Integer> freePorts(int count) throws IOException {
        var free = new TreeSet<Integer>();
        for (var attempt = 0; free.size() < count; attempt++) {
            var port = ThreadLocalRandom.current().nextInt(FIRST_PORT, PORTS_END);
            try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                free.add(port);
            } catch (BindException e) {
                if (attempt > PORTS_TRIED) {
                    throw new IOException(
                            "ports of loopback: expected " + count + " free ones; found " + free,
                            e);
                }
            }
        }
        return List.copyOf(free);
    }

    private static void remove(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
