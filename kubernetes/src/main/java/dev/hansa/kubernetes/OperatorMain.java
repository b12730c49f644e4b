package dev.hansa.kubernetes;

import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;

/// `hansa kubernetes operator`.
public final class OperatorMain {
    private OperatorMain() {}

    /// Runs until told to stop.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return MainLoop.run(
                "kubernetes operator",
                _ ->
                        Operator.start(
                                OperatorConfig.read(settings, host()),
                                Operator.client(),
                                Clock.systemUTC()),
                System.err);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException _) {
            return "operator-" + ProcessHandle.current().pid();
        }
    }
}
