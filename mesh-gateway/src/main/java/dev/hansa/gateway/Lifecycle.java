package dev.hansa.gateway;

import dev.hansa.bootstrap.SealKey;
import dev.hansa.bootstrap.Settings;
import dev.hansa.gateway.wire.HandOver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// How a process comes and goes.
///
/// @param sealKey where the key is that keys on its disk are sealed with
/// @param hotRestart whether it takes the sockets over from the process before, and passes them on
///   to the next
/// @param drainGrace how long it still accepts when it has been told to stop
/// @param drainTimeout how long connections may last after that
public record Lifecycle(
        Optional<Path> dataDir,
        SealKey sealKey,
        boolean hotRestart,
        Duration drainGrace,
        Duration drainTimeout) {
    /// Kubernetes kills 30 s after it has asked: the grace, this, and 4 s to spare.
    static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(25);

    /// The catalog's news reach the proxies of a datacenter within some tenths of a second; until
    /// then they come here.
    static final Duration DRAIN_GRACE = Duration.ofSeconds(1);

    static final Settings.Key GRACE_KEY =
            new Settings.Key(
                    "drain-grace",
                    "DURATION",
                    "how long new connections are still taken after a stop, while others hear of it (default: 1s)");

    static final Settings.Key TIMEOUT_KEY =
            new Settings.Key(
                    "drain-timeout",
                    "DURATION",
                    "how long open connections may last after that (default: 25s)");

    static final Settings.Key HOT_RESTART_KEY =
            new Settings.Key(
                    "hot-restart",
                    "true|false",
                    "take the listening sockets over from the process with the same data-dir, and pass them on (default: false)");

    static Lifecycle read(Settings settings, Optional<Path> dataDir) {
        var hotRestart = settings.flag("hot-restart", false);
        if (hotRestart && dataDir.isEmpty()) {
            settings.problem(
                    "hot-restart", "expected a data-dir, where the next process asks; found none");
        }
        if (hotRestart && !HandOver.isAvailable()) {
            settings.problem(
                    "hot-restart", "expected Linux on a 64-bit processor; found another platform");
        }
        var sealKey = SealKey.read(settings);
        if (!sealKey.isInDataDir() && dataDir.isEmpty()) {
            settings.problem(
                    "seal.key", "expected a data-dir, where something is sealed; found none");
        }
        return new Lifecycle(
                dataDir,
                sealKey,
                hotRestart,
                settings.duration("drain-grace", DRAIN_GRACE),
                settings.duration("drain-timeout", DRAIN_TIMEOUT));
    }
}
