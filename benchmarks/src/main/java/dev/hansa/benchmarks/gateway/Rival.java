package dev.hansa.benchmarks.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// One of the proxies that are compared, in one configuration.
///
/// @param name `hansa`, `haproxy`, …
/// @param config `default` or `tuned`
/// @param address where it takes connections
/// @param command that runs it in the foreground
public record Rival(String name, String config, InetSocketAddress address, List<String> command) {
    /// A JVM without its cache of classes on a busy machine needs some seconds.
    private static final long START_LIMIT = TimeUnit.SECONDS.toNanos(30);

    /// How exactly a start can be timed.
    private static final long LOOK_NANOS = 500_000;

    public Rival {
        command = List.copyOf(command);
    }

    public String key() {
        return name + "/" + config;
    }

    /// One that takes connections.
    ///
    /// @param millis from the start of its process until the first was taken
    public record Running(Rival rival, Process process, double millis) implements AutoCloseable {
        public double processorSeconds() throws IOException {
            return Costs.processorSeconds(process.toHandle());
        }

        public long residentBytes() throws IOException {
            return Costs.residentBytes(process.toHandle());
        }

        /// Gone when this returns, with its workers.
        @Override
        public void close() {
            var workers = process.descendants().toList();
            process.destroy();
            try {
                if (!process.waitFor(2, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            workers.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /// @param pin words before its command that bind it to its cores; empty: none
    /// @throws IllegalStateException when it takes no connection in time, with the end of its log
    public Running start(Path folder, List<String> pin) throws IOException {
        var log = folder.resolve(name + "-" + config + ".log");
        var words = new ArrayList<>(pin);
        words.addAll(command);
        var builder =
                new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("HANSA_NO_BUILD", "1");
        var began = System.nanoTime();
        var process = builder.start();
        while (true) {
            try (var _ = new Socket(address.getAddress(), address.getPort())) {
                return new Running(this, process, (System.nanoTime() - began) / 1e6);
            } catch (IOException _) {
                if (!process.isAlive() || System.nanoTime() - began > START_LIMIT) {
                    process.destroyForcibly();
                    throw new IllegalStateException(
                            key()
                                    + ": expected to take connections on "
                                    + address
                                    + "; found none taken; its log is\n"
                                    + Files.readString(log));
                }
            }
            java.util.concurrent.locks.LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
