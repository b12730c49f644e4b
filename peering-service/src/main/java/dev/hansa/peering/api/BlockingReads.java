package dev.hansa.peering.api;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.configentry.GoDuration;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// Reads that may wait for a change: the caller names the index that it has seen, and is answered
/// when there is a higher one or the time is over.
///
/// The index of a read is the number of the server's start in the high half (so that it grows
/// across restarts, though catalog and streams begin anew) plus, in the low half, the sum of the
/// versions of all that the read depends on. Each of them only grows, so the sum does. A change of
/// something else in the same part wakes a reader too early; Consul promises no more.
///
/// A server that does not lead has counted the changes of its copy of the catalog otherwise than
/// the leader has, who answers those that wait. So it claims to have seen none: a caller who waits
/// for more is then answered at once, and never sleeps through a change.
final class BlockingReads implements AutoCloseable {
    /// What a read depends on.
    enum Scope {
        CONFIG,
        CATALOG,
        PEERINGS,
        FAILOVERS,
        /// What has happened of late.
        HISTORY,
        /// Any of them but [#HISTORY]: what changes something has its own part.
        ALL
    }

    private static final Duration DEFAULT_WAIT = Duration.ofMinutes(5);
    private static final Duration MAX_WAIT = Duration.ofMinutes(10);

    /// Consul's sixteenth: clients that began together must not come back together.
    private static final int JITTER_DIVISOR = 16;

    /// Of who may see nothing: he is answered the same then, and leaves his place to the next.
    static final Duration STRANGERS_WAIT = Duration.ofMinutes(1);

    /// Of who has seen all that a server has which cannot ask the leader.
    private static final Duration LEADERLESS_WAIT = Duration.ofSeconds(1);

    private final Latest<Revision> revision = new Latest<>(new Revision(0, 0, 0, 0, 0, 0, false));
    private final List<Latest.Subscription> subscriptions;
    private volatile boolean isCopy;
    private volatile Latest.Subscription failovers = () -> {};
    private volatile Latest.Subscription happenings = () -> {};

    private record Revision(
            long starts,
            long store,
            long catalog,
            long streams,
            long failovers,
            long happenings,
            boolean closed) {
        Revision withStore(long starts, long index) {
            return new Revision(starts, index, catalog, streams, failovers, happenings, closed);
        }

        Revision withCatalog(long version) {
            return new Revision(starts, store, version, streams, failovers, happenings, closed);
        }

        Revision withStreams(long count) {
            return new Revision(starts, store, catalog, count, failovers, happenings, closed);
        }

        Revision withFailovers(long count) {
            return new Revision(starts, store, catalog, streams, count, happenings, closed);
        }

        Revision withHappenings(long count) {
            return new Revision(starts, store, catalog, streams, failovers, count, closed);
        }

        Revision close() {
            return new Revision(starts, store, catalog, streams, failovers, happenings, true);
        }

        /// Not above that of the server that leads.
        long indexOfCopy() {
            return (starts << 32) + store;
        }

        long index(Scope scope) {
            var low =
                    switch (scope) {
                        case CONFIG -> store;
                        case CATALOG -> store + catalog;
                        case PEERINGS -> store + streams;
                        case FAILOVERS -> failovers;
                        case HISTORY -> happenings;
                        case ALL -> store + catalog + streams + failovers;
                    };
            return (starts << 32) + low;
        }
    }

    BlockingReads(Store store, LiveCatalog catalog, Latest<Long> streams) {
        subscriptions =
                List.of(
                        store.state()
                                .watch(state ->
                                        revision.update(old ->
                                                old.withStore(state.starts(), state.index()))),
                        catalog.snapshots()
                                .watch(snapshot ->
                                        revision.update(
                                                old -> old.withCatalog(snapshot.version()))),
                        streams.watch(count -> revision.update(old -> old.withStreams(count))));
    }

    /// From now on what is answered is a copy of what another server has.
    void ofCopy() {
        isCopy = true;
    }

    /// Reads of [Scope#FAILOVERS] wait for this to grow, from now on.
    void failovers(Latest<Long> count) {
        failovers.close();
        failovers = count.watch(number -> revision.update(old -> old.withFailovers(number)));
    }

    /// Reads of [Scope#HISTORY] wait for this to grow, from now on.
    void happenings(Latest<Long> count) {
        happenings.close();
        happenings = count.watch(number -> revision.update(old -> old.withHappenings(number)));
    }

    /// What there is to change, each with a number that is another after each change.
    Map<String, Long> parts() {
        var now = revision.get();
        return Map.of(
                "config", (now.starts() << 32) + now.store(),
                "services", (now.starts() << 32) + now.catalog(),
                "peerings", (now.starts() << 32) + now.streams(),
                "failovers", (now.starts() << 32) + now.failovers());
    }

    /// Answers now, or after a change when the request says that it has seen the present.
    ApiAnswer read(ApiRequest request, Scope scope, Supplier<ApiAnswer> answer)
            throws RefusedRequestException, InterruptedException {
        if (request.query().containsKey("stale") && request.query().containsKey("consistent")) {
            throw RefusedRequestException.bad(
                    "Cannot specify ?stale with ?consistent, conflicting semantics.");
        }
        var seen = seen(request);
        var wait = wait(request);
        if (seen > 0) {
            await(scope, seen, wait, request);
        }
        // The index first: what changes in between is answered now and told again, never lost.
        var now = revision.get();
        var index = isCopy ? now.indexOfCopy() : now.index(scope);
        return answer.get().at(index);
    }

    /// Answers when the answer is news, or when the time is over.
    ApiAnswer read(
            ApiRequest request,
            Scope scope,
            Supplier<ApiAnswer> answer,
            Predicate<ApiAnswer> isNews)
            throws RefusedRequestException, InterruptedException {
        var deadline = System.nanoTime() + bounded(request, wait(request)).toNanos();
        while (true) {
            var now = revision.get();
            var found = answer.get();
            var left = Duration.ofNanos(deadline - System.nanoTime());
            if (isNews.test(found)
                    || !left.isPositive()
                    || now.closed()
                    || request.stay().isGone()) {
                return found;
            }
            await(scope, now.index(scope), left, request);
        }
    }

    /// Before one is answered from a copy who has asked the leader for more than an index, in vain:
    /// waits for a second, or as long as he would if that is less, if the copy is not beyond his
    /// index and does not change. He would come back at once otherwise, and with him all who wait.
    ///
    /// @throws StoreFailure when the copy is below his index even then: he has seen what is newer,
    ///   or counted by the leader alone
    void withoutLeader(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var seen = seen(request);
        var wait = wait(request);
        var old = revision.get();
        if (seen > 0 && old.indexOfCopy() <= seen && !old.closed()) {
            var limit = wait.compareTo(LEADERLESS_WAIT) < 0 ? wait : LEADERLESS_WAIT;
            Predicate<Revision> isNews =
                    now -> !now.equals(old) && now.indexOfCopy() >= seen || now.closed();
            request.stay().await(() -> revision.await(isNews, limit));
        }
        var found = revision.get().indexOfCopy();
        if (found < seen) {
            throw new StoreFailure(
                    "No cluster leader: expected what is at index "
                            + seen
                            + " or later; found this server at "
                            + found,
                    null);
        }
    }

    private void await(Scope scope, long seen, Duration wait, ApiRequest request)
            throws RefusedRequestException, InterruptedException {
        Predicate<Revision> isOver = now -> now.index(scope) > seen || now.closed();
        if (!isOver.test(revision.get())) {
            request.stay().await(() -> revision.await(isOver, bounded(request, wait)));
        }
    }

    /// How long he waits of what he asks for.
    static Duration bounded(ApiRequest request, Duration wait) {
        return request.caller().access().isNothing() && wait.compareTo(STRANGERS_WAIT) > 0
                ? STRANGERS_WAIT
                : wait;
    }

    /// The index that the caller says it has seen; 0: none, also where its text is empty.
    static long seen(ApiRequest request) throws RefusedRequestException {
        try {
            return Long.parseUnsignedLong(
                    request.parameter("index").filter(text -> !text.isEmpty()).orElse("0"));
        } catch (NumberFormatException _) {
            throw RefusedRequestException.bad("Invalid index");
        }
    }

    /// How long a caller waits at most, with what keeps callers apart.
    static Duration wait(ApiRequest request) throws RefusedRequestException {
        var wait = DEFAULT_WAIT;
        try {
            var text = request.parameter("wait").orElse("");
            if (!text.isEmpty()) {
                wait = GoDuration.parse(text);
            }
        } catch (IllegalArgumentException _) {
            throw RefusedRequestException.bad("Invalid wait time");
        }
        if (wait.isNegative() || wait.isZero()) {
            // as Consul; who wants no wait names no index
            wait = DEFAULT_WAIT;
        }
        var bounded = wait.compareTo(MAX_WAIT) > 0 ? MAX_WAIT : wait;
        return bounded.plusNanos(
                ThreadLocalRandom.current().nextLong(bounded.toNanos() / JITTER_DIVISOR + 1));
    }

    /// Answers all who wait with what there is.
    @Override
    public void close() {
        subscriptions.forEach(Latest.Subscription::close);
        failovers.close();
        happenings.close();
        revision.update(Revision::close);
    }
}
