package dev.hansa.peering.store;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/// Whether the log has said anything while a request was answered. What it has not said, the server
/// has answered out of what it holds, and that may be what a former leader held: it has to confirm
/// that it leads before it tells anybody that something is done.
public final class Witness {
    private static final ScopedValue<AtomicBoolean> SPOKEN = ScopedValue.newInstance();

    private final AtomicBoolean spoken = new AtomicBoolean();

    /// What this thread is told by the log meanwhile counts; what others are told does not.
    public <T> T watch(Supplier<T> work) {
        return ScopedValue.where(SPOKEN, spoken).call(work::get);
    }

    public boolean hasSpoken() {
        return spoken.get();
    }

    /// A majority of the members has answered this thread: whatever it holds now, it held as the
    /// leader when they did.
    public static void speaks() {
        if (SPOKEN.isBound()) {
            SPOKEN.get().set(true);
        }
    }
}
