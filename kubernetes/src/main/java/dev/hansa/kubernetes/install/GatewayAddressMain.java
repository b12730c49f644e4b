package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.Operator;
import java.util.List;

/// `hansa kubernetes gateway-address`. The commands know its settings without the client of
/// Kubernetes.
public final class GatewayAddressMain {
    public static final List<Settings.Key> KEYS =
            List.of(
                    BootstrapConfig.NAMESPACE,
                    new Settings.Key(
                            "service", "NAME", "whose load balancer's address it is (required)"),
                    new Settings.Key(
                            "port", "PORT", "of the load balancer, for peers (default: 443)"),
                    new Settings.Key(
                            "out",
                            "DIR",
                            "where the file wan-address is written (default: /hansa/connect)"));

    private GatewayAddressMain() {}

    /// Runs until told to stop.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return MainLoop.run(
                "kubernetes gateway-address",
                () ->
                        GatewayAddress.start(
                                settings,
                                Operator.client(),
                                sentence ->
                                        System.err.println(
                                                "hansa kubernetes gateway-address: " + sentence)),
                System.err);
    }
}
