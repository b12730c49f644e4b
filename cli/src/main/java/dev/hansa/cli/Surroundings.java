package dev.hansa.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What a command finds around it: standard streams, what they lead to, and environment.
record Surroundings(
        InputStream in,
        PrintWriter out,
        PrintWriter err,
        Map<String, String> environment,
        Terminal terminal) {
    /// No token, entry or definition comes near; a wrong path such as a disk image ends here.
    private static final int MAX_FILE_BYTES = 1 << 20;

    Surroundings {
        environment = Map.copyOf(environment);
    }

    /// Of a program: nobody looks.
    Surroundings(
            InputStream in, PrintWriter out, PrintWriter err, Map<String, String> environment) {
        this(in, out, err, environment, Terminal.NONE);
    }

    static Surroundings ofProcess() {
        return new Surroundings(
                System.in,
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                System.getenv(),
                Terminal.ofProcess(System.getenv()));
    }

    /// The same, but that no variable names a token.
    Surroundings withoutTokens() {
        var others = new HashMap<>(environment);
        others.keySet()
                .removeAll(
                        List.of(
                                "HANSA_TOKEN",
                                "HANSA_TOKEN_FILE",
                                "CONSUL_HTTP_TOKEN",
                                "CONSUL_HTTP_TOKEN_FILE"));
        return new Surroundings(in, out, err, others, terminal);
    }

    /// The text of a file, or of standard input for `-`.
    String text(String subject, String file) throws CommandFailedException {
        try (var read = "-".equals(file) ? in : open(file)) {
            var bytes = read.readNBytes(MAX_FILE_BYTES + 1);
            if (bytes.length > MAX_FILE_BYTES) {
                throw new CommandFailedException(
                        subject + ": expected at most 1 MiB; found more in '" + file + "'");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (NoSuchFileException e) {
            throw new CommandFailedException(
                    subject + ": expected a file; found none at '" + file + "'", e);
        } catch (CharacterCodingException e) {
            throw new CommandFailedException(
                    subject + ": expected UTF-8 text; found other bytes in '" + file + "'", e);
        } catch (IOException e) {
            throw new CommandFailedException(
                    subject
                            + ": expected a readable file; found '"
                            + e.getClass().getSimpleName()
                            + ": "
                            + e.getMessage()
                            + "'",
                    e);
        }
    }

    private static InputStream open(String file) throws IOException {
        var path = Path.of(file);
        if (Files.isDirectory(path)) {
            throw new IOException(file + " is a directory");
        }
        return Files.newInputStream(path);
    }
}
