package dev.hansa.bootstrap;

import java.util.ArrayDeque;
import java.util.Deque;

/// Closes what was opened, in reverse order, each once; a failure to close one thing does not keep
/// the others open.
public final class Closer implements AutoCloseable {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /// Takes charge of `resource` and returns it.
    public synchronized <T extends AutoCloseable> T add(T resource) {
        opened.push(resource);
        return resource;
    }

    /// Closes everything; the first failure is thrown with the later ones suppressed in it.
    ///
    /// @throws Exception the first failure
    @Override
    public void close() throws Exception {
        Exception first = null;
        for (var next = take(); next != null; next = take()) {
            try {
                next.close();
            } catch (Exception e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private synchronized @org.jspecify.annotations.Nullable AutoCloseable take() {
        return opened.poll();
    }
}
