package dev.hansa.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What Consul's commands have and these do not, each with its reason: whoever asks for one of them
/// is told. It is read only then, so that a command that is understood does not pay for it.
final class NotTaken {
    private static final String FILE = "not-taken.txt";

    private NotTaken() {}

    /// @param command without `hansa`
    /// @param flag with one dash; empty for the whole command
    record Line(String command, String flag, String why) {}

    static List<Line> all() {
        var all = new ArrayList<Line>();
        text().lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .forEach(line -> {
                    var parts = line.split("\\|", 3);
                    for (var command : parts[0].split(",")) {
                        flags(parts[1])
                                .forEach(flag ->
                                        all.add(new Line(command.strip(), flag, parts[2].strip())));
                    }
                });
        return List.copyOf(all);
    }

    private static Stream<String> flags(String text) {
        return text.isBlank() ? Stream.of("") : Stream.of(text.strip().split(" "));
    }

    private static String text() {
        try (var in = NotTaken.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(
                        "resource '" + FILE + "': expected to be packaged; found none");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Why a flag is not taken; empty where Consul's command has none of this name.
    ///
    /// @param flag with two dashes
    static Optional<String> flag(String command, String flag) {
        return all().stream()
                .filter(line -> line.command().equals(command) && ("-" + line.flag()).equals(flag))
                .map(Line::why)
                .findFirst();
    }

    /// Why a command, or all those under it, are not there; empty where Consul has none of this
    /// name.
    static Optional<String> command(String command) {
        return all().stream()
                .filter(line ->
                        line.flag().isEmpty() && (line.command() + " ").startsWith(command + " "))
                .map(Line::why)
                .findFirst();
    }
}
