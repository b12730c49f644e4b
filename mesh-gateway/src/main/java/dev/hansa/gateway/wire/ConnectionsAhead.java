package dev.hansa.gateway.wire;

import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.AheadOutcome;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Keeps TCP connections open to endpoints that a caller may be carried to, before there is one, so
/// that its hello leaves with no round trip of TCP before it. The rule:
///
/// - Nothing is said on one before a caller takes it, and it is looked at then: one on which the
///   other end has said anything, or its end, is not taken. Whoever takes one owns it.
/// - Each is given up, and replaced, at an age well below the other end's patience for a hello. One
///   that is taken is replaced at once.
/// - An endpoint that closes one before its age, or cannot be reached, is left alone for a while,
///   each time for longer. What is seen of it counts as if a caller had seen it, but for a connect
///   that alone got no answer: that may be one lost packet. To a suspect endpoint none stands, and
///   one at a time is opened when [PassiveHealth#tryProbe] allows it.
/// - When the hello on one is not acknowledged, all that stand to the same endpoint go: whatever
///   has lost the way of one, a firewall for instance, has lost theirs too.
///
/// Each loop has its own, as a socket stays on the loop that it was opened on. Safe for all loops.
final class ConnectionsAhead implements AutoCloseable {
    /// Of all endpoints. Each is an open file here, and a connection there: sixteen gateways of
    /// peers have eight each, and where there are more each has fewer.
    static final int MOST = 128;

    /// A gateway gives a stranger 10 s for his hello ([HelloGate#HELLO_TIMEOUT]), an Envoy 15 s. Up
    /// to 7 s with [#SPREAD]: a hello that needs a second attempt of TCP's still comes in time.
    static final Duration AGE = Duration.ofSeconds(5);

    /// So that what was opened together is not replaced together.
    private static final double SPREAD = 0.4;

    /// As [PassiveHealth] tries what has failed.
    private static final Duration FIRST_REST = PassiveHealth.FIRST_BACK_OFF;

    private static final Duration LONGEST_REST = PassiveHealth.MAX_BACK_OFF;

    /// To connect, within twice what a caller would wait before he tries another way too.
    private static final Duration SHORTEST_LIMIT = PassiveHealth.UNKNOWN_HEAD_START;

    private static final Duration LONGEST_LIMIT = PassiveHealth.MAX_HEAD_START;

    /// Linux sends again after a round trip and 200 ms at the soonest.
    private static final Duration SENT_AGAIN = Duration.ofMillis(250);

    /// Connects to one endpoint without an answer, one after another or together: a SYN that is
    /// lost is sent again after a second only.
    private static final int UNREACHED_AT_LEAST = 2;

    private final PassiveHealth seen;
    private final BiConsumer<Way, Sign> signs;
    private final LongConsumer totalIn;
    private final LongConsumer totalOut;
    private final Consumer<GatewayEvent> events;
    private final Duration age;
    private final int each;
    private final int room;
    private final Map<? extends EventLoop, Rack> racks;

    /// One that a caller has taken.
    ///
    /// @param patience nanoseconds in which the other end's kernel acknowledges what is written,
    ///   also when a packet is lost once: its head start, and TCP's shortest wait before it sends
    ///   again
    record Taken(Way way, RawEnd end, long patience) {}

    /// @param each connections to one endpoint, over all loops; each loop has one at least
    /// @param age of a connection, at which it is given up
    /// @param signs told when an endpoint could not be reached
    ConnectionsAhead(
            RawTransport transport,
            int each,
            Duration age,
            PassiveHealth seen,
            BiConsumer<Way, Sign> signs,
            LongConsumer totalIn,
            LongConsumer totalOut,
            Consumer<GatewayEvent> events) {
        var all = transport.loops();
        // whoever comes on another is connected as ever
        var loops = all.subList(0, Math.min(all.size(), MOST));
        this.each = Math.ceilDiv(each, loops.size());
        this.room = MOST / loops.size();
        this.age = age;
        this.seen = seen;
        this.signs = signs;
        this.totalIn = totalIn;
        this.totalOut = totalOut;
        this.events = events;
        this.racks = loops.stream().collect(Collectors.toMap(loop -> loop.loop(), Rack::new));
    }

    /// From now on these, and no others.
    void wants(Collection<Way> ways) {
        // the same ones in each loop and after each change, where there is no room for all
        var kept = ways.stream().sorted(Comparator.comparing(Way::toString)).limit(room).toList();
        onEachLoop(rack -> rack.wants(kept));
    }

    private void onEachLoop(Consumer<Rack> what) {
        for (var rack : racks.values()) {
            try {
                rack.loop.loop().execute(() -> what.accept(rack));
            } catch (RejectedExecutionException _) {
                // the loop has ended, and its sockets with it
            }
        }
    }

    /// Takes one to the first of these endpoints that has one on this loop. Called on it.
    Optional<Taken> take(EventLoop loop, List<Way> ways) {
        var rack = racks.get(loop);
        return rack == null ? Optional.empty() : rack.take(ways);
    }

    /// Nobody has acknowledged what was written on one that was taken, within its patience.
    ///
    /// @param began when it was taken
    void unheard(Way way, long began) {
        seen.failed(way, Sign.UNREACHED, began, System.nanoTime());
        signs.accept(way, Sign.UNREACHED);
        onEachLoop(rack -> rack.clear(way));
    }

    /// All are closed, soon.
    @Override
    public void close() {
        wants(List.of());
    }

    private void tell(AheadOutcome outcome) {
        events.accept(new GatewayEvent.AheadTold(outcome));
    }

    /// What one loop has.
    private final class Rack {
        private final RawLoop loop;
        private final Map<Way, Shelf> shelves = new HashMap<>();

        Rack(RawLoop loop) {
            this.loop = loop;
        }

        void wants(List<Way> ways) {
            var most = Math.clamp(room / Math.max(1, ways.size()), 1, each);
            shelves.entrySet()
                    .removeIf(entry -> {
                        var unwanted = !ways.contains(entry.getKey());
                        if (unwanted) {
                            entry.getValue().most(0);
                        }
                        return unwanted;
                    });
            for (var way : ways) {
                shelves.computeIfAbsent(way, _ -> new Shelf(loop, way)).most(most);
            }
        }

        Optional<Taken> take(List<Way> ways) {
            var missed = false;
            for (var way : ways) {
                var shelf = shelves.get(way);
                if (shelf != null) {
                    var taken = shelf.take();
                    if (taken.isPresent()) {
                        var patience =
                                seen.headStart(way, System.nanoTime()) + SENT_AGAIN.toNanos();
                        return Optional.of(new Taken(way, taken.get(), patience));
                    }
                    missed = true;
                }
            }
            if (missed) {
                tell(AheadOutcome.MISSED);
            }
            return Optional.empty();
        }

        void clear(Way way) {
            var shelf = shelves.get(way);
            if (shelf != null) {
                shelf.clear();
            }
        }
    }

    /// What one loop has to one endpoint.
    private final class Shelf {
        private final RawLoop loop;
        private final Way way;

        /// The youngest last: it is taken first, as its endpoint was alive last.
        private final Deque<Standing> standing = new ArrayDeque<>();

        private final Set<Opening> opening = new HashSet<>();
        private int most;
        private int mishaps;
        private int unreached;
        private boolean rests;

        Shelf(RawLoop loop, Way way) {
            this.loop = loop;
            this.way = way;
        }

        /// @param wanted 0: none any more
        void most(int wanted) {
            most = wanted;
            while (standing.size() + opening.size() > most && !opening.isEmpty()) {
                opening.iterator().next().callOff();
            }
            while (standing.size() > most) {
                standing.getFirst().leave(AheadOutcome.DROPPED);
            }
            fill();
        }

        Optional<RawEnd> take() {
            if (seen.isSuspect(way)) {
                clear();
                return Optional.empty();
            }
            while (!standing.isEmpty()) {
                var youngest = standing.getLast();
                if (youngest.isPastItsAge()) {
                    // the loop was held up, and its timer is late
                    youngest.aged();
                } else if (youngest.end.isQuiet()) {
                    youngest.off(AheadOutcome.USED);
                    mishaps = 0;
                    fill();
                    return Optional.of(youngest.end);
                } else {
                    youngest.lost();
                }
            }
            return Optional.empty();
        }

        private void clear() {
            while (!standing.isEmpty()) {
                standing.getFirst().leave(AheadOutcome.DROPPED);
            }
            fill();
        }

        private void fill() {
            while (!rests && standing.size() + opening.size() < most) {
                open();
            }
        }

        private void open() {
            var probe = seen.isSuspect(way);
            if (probe && !seen.tryProbe(way, System.nanoTime())) {
                rest();
                return;
            }
            new Opening(this, probe).begin();
        }

        private void reached(RawEnd end) {
            unreached = 0;
            stand(end);
        }

        private void failed(Sign sign, long began) {
            unreached = sign == Sign.UNREACHED ? unreached + 1 : 0;
            if (sign == Sign.UNREACHED && unreached < UNREACHED_AT_LEAST) {
                return;
            }
            seen.failed(way, sign, began, System.nanoTime());
            signs.accept(way, sign);
        }

        private Duration limit() {
            return Duration.ofNanos(
                    Math.clamp(
                            2 * seen.headStart(way, System.nanoTime()),
                            SHORTEST_LIMIT.toNanos(),
                            LONGEST_LIMIT.toNanos()));
        }

        private void stand(RawEnd end) {
            if (standing.size() >= most) {
                // not wanted any more
                end.leave();
                return;
            }
            var ready = new Standing(this, end);
            standing.addLast(ready);
            events.accept(new GatewayEvent.AheadOpened());
            ready.begin();
            // it was the only one to be tried of a suspect endpoint
            fill();
        }

        private void mishap() {
            mishaps++;
            rest();
        }

        /// Opens none for a while.
        private void rest() {
            if (rests) {
                return;
            }
            rests = true;
            // doubled so often it is beyond the limit
            var longest =
                    Math.min(
                            FIRST_REST.toNanos() << Math.clamp(mishaps - 1, 0, 16),
                            LONGEST_REST.toNanos());
            var _ =
                    loop.loop()
                            .schedule(
                                    () -> {
                                        rests = false;
                                        fill();
                                    },
                                    ThreadLocalRandom.current().nextLong(longest / 2, longest),
                                    TimeUnit.NANOSECONDS);
        }
    }

    /// A connection that is on its way to a shelf.
    private final class Opening implements Race.Finish<RawEnd> {
        private final Shelf shelf;
        private final boolean probe;
        private final long began = System.nanoTime();
        private Race.@Nullable Attempt attempt;

        Opening(Shelf shelf, boolean probe) {
            this.shelf = shelf;
            this.probe = probe;
        }

        void begin() {
            shelf.opening.add(this);
            attempt =
                    RawConnect.begin(
                            shelf.loop,
                            shelf.way.address(),
                            shelf.limit(),
                            totalIn,
                            totalOut,
                            this);
        }

        void callOff() {
            over();
            if (attempt != null) {
                attempt.callOff();
            }
        }

        private void over() {
            shelf.opening.remove(this);
            if (probe) {
                seen.probed(shelf.way);
            }
        }

        @Override
        public void reached(RawEnd end) {
            over();
            var now = System.nanoTime();
            seen.answered(shelf.way, now - began, now);
            shelf.reached(end);
        }

        @Override
        public void failed(Optional<Sign> sign, String why) {
            over();
            tell(AheadOutcome.FAILED);
            sign.ifPresent(shown -> shelf.failed(shown, began));
            shelf.mishap();
            if (seen.isSuspect(shelf.way)) {
                shelf.clear();
            }
        }
    }

    /// A connection that waits for a caller.
    private final class Standing implements RawEnd.Watcher {
        private final Shelf shelf;
        private final RawEnd end;
        private final long lasts;
        private final long since = System.nanoTime();
        private @Nullable ScheduledFuture<?> timer;

        Standing(Shelf shelf, RawEnd end) {
            this.shelf = shelf;
            this.end = end;
            var shortest = age.toNanos();
            this.lasts =
                    shortest
                            + ThreadLocalRandom.current()
                                    .nextLong((long) (SPREAD * (double) shortest));
        }

        boolean isPastItsAge() {
            return System.nanoTime() - since > lasts;
        }

        void begin() {
            timer = shelf.loop.loop().schedule(this::aged, lasts, TimeUnit.NANOSECONDS);
            end.watch(this);
            // what has come with the connection's own event is told no second time
            changed(end);
        }

        @Override
        public void changed(RawEnd changed) {
            if (!changed.isQuiet()) {
                lost();
            }
        }

        private void lost() {
            leave(AheadOutcome.LOST);
            shelf.mishap();
        }

        private void aged() {
            leave(AheadOutcome.AGED);
            shelf.mishaps = 0;
            shelf.fill();
        }

        private void leave(AheadOutcome outcome) {
            off(outcome);
            end.leave();
        }

        /// Off its shelf.
        private void off(AheadOutcome outcome) {
            shelf.standing.remove(this);
            if (timer != null) {
                timer.cancel(false);
            }
            tell(outcome);
        }
    }
}
