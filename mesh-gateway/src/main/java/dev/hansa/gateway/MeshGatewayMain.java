package dev.hansa.gateway;

import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import java.time.Clock;

/// `hansa gateway`.
public final class MeshGatewayMain {
    private MeshGatewayMain() {}

    /// Runs until told to stop.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return MainLoop.run(
                "gateway",
                stop -> MeshGateway.start(GatewayConfig.read(settings), Clock.systemUTC(), stop),
                System.err);
    }
}
