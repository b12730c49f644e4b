package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Starts processes on machines, and ends them all.
final class Programs implements AutoCloseable {
    private final Path checkout;
    private final Path folder;
    private final Queue<Child> started = new ConcurrentLinkedQueue<>();

    /// @param checkout whose `./hansa` is measured
    /// @param folder for data, tokens and logs
    Programs(Path checkout, Path folder) {
        this.checkout = checkout;
        this.folder = folder;
    }

    Path checkout() {
        return checkout;
    }

    Path folder() {
        return folder;
    }

    /// `./hansa` with these words.
    Child hansa(String name, Host machine, List<String> arguments) throws IOException {
        var command = new ArrayList<>(machine.inside());
        command.add(checkout.resolve("hansa").toString());
        command.addAll(arguments);
        command.add("--exit-with-parent");
        return start(name, command);
    }

    /// A program of this package.
    Child java(String name, Host machine, Class<?> main, String... arguments) throws IOException {
        var command = new ArrayList<>(machine.inside());
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // small programs that shall be there soon
        command.addAll(
                List.of(
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx128m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName()));
        command.addAll(List.of(arguments));
        return start(name, command);
    }

    /// Any other.
    Child other(String name, Host machine, List<String> words) throws IOException {
        var command = new ArrayList<>(machine.inside());
        command.addAll(words);
        return start(name, command);
    }

    private Child start(String name, List<String> command) throws IOException {
        var child = Child.start(name, folder.resolve(name + ".log"), command);
        started.removeIf(one -> !one.isAlive());
        started.add(child);
        return child;
    }

    /// SIGKILL to all that still run; does not wait.
    @Override
    public void close() {
        started.forEach(Child::close);
    }
}
