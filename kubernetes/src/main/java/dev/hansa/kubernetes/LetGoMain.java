package dev.hansa.kubernetes;

import dev.hansa.bootstrap.Settings;
import java.util.List;

/// `hansa kubernetes let-go`. The commands know its settings without the client of Kubernetes.
public final class LetGoMain {
    public static final List<Settings.Key> KEYS =
            List.of(
                    new Settings.Key(
                            "namespaces",
                            "A,B",
                            "that no operator watches any more, at most 32 (required)"));

    private LetGoMain() {}

    /// Runs once, with the rights of the pod or the kubeconfig.
    ///
    /// @return the exit status: 0, 1 when an object is still held, 2 for a wrong configuration
    public static int run(Settings settings) {
        return LetGo.run(settings);
    }
}
