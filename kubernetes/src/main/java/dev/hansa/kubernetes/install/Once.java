package dev.hansa.kubernetes.install;

import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.MainLoop;
import java.util.function.Consumer;

/// A process that does one thing and ends. One that is told to stop before it has done it dies of
/// the signal, and so has failed: a Job whose pod is moved to another node must run again.
final class Once {
    private Once() {}

    @FunctionalInterface
    interface Work {
        /// @param says a sentence for whoever reads the pod's log
        void run(Consumer<String> says) throws Exception;
    }

    /// @return the exit status: 0, 1 on failure, 2 for a wrong configuration
    static int run(String name, Work work) {
        Consumer<String> says = sentence -> System.err.println("hansa " + name + ": " + sentence);
        try {
            work.run(says);
            return MainLoop.OK;
        } catch (InvalidConfigException e) {
            System.err.println(e.getMessage());
            return MainLoop.USAGE;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            says.accept("interrupted");
            return MainLoop.FAILED;
        } catch (Exception e) {
            says.accept(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
            return MainLoop.FAILED;
        }
    }
}
