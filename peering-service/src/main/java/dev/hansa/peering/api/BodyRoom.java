package dev.hansa.peering.api;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// So many bytes of bodies that are being answered. Safe from any thread.
final class BodyRoom {
    private final long most;

    /// A quarter is left to the others, whatever one of them sends.
    private final long ofOneClient;

    private final Map<ClientNetwork, Long> clients = new HashMap<>();
    private long held;

    /// @param most at least two of the longest, so that one client has room for one
    BodyRoom(long most) {
        this.most = Math.max(most, 2 * BodyDoor.MAX_BODY);
        this.ofOneClient = this.most / 4 * 3;
    }

    /// Room for so many bytes, or empty when there is none, or too much of it is this client's.
    synchronized Optional<Share> take(ClientNetwork client, long bytes) {
        var his = clients.getOrDefault(client, 0L) + bytes;
        if (held + bytes > most || his > ofOneClient) {
            return Optional.empty();
        }
        held += bytes;
        clients.put(client, his);
        return Optional.of(new Share(client, bytes));
    }

    private synchronized void free(ClientNetwork client, long bytes) {
        held -= bytes;
        clients.computeIfPresent(client, (_, his) -> his == bytes ? null : his - bytes);
    }

    synchronized long held() {
        return held;
    }

    /// For people.
    String limits() {
        return most
                + " bytes of bodies that are answered at once, and "
                + ofOneClient
                + " of one address";
    }

    /// One body's.
    final class Share {
        private final ClientNetwork client;
        private final long bytes;
        private final AtomicBoolean isFree = new AtomicBoolean();

        private Share(ClientNetwork client, long bytes) {
            this.client = client;
            this.bytes = bytes;
        }

        /// Gives it back, once.
        void free() {
            if (isFree.compareAndSet(false, true)) {
                BodyRoom.this.free(client, bytes);
            }
        }
    }
}
