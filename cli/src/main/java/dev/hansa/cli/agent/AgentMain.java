package dev.hansa.cli.agent;

import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;

/// `hansa agent`.
public final class AgentMain {
    private AgentMain() {}

    /// Runs until told to stop; reads the services' files again at SIGHUP.
    ///
    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    public static int run(Settings settings) {
        return MainLoop.run(
                "agent",
                _ -> {
                    var agent = Agent.start(AgentConfig.read(settings, host()));
                    MainLoop.onSignal("HUP", agent::reload);
                    return agent;
                },
                System.err);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException _) {
            return "";
        }
    }
}
