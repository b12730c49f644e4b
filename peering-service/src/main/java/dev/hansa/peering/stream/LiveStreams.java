package dev.hansa.peering.stream;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.StreamStatus;
import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Which peers are talked to, and how it goes. At most one stream for each peering, whoever
/// dialled.
public final class LiveStreams {
    private final Map<PeerName, StreamTracker> trackers = new ConcurrentHashMap<>();
    private final Latest<Long> changes = new Latest<>(0L);

    /// Counts the changes that a reader may wait for: connected, lost, lists of services. Times of
    /// single messages do not count.
    public Latest<Long> changes() {
        return changes;
    }

    public StreamStatus status(PeerName peer) {
        var tracker = trackers.get(peer);
        return tracker == null ? StreamStatus.NONE : tracker.status();
    }

    /// Our roots that a peer has acknowledged on its present stream; empty when it has none.
    public List<String> trustedBy(PeerName peer) {
        var tracker = trackers.get(peer);
        return tracker == null ? List.of() : tracker.trusted();
    }

    StreamTracker tracker(PeerName peer) {
        return trackers.computeIfAbsent(peer, _ -> new StreamTracker(this::countChange));
    }

    /// Takes the one place of a peering; empty when a stream has it.
    Optional<StreamTracker> claim(PeerName peer) {
        var tracker = tracker(peer);
        return tracker.claim() ? Optional.of(tracker) : Optional.empty();
    }

    /// Tells a peer, if it is connected, that the peering is over, and waits until it has been
    /// told. The stream's own limit for goodbyes bounds the wait.
    ///
    /// @throws InterruptedException when told to stop
    public void terminate(PeerName peer) throws InterruptedException {
        var tracker = trackers.get(peer);
        if (tracker != null) {
            tracker.terminate();
        }
    }

    /// Waits until a stream that is ending has ended.
    ///
    /// @throws InterruptedException when told to stop
    public void awaitEnd(PeerName peer) throws InterruptedException {
        var tracker = trackers.get(peer);
        if (tracker != null) {
            tracker.awaitFree();
        }
    }

    /// Forgets a deleted peering, so that a new one of the same name begins clean.
    public void forget(PeerName peer) {
        if (trackers.remove(peer) != null) {
            countChange();
        }
    }

    /// Ends every stream without ending the peerings.
    public void close() {
        trackers.values().forEach(StreamTracker::interrupt);
    }

    private void countChange() {
        changes.update(count -> count + 1);
    }
}
