package dev.hansa.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// A file that only its owner may read. It is owner-only before anything is in it, and whole when
/// it appears. Opened before its content is asked for, so that what is said only once is not lost
/// to a folder that cannot be written.
final class OwnerFile implements AutoCloseable {
    private final String subject;
    private final Path target;
    private final Path fresh;

    private OwnerFile(String subject, Path target, Path fresh) {
        this.subject = subject;
        this.target = target;
        this.fresh = fresh;
    }

    /// @param subject what will be in it, for sentences
    static OwnerFile at(String subject, Path file) throws CommandFailedException {
        var target = file.toAbsolutePath();
        var folder = target.getParent();
        if (folder == null || Files.isDirectory(target)) {
            throw new CommandFailedException(
                    subject + ": expected a file to write; found the folder '" + file + "'");
        }
        try {
            return new OwnerFile(subject, target, Files.createTempFile(folder, ".hansa", ".new"));
        } catch (IOException e) {
            throw unwritten(subject, target, e);
        }
    }

    void write(String text) throws CommandFailedException {
        try {
            Files.writeString(fresh, text + "\n", StandardCharsets.UTF_8);
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw unwritten(subject, target, e);
        }
    }

    private static CommandFailedException unwritten(
            String subject, Path target, IOException problem) {
        return new CommandFailedException(
                subject
                        + ": expected to write '"
                        + PlainText.of(target.toString())
                        + "'; found '"
                        + problem.getClass().getSimpleName()
                        + ": "
                        + problem.getMessage()
                        + "'",
                problem);
    }

    @Override
    public void close() throws CommandFailedException {
        try {
            Files.deleteIfExists(fresh);
        } catch (IOException e) {
            throw unwritten(subject, fresh, e);
        }
    }
}
