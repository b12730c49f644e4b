package dev.hansa.gateway.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// How a process passes its listening sockets to its successor: over a socket in the data
/// directory, owner-only, to a process of the same user.
///
/// The successor says `take` and gets the sockets; it accepts on them too, and says `serving`; the
/// predecessor says `leaving` and stops accepting. A successor that goes away before that has
/// changed nothing.
public final class HandOver implements AutoCloseable {
    /// What can be in the way is a pause of the collector; a predecessor that hangs longer is not
    /// one to wait for.
    private static final int ANSWER_SECONDS = 5;

    private static final int NOBODY = -1;
    private static final String FILE = "hand-over.sock";
    private static final String TAKE = "take 1";
    private static final String MORE = "more";
    private static final String LAST = "last";
    private static final String SERVING = "serving";
    private static final String LEAVING = "leaving";

    private final int socket;
    private final Path own;
    private final Path path;
    private final Doors doors;
    private final Runnable succeeded;
    private final Thread thread;
    private int successor = NOBODY;
    private boolean closed;

    private HandOver(int socket, Path own, Path path, Doors doors, Runnable succeeded) {
        this.socket = socket;
        this.own = own;
        this.path = path;
        this.doors = doors;
        this.succeeded = succeeded;
        this.thread = Thread.ofPlatform().daemon().name("hand-over").start(this::run);
    }

    /// Are the numbers of [Libc] right here? Asked before it is loaded, which fails elsewhere.
    public static boolean isAvailable() {
        var system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        var processor = System.getProperty("os.arch", "");
        return system.equals("linux") && (processor.equals("amd64") || processor.equals("aarch64"));
    }

    /// Waits for a successor; none finds us before [#announce].
    ///
    /// @param succeeded called once, when another process accepts in our place
    /// @throws IOException naming the file when it cannot be made
    public static HandOver offer(Path dataDir, Doors doors, Runnable succeeded) throws IOException {
        Files.createDirectories(dataDir.toAbsolutePath());
        var path = dataDir.resolve(FILE);
        var own = dataDir.resolve(FILE + "." + ProcessHandle.current().pid());
        Files.deleteIfExists(own);
        var socket = Libc.unixSocket();
        try {
            Libc.listen(socket, own);
        } catch (IOException e) {
            Libc.close(socket);
            throw e;
        }
        return new HandOver(socket, own, path, doors, succeeded);
    }

    /// From now on we are the one to ask, in place of whoever was before.
    public void announce() throws IOException {
        Files.move(own, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void run() {
        while (true) {
            int caller;
            try {
                caller = begin(Libc.accept(socket));
            } catch (IOException _) {
                return; // closed
            }
            try {
                if (caller != NOBODY && Libc.isOurs(caller) && pass(caller)) {
                    succeeded.run();
                    return;
                }
            } catch (IOException _) {
                // the successor has gone; the next one may do better
            } finally {
                end(caller);
            }
        }
    }

    private synchronized int begin(int caller) {
        if (closed) {
            Libc.close(caller);
            return NOBODY;
        }
        successor = caller;
        return caller;
    }

    private synchronized void end(int caller) {
        successor = NOBODY;
        if (caller != NOBODY) {
            Libc.close(caller);
        }
    }

    /// True when the caller serves in our place.
    private boolean pass(int caller) throws IOException {
        if (!said(caller, TAKE)) {
            return false;
        }
        var left = doors.descriptors();
        while (left.size() > Libc.MOST_DESCRIPTORS) {
            Libc.send(caller, MORE, left.subList(0, Libc.MOST_DESCRIPTORS));
            left = left.subList(Libc.MOST_DESCRIPTORS, left.size());
        }
        Libc.send(caller, LAST, left);
        if (!said(caller, SERVING)) {
            return false;
        }
        Libc.send(caller, LEAVING, List.of());
        return true;
    }

    private static boolean said(int caller, String word) throws IOException {
        var message = Libc.receive(caller);
        // nobody of ours sends any here
        message.ifPresent(found -> found.descriptors().forEach(Libc::close));
        return message.filter(found -> found.text().equals(word)).isPresent();
    }

    /// The announced file stays: it may be the successor's by now.
    @Override
    public void close() throws InterruptedException, IOException {
        Files.deleteIfExists(own);
        synchronized (this) {
            closed = true;
            Libc.shutdown(socket);
            if (successor != NOBODY) {
                Libc.shutdown(successor);
            }
        }
        if (Thread.currentThread() != thread) {
            thread.join();
        }
        Libc.close(socket);
    }

    /// The process that holds the sockets now.
    public static final class Predecessor implements AutoCloseable {
        private final int socket;
        private final Path path;

        private Predecessor(int socket, Path path) {
            this.socket = socket;
            this.path = path;
        }

        /// Empty when none is running with this data directory.
        ///
        /// @throws IOException naming the file when it cannot be told
        public static Optional<Predecessor> find(Path dataDir) throws IOException {
            var path = dataDir.resolve(FILE);
            var socket = Libc.unixSocket();
            try {
                Libc.connect(socket, path);
                if (!Libc.isOurs(socket)) {
                    throw new IOException("'" + path + "': expected a process of our own user");
                }
                Libc.receiveTimeout(socket, ANSWER_SECONDS);
                return Optional.of(new Predecessor(socket, path));
            } catch (Libc.CallFailedException e) {
                Libc.close(socket);
                if (e.number() == Libc.NO_SUCH_FILE || e.number() == Libc.REFUSED) {
                    return Optional.empty();
                }
                throw e;
            } catch (IOException e) {
                Libc.close(socket);
                throw e;
            }
        }

        /// Its sockets are `doors`' from now on too. One that has ended meanwhile has none.
        ///
        /// @return how many
        public int passTo(Doors doors) throws IOException {
            var taken = new ArrayList<Doors.Passed>();
            var message = say(TAKE);
            while (message.isPresent()) {
                for (var descriptor : message.get().descriptors()) {
                    Libc.listensOn(descriptor)
                            .ifPresentOrElse(
                                    address -> taken.add(new Doors.Passed(descriptor, address)),
                                    () -> Libc.close(descriptor));
                }
                message =
                        message.get().text().equals(MORE) ? Libc.receive(socket) : Optional.empty();
            }
            doors.takeOver(taken);
            return taken.size();
        }

        /// We begin to accept, and it stops; whatever it has accepted it brings to an end.
        public void succeed(Doors doors) throws IOException {
            doors.closeRest();
            doors.accept();
            var answer = say(SERVING).map(Libc.Message::text).orElse(LEAVING);
            if (!answer.equals(LEAVING)) {
                throw new IOException(
                        "'" + path + "': expected '" + LEAVING + "'; found '" + answer + "'");
            }
        }

        /// What it answers; empty when it has gone.
        private Optional<Libc.Message> say(String word) throws IOException {
            try {
                Libc.send(socket, word, List.of());
                return Libc.receive(socket);
            } catch (Libc.CallFailedException e) {
                if (e.number() == Libc.NO_READER || e.number() == Libc.RESET) {
                    return Optional.empty();
                }
                throw new IOException(
                        "'" + path + "': expected an answer from the process before", e);
            }
        }

        @Override
        public void close() {
            Libc.close(socket);
        }
    }
}
