package dev.hansa.kubernetes.inject;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.MainLoop;
import dev.hansa.bootstrap.Settings;
import java.io.IOException;
import java.io.PrintStream;

/// `hansa kubernetes connect-init`.
public final class ConnectInitMain {
    private ConnectInitMain() {}

    /// @return the exit status: 0; 2 for a wrong configuration; 3, 4 or 5 when no Service, several
    ///   or another one select the pod; 1 for all else
    public static int run(Settings settings) {
        return run(settings, System.err);
    }

    /// @param errors gets each line that it says
    public static int run(Settings settings, PrintStream errors) {
        try {
            var config = ConnectInitConfig.read(settings);
            new ConnectInit(config, errors::println).run();
            return MainLoop.OK;
        } catch (InvalidConfigException e) {
            errors.println(e.getMessage());
            return MainLoop.USAGE;
        } catch (ConnectInit.GaveUpException e) {
            errors.println(e.failure().word() + ": " + e.getMessage());
            return e.failure().status();
        } catch (IOException e) {
            errors.println(
                    ConnectInit.Failure.NOT_ADMITTED.word()
                            + ": expected files to be read and written; found '"
                            + e
                            + "'");
            return MainLoop.FAILED;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return MainLoop.FAILED;
        }
    }
}
