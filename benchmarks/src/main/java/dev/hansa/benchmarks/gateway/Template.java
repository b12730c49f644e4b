package dev.hansa.benchmarks.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A proxy's configuration with `${name}` where a run has its own addresses.
final class Template {
    private static final Pattern HOLE = Pattern.compile("\\$\\{([a-z.]+)}");

    private Template() {}

    /// @throws IllegalArgumentException naming the file and the hole for which there is no value
    static String fill(Path file, Map<String, String> values) throws IOException {
        return HOLE.matcher(Files.readString(file))
                .replaceAll(hole -> {
                    var value = values.get(hole.group(1));
                    if (value == null) {
                        throw new IllegalArgumentException(
                                "'"
                                        + file
                                        + "': expected one of "
                                        + values.keySet().stream().sorted().toList()
                                        + "; found '"
                                        + hole.group()
                                        + "'");
                    }
                    return Matcher.quoteReplacement(value);
                });
    }
}
