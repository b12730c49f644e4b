package dev.hansa.gateway;

import dev.hansa.exportedservices.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Where peers reach a gateway, as somebody else says in a file for as long as both live: a load
/// balancer may get another address, a machine another lease. What cannot be read changes nothing.
final class AddressFile implements AutoCloseable {
    /// Whoever writes it has needed seconds to know; a look is one read of some bytes.
    static final Duration EVERY = Duration.ofSeconds(2);

    /// The longest host name, a port, and an end of line.
    private static final int MOST_BYTES = 300;

    private final Path file;
    private final Duration every;
    private final Consumer<Endpoint> moved;
    private final Consumer<GatewayEvent> events;
    private final Thread thread;
    private Endpoint now;
    private String said = "";

    private AddressFile(
            Path file,
            Endpoint now,
            Duration every,
            Consumer<Endpoint> moved,
            Consumer<GatewayEvent> events) {
        this.file = file;
        this.now = now;
        this.every = every;
        this.moved = moved;
        this.events = events;
        this.thread = Thread.ofVirtual().name("wan-address").unstarted(this::run);
    }

    /// @param now where peers are told to come as long as the file says nothing
    /// @param moved told of each other address
    static AddressFile follow(
            Path file,
            Endpoint now,
            Duration every,
            Consumer<Endpoint> moved,
            Consumer<GatewayEvent> events) {
        var following = new AddressFile(file, now, every, moved, events);
        following.look();
        following.thread.start();
        return following;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(every);
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            var found = read();
            if (found.isPresent() && !found.get().equals(now)) {
                moved.accept(found.get());
                events.accept(
                        new GatewayEvent.AddressChanged(now.toString(), found.get().toString()));
                // after both: what was not told is told at the next look
                now = found.get();
            }
            said = "";
        } catch (IOException | RuntimeException e) {
            // whatever it is, the file is looked at again
            var sentence = String.valueOf(e.getMessage());
            if (!sentence.equals(said)) {
                said = sentence;
                events.accept(new GatewayEvent.AddressRefused(sentence));
            }
        }
    }

    /// @return empty: nothing is said yet
    private Optional<Endpoint> read() throws IOException {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new IOException(
                        "'" + file + "': expected at most " + MOST_BYTES + " bytes; found more");
            }
            return Optional.of(Files.readString(file).strip())
                    .filter(text -> !text.isEmpty())
                    .map(Endpoint::parse);
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
