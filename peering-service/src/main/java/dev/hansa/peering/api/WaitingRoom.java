package dev.hansa.peering.api;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;

/// A bounded number of callers who wait for a change, and of each address fewer.
final class WaitingRoom {
    private final ReaderLimits limits;
    private final String whose;
    private final Semaphore free;
    private final ConcurrentMap<ClientNetwork, Integer> clients = new ConcurrentHashMap<>();

    /// @param whose what a refusal adds of those who wait here; empty: nothing
    WaitingRoom(ReaderLimits limits, String whose) {
        this.limits = limits;
        this.whose = whose;
        this.free = new Semaphore(limits.all());
    }

    /// Takes a place, for [#leave] to give back.
    ///
    /// @param client where the caller comes from; empty: another server has held it to that limit
    /// @throws RefusedRequestException 429 when there is none
    void enter(Optional<ClientNetwork> client) throws RefusedRequestException {
        if (!free.tryAcquire()) {
            throw tooMany("callers", limits.all());
        }
        if (client.isPresent()
                && clients.merge(client.get(), 1, Integer::sum) > limits.ofOneClient()) {
            leave(client);
            throw tooMany("callers from one address", limits.ofOneClient());
        }
    }

    void leave(Optional<ClientNetwork> client) {
        client.ifPresent(
                one -> clients.computeIfPresent(one, (_, count) -> count == 1 ? null : count - 1));
        free.release();
    }

    private RefusedRequestException tooMany(String who, int most) {
        return new RefusedRequestException(
                429,
                "blocking query: expected at most "
                        + most
                        + " waiting "
                        + who
                        + whose
                        + "; found as many already waiting");
    }
}
