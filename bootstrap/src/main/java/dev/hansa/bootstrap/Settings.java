package dev.hansa.bootstrap;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The text of a process's configuration, read once. A flag beats an environment variable
/// (`HANSA_GATEWAY_PORT` for `gateway.port`), which beats the file (`key = value` lines). Each
/// reader names a key; [#finish] then reports every problem together: values that do not parse,
/// required keys that are missing, keys that nobody read.
///
/// Keys are lower-case, words joined by dashes, levels by dots.
public final class Settings {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

    /// A larger file is not a configuration; reading it would only hide the mistake.
    private static final long MAX_FILE_BYTES = 1 << 20;

    private final Map<String, Found> values = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();
    private final List<String> problems = new ArrayList<>();

    /// A key as help shows it: `--<name with dashes> <value> <text>`.
    public record Key(String name, String value, String text) {
        /// The flag without its dashes in front.
        public String flag() {
            return Settings.flag(name);
        }
    }

    private record Found(String text, String source) {}

    private Settings() {}

    /// Collects the three sources; `environment` is the whole environment of the process, of which
    /// only `HANSA_` names that belong to a known key count, because other programs of ours share
    /// the prefix.
    public static Settings of(
            Map<String, String> flags, Map<String, String> environment, Optional<Path> file) {
        var settings = new Settings();
        file.ifPresent(settings::readFile);
        settings.environment = Map.copyOf(environment);
        flags.forEach((key, text) -> settings.values.put(key, new Found(text, "flag")));
        return settings;
    }

    private Map<String, String> environment = Map.of();

    private void readFile(Path file) {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                problems.add(
                        file
                                + ": expected a configuration file of at most 1 MiB; found "
                                + Files.size(file)
                                + " bytes");
                return;
            }
            load(new StringReader(Files.readString(file, StandardCharsets.UTF_8)), file.toString());
        } catch (IOException e) {
            problems.add(
                    file
                            + ": expected a readable configuration file; found '"
                            + e.getClass().getSimpleName()
                            + ": "
                            + e.getMessage()
                            + "'");
        }
    }

    private void load(Reader text, String source) throws IOException {
        var properties =
                new Properties() {
                    @Override
                    public synchronized @Nullable Object put(Object key, Object text) {
                        var previous = values.put((String) key, new Found((String) text, source));
                        if (previous != null) {
                            problems.add(key + ": expected one line in " + source + "; found two");
                        }
                        return null;
                    }
                };
        try {
            properties.load(text);
        } catch (IllegalArgumentException e) {
            problems.add(
                    source
                            + ": expected 'key = value' lines; found a malformed escape: "
                            + e.getMessage());
        }
    }

    private Optional<Found> find(String key) {
        known.add(key);
        var found = values.get(key);
        if (found != null && "flag".equals(found.source())) {
            return Optional.of(found);
        }
        var variable = variable(key);
        var fromEnvironment = environment.get(variable);
        if (fromEnvironment != null) {
            return Optional.of(new Found(fromEnvironment, variable));
        }
        return Optional.ofNullable(found);
    }

    /// `gateway.wan-address` is set by `HANSA_GATEWAY_WAN_ADDRESS`.
    public static String variable(String key) {
        return "HANSA_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /// A value of any type; `expected` completes the sentence "expected …". `parse` throws
    /// IllegalArgumentException on what it does not take.
    public <T> T value(String key, String expected, T fallback, Function<String, T> parse) {
        return find(key).map(found -> parsed(key, expected, found, parse)).orElse(fallback);
    }

    /// A value without which the process cannot start. Where it is missing the problem is noted and
    /// what is returned must not be used before [#finish].
    @SuppressWarnings("NullAway") // nothing is used before finish() has thrown
    public <T> T required(String key, String expected, Function<String, T> parse) {
        var found = find(key);
        if (found.isEmpty()) {
            problems.add(
                    key
                            + ": expected "
                            + expected
                            + "; found nothing (set it by flag --"
                            + flag(key)
                            + ", by "
                            + variable(key)
                            + " or in the file)");
            return null;
        }
        return parsed(key, expected, found.get(), parse);
    }

    /// A value that may be absent.
    public <T> Optional<T> optional(String key, String expected, Function<String, T> parse) {
        return find(key).map(found -> parsed(key, expected, found, parse));
    }

    @SuppressWarnings("NullAway") // nothing is used before finish() has thrown
    private <T> T parsed(String key, String expected, Found found, Function<String, T> parse) {
        try {
            return parse.apply(found.text().strip());
        } catch (IllegalArgumentException e) {
            problems.add(
                    key
                            + ": expected "
                            + expected
                            + "; found '"
                            + found.text()
                            + "' in "
                            + found.source());
            return null;
        }
    }

    public String text(String key, String fallback) {
        return value(key, "text", fallback, Function.identity());
    }

    public String requiredText(String key, String expected) {
        return required(
                key,
                expected,
                text -> {
                    if (text.isEmpty()) {
                        throw new IllegalArgumentException(key);
                    }
                    return text;
                });
    }

    public boolean flag(String key, boolean fallback) {
        return value(
                key,
                "true or false",
                fallback,
                text ->
                        switch (text) {
                            case "true", "" -> true;
                            case "false" -> false;
                            default -> throw new IllegalArgumentException(text);
                        });
    }

    public int number(String key, int fallback, int min, int max) {
        return value(
                key,
                "a number from " + min + " to " + max,
                fallback,
                text -> {
                    var number = Integer.parseInt(text);
                    if (number < min || number > max) {
                        throw new IllegalArgumentException(text);
                    }
                    return number;
                });
    }

    public int port(String key, int fallback) {
        return value(key, "a port number from 0 to 65535", fallback, Settings::parsePort);
    }

    public Duration duration(String key, Duration fallback) {
        return value(
                key, "a duration such as 250ms, 10s or 72h", fallback, Settings::parseDuration);
    }

    public Path path(String key, Path fallback) {
        return value(key, "a path", fallback, Settings::parsePath);
    }

    public Optional<Path> optionalPath(String key) {
        return optional(key, "a path", Settings::parsePath);
    }

    public InetSocketAddress address(String key, InetSocketAddress fallback) {
        return value(
                key,
                "an address such as 127.0.0.1:8500 or [::1]:8500",
                fallback,
                Settings::parseAddress);
    }

    /// Comma-separated `host:port` pairs.
    public List<InetSocketAddress> addresses(String key, List<InetSocketAddress> fallback) {
        return value(
                key,
                "addresses such as 127.0.0.1:8500, separated by commas",
                fallback,
                text ->
                        Arrays.stream(text.split(","))
                                .map(String::strip)
                                .filter(part -> !part.isEmpty())
                                .map(Settings::parseAddress)
                                .toList());
    }

    /// Notes a problem that only a combination of values shows.
    public void problem(String key, String sentence) {
        problems.add(key + ": " + sentence);
    }

    /// @throws InvalidConfigException when anything was wrong, with all of it
    public void finish() throws InvalidConfigException {
        values.keySet().stream()
                .filter(key -> !known.contains(key))
                .forEach(key ->
                        problems.add(
                                key
                                        + ": no such setting"
                                        + nearest(key)
                                                .map(near -> "; did you mean '" + near + "'?")
                                                .orElse("")));
        if (!problems.isEmpty()) {
            throw new InvalidConfigException(problems);
        }
    }

    private Optional<String> nearest(String key) {
        return Nearest.to(key, known);
    }

    private static String flag(String key) {
        return key.replace('.', '-');
    }

    private static int parsePort(String text) {
        var port = Integer.parseInt(text);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException(text);
        }
        return port;
    }

    private static Path parsePath(String text) {
        try {
            if (text.isEmpty()) {
                throw new IllegalArgumentException(text);
            }
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    /// `key=value` separated by commas, each key once, in the keys' order.
    ///
    /// @throws IllegalArgumentException for anything else, or for more than `most`
    public static Map<String, String> parsePairs(String text, int most) {
        var pairs = new TreeMap<String, String>();
        for (var part : text.split(",")) {
            var equals = part.indexOf('=');
            if (equals < 1
                    || pairs.put(
                                    part.substring(0, equals).strip(),
                                    part.substring(equals + 1).strip())
                            != null) {
                throw new IllegalArgumentException(text);
            }
        }
        if (pairs.size() > most) {
            throw new IllegalArgumentException(text);
        }
        return Collections.unmodifiableMap(pairs);
    }

    /// A whole number and a unit: ms, s, m, h or d.
    public static Duration parseDuration(String text) {
        var matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(text);
        }
        var amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            case "d" -> Duration.ofDays(amount);
            case String unit -> throw new IllegalArgumentException(unit);
        };
    }

    /// `host:port`, an IPv6 host in brackets. The host is not resolved.
    public static InetSocketAddress parseAddress(String text) {
        var colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw new IllegalArgumentException(text);
        }
        var host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.contains(":")) {
            throw new IllegalArgumentException(text);
        }
        if (host.isBlank()) {
            throw new IllegalArgumentException(text);
        }
        return InetSocketAddress.createUnresolved(host, parsePort(text.substring(colon + 1)));
    }

    /// The known word nearest to a mistyped one.
    public static final class Nearest {
        private Nearest() {}

        /// The candidate at the smallest edit distance, when it is near enough to be what was
        /// meant.
        public static Optional<String> to(String word, Iterable<String> candidates) {
            var all = new ArrayList<String>();
            candidates.forEach(all::add);
            return all.stream()
                    .filter(candidate ->
                            distance(word, candidate) <= Math.max(2, word.length() / 3))
                    .min(
                            Comparator.comparingInt((String candidate) -> distance(word, candidate))
                                    .thenComparing(Comparator.naturalOrder()));
        }

        private static int distance(String a, String b) {
            var row = new int[b.length() + 1];
            for (var j = 0; j <= b.length(); j++) {
                row[j] = j;
            }
            for (var i = 1; i <= a.length(); i++) {
                var diagonal = row[0];
                row[0] = i;
                for (var j = 1; j <= b.length(); j++) {
                    var above = row[j];
                    var cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                    row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + cost);
                    diagonal = above;
                }
            }
            return row[b.length()];
        }
    }
}
