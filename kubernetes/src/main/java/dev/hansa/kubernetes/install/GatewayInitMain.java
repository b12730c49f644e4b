package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.Operator;
import java.util.List;

/// `hansa kubernetes gateway-init`. The commands know its settings without the client of
/// Kubernetes.
public final class GatewayInitMain {
    public static final List<Settings.Key> KEYS =
            LoginSettings.keysWith(
                    BootstrapConfig.NAMESPACE,
                    new Settings.Key(
                            "service",
                            "NAME",
                            "whose load balancer's address peers are told (default: none is told of)"),
                    new Settings.Key(
                            "port", "PORT", "of the load balancer, for peers (default: 443)"));

    private GatewayInitMain() {}

    /// Runs once.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return Once.run(
                "kubernetes gateway-init",
                says -> {
                    try (var client = Operator.client()) {
                        GatewayPlace.prepare(settings, client, says);
                    }
                });
    }
}
