package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.Operator;
import java.util.List;

/// `hansa kubernetes server-init`. The commands know its settings without the client of Kubernetes.
public final class ServerInitMain {
    public static final List<Settings.Key> KEYS =
            LoginSettings.keysWith(
                    BootstrapConfig.NAMESPACE,
                    new Settings.Key(
                            "data-dir", "DIR", "the server's (default: /var/lib/hansa/server)"),
                    new Settings.Key(
                            "name",
                            "NAME",
                            "of this pod; the one that ends in -0 may begin (required)"),
                    new Settings.Key(
                            "founder-map",
                            "NAME",
                            "the ConfigMap that says who has begun (default: hansa-server-founder)"));

    private ServerInitMain() {}

    /// Runs once.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return Once.run(
                "kubernetes server-init",
                says -> {
                    try (var client = Operator.client()) {
                        ServerPlace.prepare(settings, client, says);
                    }
                });
    }
}
