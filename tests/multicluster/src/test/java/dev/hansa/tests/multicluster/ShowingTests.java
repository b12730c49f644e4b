package dev.hansa.tests.multicluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// The tests that show an endpoint. Each says so itself, in a comment before it: a line `// shows:
/// GET /v1/peerings` for each endpoint, in Go as in Java, before a test or before a class of tests.
/// The Go tests hold their lines to what they ask.
final class ShowingTests {
    private static final List<Path> FOLDERS =
            List.of(
                    Checkout.ROOT.resolve("tests/go-client"),
                    Checkout.ROOT.resolve("peering-service/src/test/java"),
                    Checkout.ROOT.resolve("tests/multicluster/src/test/java"));

    /// The lines, what stands between them and the test, and its declaration.
    private static final Pattern SHOWN =
            Pattern.compile(
                    "(?m)((?:^ *// shows: [A-Z]+ /\\S+\\n)+)((?:^.*\\n)*?)"
                            + "^(?:func (Test\\w+)\\(t \\*testing\\.T\\)|    void (\\w+)\\(|(?:final )?class (\\w+) )");

    private static final Pattern LINE = Pattern.compile("// shows: (\\S+ \\S+)");
    private static final Pattern IS_TEST = Pattern.compile("@(?:Parameterized|Repeated)?Test\\b");

    private ShowingTests() {}

    /// By endpoint, such as `GET /v1/peerings`; tests of Consul's own client have no class.
    static Map<String, SequencedSet<String>> read() throws IOException {
        var all = new TreeMap<String, SequencedSet<String>>();
        for (var folder : FOLDERS) {
            try (var files = Files.walk(folder)) {
                files.filter(ShowingTests::isSource).sorted().forEach(file -> add(all, file));
            }
        }
        return all;
    }

    private static boolean isSource(Path file) {
        var name = file.getFileName().toString();
        return name.endsWith("_test.go") || name.endsWith(".java");
    }

    private static void add(Map<String, SequencedSet<String>> all, Path file) {
        var text = read(file);
        var lines = 0L;
        for (var found : SHOWN.matcher(text).results().toList()) {
            var test = test(file, text, found);
            var shown = LINE.matcher(found.group(1)).results().map(line -> line.group(1)).toList();
            lines += shown.size();
            shown.forEach(route -> all.computeIfAbsent(route, _ -> new TreeSet<>()).add(test));
        }
        var written = text.lines().filter(line -> line.strip().startsWith("// shows:")).count();
        if (written != lines) {
            throw new IllegalStateException(
                    file
                            + ": expected a test below each of "
                            + written
                            + " lines 'shows'; found "
                            + lines);
        }
    }

    private static String test(Path file, String text, MatchResult found) {
        if (found.group(3) != null) {
            return found.group(3);
        }
        var ofClass = found.group(5) != null;
        if (!IS_TEST.matcher(ofClass ? text : found.group(2)).find()) {
            throw new IllegalStateException(
                    file + ": expected a test below '" + found.group(1).strip() + "'; found none");
        }
        var name = file.getFileName().toString().replace(".java", "");
        return ofClass ? name : name + "." + found.group(4);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read '" + file + "'", e);
        }
    }
}
