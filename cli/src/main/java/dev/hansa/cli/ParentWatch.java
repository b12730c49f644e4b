package dev.hansa.cli;

import java.io.IOException;

/// Ends this process when the one that started it has gone, however it went: the parent holds the
/// other end of standard input, and the kernel closes that end with the parent.
public final class ParentWatch {
    /// The hidden flag of every command that can be somebody's child.
    public static final String FLAG = "--exit-with-parent";

    /// A clean end may take this long; a demo that was killed promises that its children are gone
    /// within five seconds.
    private static final long CLEAN_END_MILLIS = 3_500;

    private ParentWatch() {}

    /// Starts to watch; returns at once.
    public static void start() {
        Thread.ofPlatform().daemon().name("parent-watch").start(ParentWatch::watch);
    }

    private static void watch() {
        try {
            while (System.in.read() >= 0) {
                // what a parent writes means nothing; only the end does
            }
        } catch (IOException e) {
            System.err.println(
                    "standard input failed, taken as the parent's end: " + e.getMessage());
        }
        Thread.ofPlatform().daemon().name("parent-watch-limit").start(ParentWatch::halt);
        System.exit(0);
    }

    private static void halt() {
        try {
            Thread.sleep(CLEAN_END_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(1);
    }
}
