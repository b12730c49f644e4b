package dev.hansa.benchmarks.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;

/// What the small programs of this benchmark have in common; each has one thread that works.
public final class Children {
    private static final ByteBuffer SCRATCH = ByteBuffer.allocateDirect(256 << 10);

    private Children() {}

    /// For one read at a time.
    static ByteBuffer scratch() {
        return SCRATCH.clear();
    }

    /// The process ends when its standard input does.
    public static void endWithParent() {
        Thread.ofPlatform()
                .daemon()
                .name("parent-watch")
                .start(() -> {
                    try {
                        while (System.in.read() >= 0) {
                            // nothing is said to it
                        }
                    } catch (IOException _) {
                        // the same end
                    }
                    Runtime.getRuntime().halt(0);
                });
    }

    static void closeQuietly(SelectionKey key) {
        key.cancel();
        try {
            key.channel().close();
        } catch (IOException _) {
            // it is gone either way
        }
    }
}
