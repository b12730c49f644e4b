package dev.hansa.kubernetes.inject;

import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.Operator;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.List;

/// `hansa kubernetes injector`.
public final class InjectorMain {
    public static final List<Settings.Key> KEYS = InjectorConfig.KEYS;

    private InjectorMain() {}

    /// Runs until told to stop.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return MainLoop.run(
                "kubernetes injector",
                _ ->
                        Injector.start(
                                InjectorConfig.read(settings, host()),
                                Operator.client(),
                                WebhookMaterial.Lives.DEFAULT,
                                Clock.systemUTC()),
                System.err);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException _) {
            return "injector-" + ProcessHandle.current().pid();
        }
    }
}
