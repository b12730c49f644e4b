package dev.hansa.peering.store;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.OwnDisk;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A snapshot as one file: four lines, then a copy of the state's database. The lines are the name
/// of the format, its version, [SnapshotMetadata] as JSON, and the SHA-256 (hex) of the three lines
/// before. The metadata has the SHA-256 of the database, so that no byte changes unseen. Secrets in
/// the database are sealed with the servers' key, which is not in the file.
public final class SnapshotFile {
    /// What this version writes, and the newest that it reads.
    public static final int FORMAT = 1;

    /// What a store holds at most, and so what a snapshot may be long.
    public static final long MAX_DATABASE = 1L << 30;

    /// Metadata is a few hundred bytes.
    private static final int MAX_LINE = 64 * 1024;

    /// Of the whole file.
    public static final long MAX_BYTES = MAX_DATABASE + 2L * MAX_LINE;

    private static final String MAGIC = "HANSA-SNAPSHOT";

    private static final int BUFFER = 64 * 1024;

    private SnapshotFile() {}

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String hex(byte[] bytes) {
        var digest = digest();
        digest.update(bytes);
        return hex(digest);
    }

    static String hex(Path file) throws IOException {
        var digest = digest();
        try (var input = Files.newInputStream(file)) {
            pass(input, OutputStream.nullOutputStream(), digest, Long.MAX_VALUE);
        }
        return hex(digest);
    }

    /// Writes a new file, on the disk when this returns.
    static void write(Path target, SnapshotMetadata metadata, Path database) throws IOException {
        Files.createFile(target);
        OwnDisk.ownerOnly(target, "rw-------");
        var lines =
                (MAGIC + "\n" + FORMAT + "\n" + RecordJson.write(metadata) + "\n")
                        .getBytes(StandardCharsets.UTF_8);
        try (var channel = FileChannel.open(target, StandardOpenOption.WRITE)) {
            var output = Channels.newOutputStream(channel);
            output.write(lines);
            output.write((hex(lines) + "\n").getBytes(StandardCharsets.UTF_8));
            Files.copy(database, output);
            channel.force(true);
        }
    }

    /// Reads all of a file and checks it; needs no server and no key.
    ///
    /// @throws RefusedSnapshotException when it is not a snapshot, of a newer format, damaged or
    ///   cut off
    /// @throws IOException when it cannot be read
    public static SnapshotMetadata inspect(Path file) throws IOException, RefusedSnapshotException {
        return read(file, OutputStream.nullOutputStream());
    }

    /// The same, and writes its database to a new file.
    static SnapshotMetadata extract(Path file, Path database)
            throws IOException, RefusedSnapshotException {
        Files.createFile(database);
        OwnDisk.ownerOnly(database, "rw-------");
        try (var output = Files.newOutputStream(database)) {
            return read(file, output);
        }
    }

    private static SnapshotMetadata read(Path file, OutputStream database)
            throws IOException, RefusedSnapshotException {
        try (var input = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
            var metadata = header(input);
            var digest = digest();
            var found = pass(input, database, digest, metadata.bytes());
            if (found < metadata.bytes()) {
                throw new RefusedSnapshotException(
                        "snapshot: expected a database of "
                                + metadata.bytes()
                                + " bytes; found it cut off after "
                                + found);
            }
            if (input.read() >= 0) {
                throw new RefusedSnapshotException(
                        "snapshot: expected a database of "
                                + metadata.bytes()
                                + " bytes; found more behind it");
            }
            var sha256 = hex(digest);
            if (!sha256.equals(metadata.sha256())) {
                throw new RefusedSnapshotException(
                        "snapshot: expected a database with SHA-256 "
                                + metadata.sha256()
                                + "; found "
                                + sha256
                                + ": the file is damaged");
            }
            return metadata;
        }
    }

    private static long pass(
            InputStream input, OutputStream output, MessageDigest digest, long most)
            throws IOException {
        var buffer = new byte[BUFFER];
        var passed = 0L;
        while (passed < most) {
            var read = input.read(buffer, 0, (int) Math.min(buffer.length, most - passed));
            if (read < 0) {
                break;
            }
            digest.update(buffer, 0, read);
            output.write(buffer, 0, read);
            passed += read;
        }
        return passed;
    }

    private static SnapshotMetadata header(InputStream input)
            throws IOException, RefusedSnapshotException {
        var magic = input.readNBytes(MAGIC.length() + 1);
        if (!new String(magic, StandardCharsets.UTF_8).equals(MAGIC + "\n")) {
            throw new RefusedSnapshotException(
                    "snapshot: expected a file that begins with '" + MAGIC + "'; found another");
        }
        try {
            var version = line(input);
            if (!version.equals(String.valueOf(FORMAT))) {
                throw new RefusedSnapshotException(
                        "snapshot: expected format "
                                + FORMAT
                                + "; found '"
                                + ForeignText.shown(version)
                                + "', which a newer version may have written");
            }
            var metadata = line(input);
            var expected = line(input);
            var lines =
                    (MAGIC + "\n" + version + "\n" + metadata + "\n")
                            .getBytes(StandardCharsets.UTF_8);
            if (!hex(lines).equals(expected)) {
                throw new RefusedSnapshotException(
                        "snapshot: expected metadata with the SHA-256 beside it; found another:"
                                + " the file is damaged");
            }
            return metadata(metadata);
        } catch (EOFException e) {
            throw new RefusedSnapshotException(
                    "snapshot: expected four lines and a database; found it cut off before");
        }
    }

    private static SnapshotMetadata metadata(String line) throws RefusedSnapshotException {
        SnapshotMetadata metadata;
        try {
            metadata = RecordJson.read(line, SnapshotMetadata.class);
        } catch (IllegalArgumentException e) {
            throw new RefusedSnapshotException("snapshot: " + e.getMessage());
        }
        if (metadata.bytes() > MAX_DATABASE) {
            throw new RefusedSnapshotException(
                    "snapshot: expected a database of at most "
                            + MAX_DATABASE
                            + " bytes; found "
                            + metadata.bytes());
        }
        return metadata;
    }

    /// @throws EOFException when the file ends, or is none of lines
    private static String line(InputStream input) throws IOException {
        var line = new ByteArrayOutputStream();
        for (var next = input.read(); next != '\n'; next = input.read()) {
            if (next < 0 || line.size() == MAX_LINE) {
                throw new EOFException();
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.UTF_8);
    }
}
