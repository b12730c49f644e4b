package dev.hansa.gateway;

import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import java.time.Clock;

/// `hansa sidecar`.
public final class SidecarMain {
    private SidecarMain() {}

    /// Runs until told to stop.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return MainLoop.run(
                "sidecar",
                stop -> Sidecar.start(SidecarConfig.read(settings), Clock.systemUTC(), stop),
                System.err);
    }
}
