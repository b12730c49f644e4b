package dev.hansa.peering.config;

import dev.hansa.bootstrap.Settings;
import java.time.Duration;

/// How long what comes to the HTTP API may take. An answer may take as long as it does.
///
/// @param header until a request's headers are there; on a new connection with TLS's handshake
/// @param body from there until the request is there
/// @param idle between an answer and the next request of a connection
public record HttpTimes(Duration header, Duration body, Duration idle) {
    /// Some round trips to the other end of the world, and one packet that was lost.
    private static final Duration LONGEST_HEADER = Duration.ofSeconds(10);

    /// 512 KiB over a line of 150 kbit/s.
    private static final Duration LONGEST_BODY = Duration.ofSeconds(30);

    /// Longer than Go's clients keep a connection that they do not use (90 s), so that none is
    /// closed just when a request is put on it.
    private static final Duration LONGEST_IDLE = Duration.ofMinutes(2);

    /// Below it whoever is far away does not come through.
    private static final Duration LEAST = Duration.ofMillis(100);

    /// Above it the limit limits nothing.
    private static final Duration MOST = Duration.ofMinutes(10);

    static final Settings.Key HEADER =
            new Settings.Key(
                    "http.header-timeout",
                    "DURATION",
                    "until a request's headers are there (default: 10s)");
    static final Settings.Key BODY =
            new Settings.Key(
                    "http.body-timeout",
                    "DURATION",
                    "from a request's headers until its last byte (default: 30s)");
    static final Settings.Key IDLE =
            new Settings.Key(
                    "http.idle-timeout",
                    "DURATION",
                    "between an answer and the next request of a connection (default: 2m)");

    static HttpTimes read(Settings settings) {
        return new HttpTimes(
                read(settings, "http.header-timeout", LONGEST_HEADER),
                read(settings, "http.body-timeout", LONGEST_BODY),
                read(settings, "http.idle-timeout", LONGEST_IDLE));
    }

    private static Duration read(Settings settings, String key, Duration fallback) {
        var found = settings.duration(key, fallback);
        if (found != null && (found.compareTo(LEAST) < 0 || found.compareTo(MOST) > 0)) {
            settings.problem(key, "expected a duration from 100ms to 10m; found " + found);
        }
        return found;
    }
}
