package dev.hansa.peering;

import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.peering.store.SerialFilter;
import java.time.Clock;

/// `hansa server`.
public final class PeeringServiceMain {
    private PeeringServiceMain() {}

    /// Runs until told to stop.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        SerialFilter.install();
        return MainLoop.run(
                "server",
                () -> PeeringService.start(PeeringServiceConfig.read(settings), Clock.systemUTC()),
                System.err);
    }
}
