package dev.hansa.gateway.wire;

import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.Refusal;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Who is let in at a set of listeners. Beyond a limit a new connection is reset as it is accepted,
/// before it costs a buffer or a log line; those that stand are left alone, but for one that has
/// not said what it wants, which goes when there are too many of its kind or no place is left (ADR
/// 0047). Safe for all event loops.
public final class Admission implements Entrance {
    /// A descriptor that comes free is used within this; an accept that fails four times a second
    /// costs nothing. The kernel's queue keeps the callers meanwhile.
    static final Duration ACCEPT_AGAIN = Duration.ofMillis(250);

    /// As many find 200 ms for their hello, from afar, at 1,000 newcomers a second.
    private static final int LEAST_HALF_OPEN = 256;

    /// Connections that have been told to go and whose loops have not done it yet: twice what two
    /// loops accept before they look again at what they have. They have no place, and a descriptor.
    static final int MOST_GOING = 256;

    /// What is said to whom his source's part is gone; who else has it, a stranger need not know.
    static final String OF_SOURCE = "its source has as many as one may have";

    static final AttributeKey<Entry> ENTRY = AttributeKey.valueOf(Admission.class, "entry");

    private final String listener;
    private final Bounds bounds;
    private final boolean bySource;
    private final Rate rate;
    private final Sources sources;
    private final HalfOpen<Entry> halfOpen;
    private final LongSupplier nanoTime;
    private final BooleanSupplier memoryShort;
    private final Consumer<GatewayEvent> events;
    private int open;
    private int going;

    /// How much is let in.
    ///
    /// @param connections open at most
    /// @param perSecond new ones at most, and as many at once
    /// @param halfOpen that have not said what they want, at most
    /// @param perSource open at most of one IPv4 address, or one /64 of IPv6
    /// @param perSecondAndSource new ones of such a source
    public record Bounds(
            int connections, int perSecond, int halfOpen, int perSource, int perSecondAndSource) {}

    /// With no bounds but these two.
    ///
    /// @param connections open at most
    /// @param perSecond new ones at most, and as many at once
    public Admission(
            String listener,
            int connections,
            int perSecond,
            BooleanSupplier memoryShort,
            LongSupplier nanoTime,
            Consumer<GatewayEvent> events) {
        this(
                listener,
                new Bounds(
                        connections,
                        perSecond,
                        Integer.MAX_VALUE,
                        Integer.MAX_VALUE,
                        Integer.MAX_VALUE),
                memoryShort,
                nanoTime,
                events);
    }

    /// @param nanoTime [System#nanoTime], or a test's
    public Admission(
            String listener,
            Bounds bounds,
            BooleanSupplier memoryShort,
            LongSupplier nanoTime,
            Consumer<GatewayEvent> events) {
        this(
                listener,
                bounds,
                true,
                HalfOpen.inParts(bounds.halfOpen()),
                memoryShort,
                nanoTime,
                events);
    }

    private Admission(
            String listener,
            Bounds bounds,
            boolean bySource,
            HalfOpen<Entry> halfOpen,
            BooleanSupplier memoryShort,
            LongSupplier nanoTime,
            Consumer<GatewayEvent> events) {
        this.listener = listener;
        this.bounds = bounds;
        this.bySource = bySource;
        this.rate = new Rate(bounds.perSecond(), nanoTime.getAsLong());
        this.sources =
                new Sources(bounds.perSource(), bounds.perSecondAndSource(), nanoTime.getAsLong());
        this.halfOpen = halfOpen;
        this.nanoTime = nanoTime;
        this.memoryShort = memoryShort;
        this.events = events;
    }

    /// Lets everybody in.
    public static Admission unlimited(String listener, Consumer<GatewayEvent> events) {
        return undecided(listener, Integer.MAX_VALUE, events);
    }

    /// How many may be undecided where so many may be connected: a quarter, so that they are no
    /// reason to refuse the others, and enough that a small proxy takes a burst of callers.
    public static int halfOpen(int connections) {
        return Math.max(connections / 4, LEAST_HALF_OPEN);
    }

    /// Lets everybody in; whoever has been undecided for longest goes for them, wherever they come
    /// from.
    ///
    /// @param halfOpen that are not decided yet, at most
    public static Admission undecided(
            String listener, int halfOpen, Consumer<GatewayEvent> events) {
        var most = Integer.MAX_VALUE;
        return new Admission(
                listener,
                new Bounds(most, most, halfOpen, most, most),
                false,
                HalfOpen.oldestFirst(halfOpen),
                () -> false,
                System::nanoTime,
                events);
    }

    /// The same places, at a listener where connections come through proxies that say for whom.
    public Entrance throughProxies(Networks proxies) {
        return new ProxiedEntrance(this, proxies);
    }

    @Override
    public Optional<Entry> admits(InetAddress from) {
        return admits(new Entry(sourceOf(from), true));
    }

    /// What one source may have does not bound a proxy's: it is asked when the proxy has said whose
    /// connection it is ([Entry#isFrom]).
    Optional<Entry> admitsProxied(InetAddress proxy) {
        return admits(new Entry(sourceOf(proxy), false));
    }

    private long sourceOf(InetAddress from) {
        return bySource ? Source.of(from) : 0;
    }

    private Optional<Entry> admits(Entry entry) {
        var isShort = memoryShort.getAsBoolean();
        Optional<Entry> goes = Optional.empty();
        Optional<Refusal> refusal;
        synchronized (this) {
            var now = nanoTime.getAsLong();
            refusal = isShort ? Optional.of(Refusal.MEMORY_SHORT) : haste(entry, now);
            if (refusal.isEmpty()) {
                var ofSource = entry.isNamed && sources.isFull(entry.source);
                var full = ofSource || open >= bounds.connections();
                if (full) {
                    // one of its own source's leaves a place of all places too
                    goes = ofSource ? halfOpen.ripeOf(entry.source, now) : halfOpen.ripe(now);
                    goes.ifPresent(Entry::goes);
                    refusal = fullness(entry);
                }
            }
            if (refusal.isEmpty()) {
                rate.take();
                if (entry.isNamed) {
                    sources.came(entry.source);
                }
                entry.place = Place.TAKEN;
                open++;
            }
        }
        goes.ifPresent(Entry::tell);
        if (refusal.isPresent()) {
            refused(refusal.get());
            return Optional.empty();
        }
        return Optional.of(entry);
    }

    void refused(Refusal reason) {
        events.accept(new GatewayEvent.NotAdmitted(listener, reason));
    }

    /// What is refused for another reason uses no allowance up: a flood must not lengthen itself,
    /// nor one source use up what is there for all. And nobody goes for whom has no allowance.
    private Optional<Refusal> haste(Entry entry, long now) {
        if (entry.isNamed && sources.isTooQuick(entry.source, now)) {
            return Optional.of(Refusal.TOO_MANY_OF_ONE_SOURCE_AT_ONCE);
        }
        return going < MOST_GOING && rate.has(now)
                ? Optional.empty()
                : Optional.of(Refusal.TOO_MANY_AT_ONCE);
    }

    private Optional<Refusal> fullness(Entry entry) {
        if (entry.isNamed && sources.isFull(entry.source)) {
            return Optional.of(Refusal.TOO_MANY_OF_ONE_SOURCE);
        }
        return open < bounds.connections()
                ? Optional.empty()
                : Optional.of(Refusal.TOO_MANY_CONNECTIONS);
    }

    /// What a connection of a channel was let in with.
    public static Entry entry(Channel channel) {
        return Objects.requireNonNull(
                channel.attr(ENTRY).get(), "expected a channel of a listener's");
    }

    /// What an entry has of the places.
    private enum Place {
        NONE,
        TAKEN,
        /// It has been told to go, and its place is another's.
        GOING
    }

    /// A connection that was let in.
    public final class Entry extends HalfOpen.Waiting {
        private Place place = Place.NONE;
        private Runnable goes = () -> {};

        /// Whether its source is its caller's, and counted there.
        private boolean isNamed;

        private Entry(long source, boolean isNamed) {
            super(source);
            this.isNamed = isNamed;
        }

        /// Whether a proxy has to say first whose it is.
        boolean isProxied() {
            return !isNamed;
        }

        /// The proxy has said whose it is: it counts as one of that source from now on, and among
        /// the half-open ones as one that has come now. Before it is decided, and once.
        ///
        /// @return why it is refused; empty: it is not
        Optional<Refusal> isFrom(InetAddress address) {
            Optional<Entry> own = Optional.empty();
            Optional<Entry> latest = Optional.empty();
            synchronized (Admission.this) {
                if (isNamed) {
                    // it counts already: at a sidecar, where all are one source
                    return Optional.empty();
                }
                var now = nanoTime.getAsLong();
                var waited = waits;
                halfOpen.leave(this);
                source = sourceOf(address);
                if (sources.isTooQuick(source, now)) {
                    return Optional.of(Refusal.TOO_MANY_OF_ONE_SOURCE_AT_ONCE);
                }
                if (sources.isFull(source)) {
                    own = halfOpen.ripeOf(source, now);
                    own.ifPresent(Entry::goes);
                }
                isNamed = !sources.isFull(source);
                if (isNamed && place == Place.TAKEN) {
                    sources.came(source);
                }
                if (isNamed && waited) {
                    latest = halfOpen.enter(this, sources.isServed(source), now);
                    latest.ifPresent(Entry::goes);
                }
            }
            own.ifPresent(Entry::tell);
            latest.ifPresent(Entry::tell);
            return isNamed ? Optional.empty() : Optional.of(Refusal.TOO_MANY_OF_ONE_SOURCE);
        }

        /// It has to say what it wants, and may have to go before it has.
        ///
        /// @param goes closes it, soon, unless it is decided; called on any thread, must not wait
        public void waits(Runnable goes) {
            Optional<Entry> gone;
            synchronized (Admission.this) {
                if (place != Place.TAKEN) {
                    return;
                }
                this.goes = goes;
                gone = halfOpen.enter(this, sources.isServed(source), nanoTime.getAsLong());
                gone.ifPresent(Entry::goes);
            }
            gone.ifPresent(Entry::tell);
        }

        /// It has said something, and not all of it.
        void begins() {
            Optional<Entry> gone;
            synchronized (Admission.this) {
                gone = halfOpen.begins(this, nanoTime.getAsLong());
                gone.ifPresent(Entry::goes);
            }
            gone.ifPresent(Entry::tell);
        }

        /// It has said what it wants: it need not give way any more. If it was told to and its
        /// hello came before that, it stays, one beyond the limit.
        public void decided() {
            synchronized (Admission.this) {
                halfOpen.leave(this);
                if (place == Place.GOING) {
                    place = Place.TAKEN;
                    going--;
                    open++;
                    if (isNamed) {
                        sources.enter(source);
                    }
                }
            }
        }

        /// It is carried to what it asked for.
        void served() {
            synchronized (Admission.this) {
                sources.served(source);
            }
        }

        /// It is closed, or refused and will be closed soon: its place is free. Any number of
        /// times.
        public void left() {
            synchronized (Admission.this) {
                halfOpen.leave(this);
                switch (place) {
                    case TAKEN -> {
                        open--;
                        leftSource();
                    }
                    case GOING -> going--;
                    case NONE -> {}
                }
                place = Place.NONE;
            }
        }

        /// With the lock.
        private void goes() {
            if (place == Place.TAKEN) {
                place = Place.GOING;
                going++;
                open--;
                leftSource();
            }
        }

        private void leftSource() {
            if (isNamed) {
                sources.left(source);
            }
        }

        /// Without it.
        private void tell() {
            try {
                goes.run();
            } catch (RejectedExecutionException _) {
                // its loop has ended, and closes it
            }
        }
    }

    @Override
    public void acceptFailed(Throwable cause) {
        events.accept(new GatewayEvent.AcceptFailed(listener, String.valueOf(cause)));
    }

    /// So many at once, and so many a second after that.
    private static final class Rate {
        private static final long SECOND = 1_000_000_000;

        private final int perSecond;
        private double left;
        private long at;

        Rate(int perSecond, long now) {
            this.perSecond = perSecond;
            this.left = perSecond;
            this.at = now;
        }

        boolean has(long now) {
            left = Math.min(perSecond, left + (double) (now - at) / SECOND * perSecond);
            at = now;
            return left >= 1;
        }

        void take() {
            left--;
        }
    }
}
