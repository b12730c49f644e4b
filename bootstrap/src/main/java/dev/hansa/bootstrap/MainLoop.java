package dev.hansa.bootstrap;

import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/// What every process of ours does with its life: start, wait to be told to stop (SIGTERM, SIGINT,
/// SIGHUP, or by itself), close, and say in one sentence why it could not start.
public final class MainLoop {
    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;

    private MainLoop() {}

    /// What a process begins with.
    @FunctionalInterface
    public interface Start {
        /// @param stop tells the process to stop, as SIGTERM does
        AutoCloseable begin(Runnable stop) throws Exception;
    }

    /// Runs `start` and returns when the process has been told to stop and what was started is
    /// closed.
    ///
    /// @return the exit status: 0, or 1 when the start failed, or 2 when the configuration is wrong
    public static int run(
            String name, Callable<? extends AutoCloseable> start, PrintStream errors) {
        return run(name, _ -> start.call(), errors);
    }

    /// As above, for a process that may tell itself to stop.
    public static int run(String name, Start start, PrintStream errors) {
        var life = new Life(Thread.currentThread());
        var stopped = new CountDownLatch(1);
        var hook =
                new Thread(() -> {
                    life.stop();
                    try {
                        stopped.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        Runtime.getRuntime().addShutdownHook(hook);
        onTerm(life::stop);
        try {
            try (var _ = life.start(start)) {
                life.awaitStop();
            } catch (InterruptedException e) {
                // told to stop while starting: there is nothing more to do
                if (!life.isStopped()) {
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

    /// Only a start is interrupted: what closes takes the time that it has been given.
    private static final class Life {
        private final Thread starter;
        private boolean starting = true;
        private boolean stopped;

        Life(Thread starter) {
            this.starter = starter;
        }

        AutoCloseable start(Start start) throws Exception {
            try {
                return start.begin(this::stop);
            } finally {
                started();
            }
        }

        /// An interrupt that came too late for the start is not meant for what follows.
        private synchronized void started() {
            starting = false;
            if (stopped) {
                Thread.interrupted();
            }
        }

        synchronized void stop() {
            if (!stopped) {
                stopped = true;
                notifyAll();
                if (starting) {
                    starter.interrupt();
                }
            }
        }

        synchronized boolean isStopped() {
            return stopped;
        }

        synchronized void awaitStop() throws InterruptedException {
            while (!stopped) {
                wait();
            }
        }
    }

    /// SIGTERM is how a process is asked to end, so its end is a success: without a handler the JVM
    /// exits with 143, which systemd and Kubernetes report as a failure. By reflection, because the
    /// compiler warns of the class's name; a JVM without it keeps its 143.
    private static void onTerm(Runnable stop) {
        onSignal("TERM", stop);
    }

    /// Has a signal do something else than to end this process; a JVM that cannot keeps its way.
    ///
    /// @param name without `SIG`
    public static void onSignal(String name, Runnable action) {
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler");
            signal.getMethod("handle", signal, handler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance(name),
                            Proxy.newProxyInstance(
                                    MainLoop.class.getClassLoader(),
                                    new Class<?>[] {handler},
                                    (proxy, method, arguments) ->
                                            switch (method.getName()) {
                                                case "handle" -> {
                                                    action.run();
                                                    yield null;
                                                }
                                                case "equals" -> proxy == arguments[0];
                                                case "hashCode" -> System.identityHashCode(proxy);
                                                default -> "at SIG" + name;
                                            }));
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | InstantiationException
                | IllegalAccessException
                | InvocationTargetException _) {
            // the shutdown hook does the same, with another exit status
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
