package dev.hansa.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// What the build runs once under `-XX:AOTCacheOutput` (JEP 514): a datacenter's server, a gateway
/// and a sidecar that hang on it, and commands that ask it. The classes that it loads, later starts
/// take ready made from the cache.
final class TrainingRun {
    /// For all of it, on a machine that builds something else too.
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /// Above those of tests, which a build runs beside it.
    private static final int FIRST_PORT = 28_000;

    private static final int PORTS_END = 32_768;

    /// Several thousand: then the machine has no ports left for what comes after either.
    private static final int PORTS_TRIED = 5_000;

    private static final String MESH =
            """
            {"Kind": "mesh", "Name": "mesh", "Peering": {"PeerThroughMeshGateways": true}}
            """;

    private static final String HERE = InetAddress.getLoopbackAddress().getHostAddress();

    private final Path folder;
    private final long deadline = System.nanoTime() + LIMIT.toNanos();
    private final List<Integer> ports;

    private TrainingRun(Path folder) throws IOException {
        this.folder = folder;
        this.ports = freePorts(5);
    }

    /// Exit status 1 when a part was left out.
    ///
    /// @param arguments a folder for the run's own files, emptied at its start; `one-cache` behind
    ///   it where proxies and commands have no caches of their own, as in the image
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
                "--dns-address=" + at(4),
                "--intentions-default-allow=true");
        until(() -> hansa("catalog", "services") == 0);
        hansa("peering", "generate-token", "-name", "peer");
        hansa("peering", "list");
        // what comes to the gateway with the server's name is relayed to it
        hansa("config", "write", Files.writeString(folder.resolve("mesh.json"), MESH).toString());
        hansa("join-token", "--mesh-gateway", "--out", token("gateway"));
        hansa("join-token", "--service", "echo", "--out", token("sidecar"));
        if (together) {
            new TrainingProxies(folder, deadline).run();
            TrainingCommands.main(new String[] {"http://" + at(0)});
        } else {
            var left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            var proxies = child("training-proxies", folder.toString(), String.valueOf(left));
            until(() -> Files.exists(TrainingProxies.carries(folder)) || !proxies.isAlive());
            end(child("training-commands", "http://" + at(0)));
            // they end when they hear nothing more
            end(proxies);
        }
    }

    /// A process of its own: its cache is made of what that one loads.
    private static Process child(String... words) throws IOException {
        var script = Path.of(System.getProperty("hansa.home", ".")).resolve("hansa");
        var command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(words));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private void end(Process child) throws IOException, InterruptedException {
        child.getOutputStream().close();
        if (!child.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            child.destroyForcibly();
            throw new IllegalStateException(
                    "a part of the training: expected to end within "
                            + LIMIT.toSeconds()
                            + " s of the start");
        }
        if (child.exitValue() != 0) {
            throw new IllegalStateException(
                    "a part of the training: expected status 0; found " + child.exitValue());
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
