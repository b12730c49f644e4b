package dev.hansa.gateway.discovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/// What a proxy keeps on its own disk, for nobody else to read.
final class OwnerOnlyFile {
    private OwnerOnlyFile() {}

    /// Replaces a file whole, or not at all; it is its owner's alone before anything is in it.
    /// While a process takes over from another both may write, so each has a name of its own to
    /// write to.
    ///
    /// @throws IOException when the disk does not take it
    static void replace(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        var next =
                file.resolveSibling(
                        file.getFileName() + "." + ProcessHandle.current().pid() + ".new");
        Files.deleteIfExists(next);
        Files.createFile(next, ownerOnly(next));
        Files.write(next, bytes);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static FileAttribute<?>[] ownerOnly(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }
}
