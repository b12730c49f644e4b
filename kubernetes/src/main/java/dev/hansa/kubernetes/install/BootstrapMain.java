package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.Operator;
import java.time.Clock;

/// `hansa kubernetes bootstrap`.
public final class BootstrapMain {
    private BootstrapMain() {}

    /// Runs once.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return Once.run(
                "kubernetes bootstrap",
                says -> {
                    var config = BootstrapConfig.read(settings);
                    try (var client = Operator.client()) {
                        new Bootstrap(config, client, Clock.systemUTC(), says).run();
                    }
                });
    }
}
