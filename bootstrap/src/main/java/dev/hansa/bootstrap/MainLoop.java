package dev.hansa.bootstrap;

import java.io.PrintStream;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/// What every process of ours does with its life: start, wait to be told to stop (SIGTERM, SIGINT,
/// SIGHUP), close, and say in one sentence why it could not start.
public final class MainLoop {
    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;

    private MainLoop() {}

    /// Runs `start` and returns when the process has been told to stop and what was started is
    /// closed.
    ///
    /// @return the exit status: 0, or 1 when the start failed, or 2 when the configuration is wrong
    public static int run(
            String name, Callable<? extends AutoCloseable> start, PrintStream errors) {
        var stop = new CountDownLatch(1);
        var stopped = new CountDownLatch(1);
        var starter = Thread.currentThread();
        var hook =
                new Thread(() -> {
                    stop.countDown();
                    starter.interrupt();
                    try {
                        stopped.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            try (var _ = start.call()) {
                stop.await();
            } catch (InterruptedException e) {
                // told to stop while starting or waiting: either way there is nothing more to do
                if (stop.getCount() > 0) {
                    Thread.currentThread().interrupt();
                }
            }
            return OK;
        } catch (InvalidConfigException e) {
            errors.println(e.getMessage());
            return USAGE;
        } catch (Exception e) {
            errors.println("hansa " + name + ": " + sentence(e));
            return FAILED;
        } finally {
            stopped.countDown();
        }
    }

    /// The exception's own words, or its cause's when it has none.
    private static String sentence(Throwable failure) {
        var message = failure.getMessage();
        if (message != null && !message.isBlank()) {
            return message;
        }
        var cause = failure.getCause();
        return cause == null ? failure.getClass().getSimpleName() : sentence(cause);
    }
}
