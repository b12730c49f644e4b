package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.ServiceName;
import java.util.concurrent.atomic.AtomicInteger;

/// How many connections are carried to one service. Safe for all event loops.
final class Places {
    private final ServiceName service;
    private final AtomicInteger taken = new AtomicInteger();

    Places(ServiceName service) {
        this.service = service;
    }

    /// @return false: there is none
    boolean take(int most) {
        if (taken.incrementAndGet() <= most) {
            return true;
        }
        taken.decrementAndGet();
        return false;
    }

    void giveBack() {
        taken.decrementAndGet();
    }

    /// What is said to whoever gets none.
    String sentence(int most) {
        return "expected at most " + most + " connections to '" + service + "'";
    }
}
