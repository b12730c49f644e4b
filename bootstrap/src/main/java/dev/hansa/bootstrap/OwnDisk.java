package dev.hansa.bootstrap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// What every file of a data directory needs of its disk.
public final class OwnDisk {
    private static final String OWNER = "rw-------";
    private static final String FOLDER = "rwx------";
    private static final String NEW = ".new";

    /// A file of some KiB; on a disk that needs longer another process may still be writing.
    private static final Duration NOBODY_WRITES_SO_LONG = Duration.ofMinutes(10);

    private OwnDisk() {}

    /// Where the file system knows permissions.
    ///
    /// @param permissions as `ls` shows them, e.g. `rwx------`
    /// @throws IOException when they cannot be set
    public static void ownerOnly(Path path, String permissions) throws IOException {
        if (!knowsPermissions(path)) {
            return;
        }
        var wanted = PosixFilePermissions.fromString(permissions);
        // a disk that is read-only by now takes no word for it, and need not
        if (!Files.getPosixFilePermissions(path).equals(wanted)) {
            Files.setPosixFilePermissions(path, wanted);
        }
    }

    /// A folder is made its owner's alone, unless it is another's who has given it to us: then it
    /// stays as it is. Kubernetes makes the root of a volume its group's (`fsGroup`), leaves it
    /// root's, and leaves others what they had, which in a new file system is to look into it: what
    /// is put there has to be its owner's alone from the beginning.
    ///
    /// @return what was found of another's, where others may write and so put theirs in the place
    ///   of ours: its permissions and whose it is
    /// @throws IOException when it cannot be looked at
    public static Optional<String> ownFolder(Path folder) throws IOException {
        try {
            ownerOnly(folder, FOLDER);
            return Optional.empty();
        } catch (FileSystemException _) {
            var found = Files.getPosixFilePermissions(folder);
            return found.contains(PosixFilePermission.OTHERS_WRITE)
                    ? Optional.of(
                            PosixFilePermissions.toString(found)
                                    + " of '"
                                    + Files.getOwner(folder).getName()
                                    + "'")
                    : Optional.empty();
        }
    }

    /// A file that is its owner's alone before anything is in it; one that is there becomes so.
    ///
    /// @return the file
    /// @throws IOException when it cannot be
    public static Path ownFile(Path file) throws IOException {
        try {
            Files.createFile(file, attributes(file));
        } catch (FileAlreadyExistsException _) {
            ownerOnly(file, OWNER);
        }
        return file;
    }

    private static boolean knowsPermissions(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    /// The names in a directory are on the disk when this returns.
    ///
    /// @throws IOException when the disk fails
    public static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Whole or not at all, its owner's alone before anything is in it, and on the disk when this
    /// returns. While a process takes over from another both may write, so each has a name of its
    /// own to write to.
    ///
    /// @throws IOException when the disk does not take it
    public static void write(Path file, byte[] content) throws IOException {
        removeLeft(file);
        var fresh = file.resolveSibling(prefix(file) + ProcessHandle.current().pid() + NEW);
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, attributes(fresh));
        try (var channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            var bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(
                fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(file.resolveSibling("."));
    }

    private static String prefix(Path file) {
        return file.getFileName() + ".";
    }

    /// What processes have left that were killed while they wrote: keys may be in it.
    private static void removeLeft(Path file) throws IOException {
        var prefix = prefix(file);
        try (var all =
                Files.newDirectoryStream(
                        file.resolveSibling("."), entry -> isLeft(entry, prefix))) {
            for (var left : all) {
                Files.deleteIfExists(left);
            }
        }
    }

    private static boolean isLeft(Path file, String prefix) {
        var name = file.getFileName().toString();
        try {
            return name.startsWith(prefix)
                    && name.endsWith(NEW)
                    && Files.getLastModifiedTime(file)
                            .toInstant()
                            .isBefore(Instant.now().minus(NOBODY_WRITES_SO_LONG));
        } catch (IOException _) {
            return false; // it has just got its name
        }
    }

    private static FileAttribute<?>[] attributes(Path path) {
        return knowsPermissions(path)
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER))
                }
                : new FileAttribute<?>[0];
    }
}
