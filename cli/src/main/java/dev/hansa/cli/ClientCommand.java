package dev.hansa.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// A command that asks a server over its HTTP API, prints the answer and ends.
@Command(
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%n",
        footerHeading = "%nExample:%n",
        sortOptions = false)
abstract class ClientCommand implements Callable<Integer> {
    /// No token, entry or definition comes near; a wrong path such as a disk image ends here.
    private static final int MAX_FILE_BYTES = 1 << 20;

    private final Surroundings surroundings;

    @Option(
            names = "--http-addr",
            order = 100,
            paramLabel = "URL",
            description =
                    "The server's HTTP API (default: HANSA_HTTP_ADDR, then CONSUL_HTTP_ADDR, then "
                            + ApiClient.DEFAULT_ADDRESS
                            + ").")
    private @Nullable String address;

    @Option(
            names = {"-h", "--help"},
            order = 101,
            usageHelp = true,
            description = "Show this text.")
    private boolean help;

    @Spec private @Nullable CommandSpec spec;

    ClientCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /// Does the work; every failure is one sentence.
    abstract void run(ApiClient api, PrintWriter out)
            throws CommandFailedException, InterruptedException;

    @Override
    public final Integer call() throws CommandFailedException, InterruptedException {
        var api = ApiClient.of(Optional.ofNullable(address), surroundings.environment());
        run(api, surroundings.out());
        surroundings.out().flush();
        return CommandLine.ExitCode.OK;
    }

    /// Something to know beside the output, which may go into a file or another command.
    final void note(String sentence) {
        surroundings.err().println(PlainText.of(sentence));
        surroundings.err().flush();
    }

    /// A mistake in the flags that only their combination shows.
    final ParameterException usage(String sentence) {
        if (spec == null) {
            throw new IllegalStateException("command: expected to be run by picocli: " + sentence);
        }
        return new ParameterException(spec.commandLine(), sentence);
    }

    /// The text of a file, or of standard input for `-`.
    final String text(String subject, String file) throws CommandFailedException {
        try (var in = "-".equals(file) ? surroundings.in() : open(file)) {
            var bytes = in.readNBytes(MAX_FILE_BYTES + 1);
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

    private InputStream open(String file) throws IOException {
        var path = Path.of(file);
        if (Files.isDirectory(path)) {
            throw new IOException(file + " is a directory");
        }
        return Files.newInputStream(path);
    }

    /// The non-empty ones of `values` as an object under `key`; nothing where there are none.
    static void putMap(ObjectNode body, String key, Map<String, String> values) {
        if (!values.isEmpty()) {
            var object = body.putObject(key);
            values.forEach(object::put);
        }
    }

    static String text(JsonNode node, String key) {
        return PlainText.of(node.path(key).asText(""));
    }
}
