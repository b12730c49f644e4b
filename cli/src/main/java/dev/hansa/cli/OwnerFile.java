package dev.hansa.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

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

    /// A plain file, or none: a device or a link would be gone afterwards, a file in its place, and
    /// a link that a stranger has laid would choose the file.
    ///
    /// @param subject what will be in it, for sentences
    static OwnerFile at(String subject, Path file) throws CommandFailedException {
        var target = file.toAbsolutePath();
        var folder = target.getParent();
        if (folder == null || Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            throw other(subject, "the folder", file);
        }
        if (Files.isSymbolicLink(target)) {
            throw other(subject, "the symbolic link", file);
        }
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
            throw other(subject, "the device", file);
        }
        if (!Files.isDirectory(folder)) {
            throw new CommandFailedException(
                    subject
                            + ": expected the folder '"
                            + PlainText.of(folder.toString())
                            + "' to write a file into; found none");
        }
        try {
            var fresh = Files.createTempFile(folder, ".hansa", ".new");
            // also where the command is interrupted
            fresh.toFile().deleteOnExit();
            return new OwnerFile(subject, target, fresh);
        } catch (IOException e) {
            throw unwritten(subject, target, e);
        }
    }

    void write(String text) throws CommandFailedException {
        try {
            Files.writeString(fresh, text + "\n", StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw unwritten(subject, target, e);
        }
        finish();
    }

    /// To write its content piece by piece; [#finish] when all is in it.
    OutputStream open() throws CommandFailedException {
        try {
            return Files.newOutputStream(fresh);
        } catch (IOException e) {
            throw unwritten(subject, target, e);
        }
    }

    /// What was written gets its name.
    void finish() throws CommandFailedException {
        try {
            try (var channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw unwritten(subject, target, e);
        }
    }

    private static CommandFailedException other(String subject, String found, Path file) {
        return new CommandFailedException(
                subject
                        + ": expected a file to write, there or not; found "
                        + found
                        + " '"
                        + PlainText.of(file.toString())
                        + "'");
    }

    static CommandFailedException unwritten(String subject, Path target, IOException problem) {
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
