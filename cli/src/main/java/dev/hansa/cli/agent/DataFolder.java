package dev.hansa.cli.agent;

import dev.hansa.bootstrap.OwnDisk;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/// The data directory of an agent, which is this one's alone until it is closed. It has the id by
/// which the servers tell this machine from another of the same name.
final class DataFolder implements AutoCloseable {
    private static final String LOCK = "agent.lock";
    private static final String ID = "agent-id";

    private final Path folder;
    private final FileChannel lock;
    private final String id;

    private DataFolder(Path folder, FileChannel lock, String id) {
        this.folder = folder;
        this.lock = lock;
        this.id = id;
    }

    /// @throws IOException naming the directory when another agent has it, or the disk fails
    static DataFolder open(Path folder) throws IOException {
        Files.createDirectories(folder);
        // the kernel gives it back when this process ends, however it does
        var lock =
                FileChannel.open(
                        folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            OwnDisk.ownerOnly(folder.resolve(LOCK), "rw-------");
            if (!isTaken(lock)) {
                throw new IOException(
                        "data-dir: expected a folder that no other agent uses; found '"
                                + folder
                                + "', which a running one has");
            }
            return new DataFolder(folder, lock, id(folder.resolve(ID)));
        } catch (IOException | RuntimeException e) {
            try (lock) {
                throw e;
            }
        }
    }

    private static boolean isTaken(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false;
        }
    }

    private static String id(Path file) throws IOException {
        if (!Files.exists(file)) {
            OwnDisk.write(file, (UUID.randomUUID() + "\n").getBytes(StandardCharsets.US_ASCII));
        }
        var text = Files.readString(file).strip();
        try {
            return UUID.fromString(text).toString();
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    file + ": expected a UUID; found something else: remove it for a new one", e);
        }
    }

    /// A UUID, the same for as long as the directory is there.
    String id() {
        return id;
    }

    /// Of the sidecars, their owner's alone.
    Path sidecars() throws IOException {
        var sidecars = folder.resolve("sidecars");
        Files.createDirectories(sidecars);
        OwnDisk.ownerOnly(sidecars, "rwx------");
        return sidecars;
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
