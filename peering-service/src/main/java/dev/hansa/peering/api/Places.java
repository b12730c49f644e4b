package dev.hansa.peering.api;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/// Where requests are while they are answered, and where while they wait for a change. Whoever
/// waits takes no place of those who want an answer now, neither before nor after the change.
final class Places {
    /// Each holds a body and a thread.
    static final int MAX_RUNNING = 1024;

    /// Of one address: a quarter is left to the others, whatever one of them asks for. More where
    /// more of its callers may wait, since they take such a place before they do.
    static final int RUNNING_OF_ONE_CLIENT = 768;

    /// Who has waited makes his answer together with so many others: a change wakes thousands, and
    /// answers that are all made at once are all late and fill the memory.
    static final int MAX_WOKEN = 256;

    /// Ten thousand are through in three seconds; clients give up after some more.
    private static final Duration WAKING_LIMIT = Duration.ofSeconds(10);

    /// Who may see nothing waits too, or he would ask again at once, for ever; where few others
    /// want to wait, and never in a reader's place.
    static final ReaderLimits STRANGERS = new ReaderLimits(128, 16);

    private final Duration wakingLimit;
    private final Semaphore running = new Semaphore(MAX_RUNNING);
    private final ConcurrentMap<ClientNetwork, Integer> clients = new ConcurrentHashMap<>();
    private final int ofOneClient;
    private final WaitingRoom readers;
    private final WaitingRoom strangers = new WaitingRoom(STRANGERS, " whose tokens allow nothing");
    private final Semaphore woken = new Semaphore(MAX_WOKEN);

    Places(ReaderLimits limits) {
        this(limits, WAKING_LIMIT);
    }

    /// @param wakingLimit until one who has waited may make his answer
    Places(ReaderLimits limits, Duration wakingLimit) {
        this.wakingLimit = wakingLimit;
        this.readers = new WaitingRoom(limits, "");
        this.ofOneClient = Math.clamp(limits.ofOneClient(), RUNNING_OF_ONE_CLIENT, MAX_RUNNING);
    }

    /// A request's stay, or empty when too many are being answered, or too many of its client.
    ///
    /// @param address where it comes from
    Optional<Stay> enter(InetAddress address) {
        if (!running.tryAcquire()) {
            return Optional.empty();
        }
        var client = ClientNetwork.of(address);
        if (clients.merge(client, 1, Integer::sum) > ofOneClient) {
            leave(client);
            return Optional.empty();
        }
        return Optional.of(new Stay(true, Optional.of(client), Optional.of(() -> leave(client))));
    }

    private void leave(ClientNetwork client) {
        clients.computeIfPresent(client, (_, count) -> count == 1 ? null : count - 1);
        running.release();
    }

    /// For people.
    String mostRunning() {
        return MAX_RUNNING + " at once, and " + ofOneClient + " of one address";
    }

    /// The stay of a request that another server has let in, and holds to a client's limit.
    Stay passedOn() {
        return new Stay(true, Optional.empty(), Optional.empty());
    }

    /// The stay of what servers ask for themselves, which there is little of and which must not
    /// depend on how many others wait.
    Stay ours() {
        return new Stay(false, Optional.empty(), Optional.empty());
    }

    /// One request, until its answer is made. Its thread enters and leaves; whoever notices that
    /// the caller has hung up may say so from any.
    final class Stay implements AutoCloseable {
        private final boolean counted;
        private final Optional<ClientNetwork> client;

        /// Gives it back.
        private Optional<Runnable> place;

        /// Also when its place was given back before.
        private Runnable afterWork = () -> {};

        private WaitingRoom room = readers;
        private Optional<Thread> waiter = Optional.empty();
        private volatile boolean gone;

        private Stay(boolean counted, Optional<ClientNetwork> client, Optional<Runnable> place) {
            this.counted = counted;
            this.client = client;
            this.place = place;
        }

        @FunctionalInterface
        interface Waiting {
            void run() throws InterruptedException;
        }

        /// Where the request comes from, for people: of IPv6 the network.
        String source() {
            return client.map(ClientNetwork::address).orElse("another server");
        }

        /// Where the caller waits from now on, if he does.
        ///
        /// @param isStranger whether he may see nothing
        void waitsAmong(boolean isStranger) {
            room = isStranger ? strangers : readers;
        }

        /// Whether the caller has hung up, so that nobody need wait for it.
        boolean isGone() {
            return gone;
        }

        /// The caller has hung up: it does not wait any longer.
        synchronized void hungUp() {
            gone = true;
            waiter.ifPresent(Thread::interrupt);
        }

        /// Runs what waits for a change; returns early when the caller hangs up.
        ///
        /// @throws RefusedRequestException when too many wait already, or make their answers
        /// @throws InterruptedException when the server stops
        void await(Waiting work) throws RefusedRequestException, InterruptedException {
            var entered = room;
            if (counted) {
                entered.enter(client);
            }
            leave();
            try {
                if (begin()) {
                    work.run();
                }
            } catch (InterruptedException e) {
                if (!gone) {
                    throw e;
                }
            } finally {
                end();
                if (counted) {
                    entered.leave(client);
                }
            }
            if (counted) {
                wake();
            }
        }

        private void wake() throws RefusedRequestException, InterruptedException {
            if (!woken.tryAcquire(wakingLimit.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new RefusedRequestException(
                        503,
                        "blocking query: expected its turn to be answered within "
                                + wakingLimit.toMillis()
                                + " ms of the change; found "
                                + MAX_WOKEN
                                + " others before it");
            }
            place = Optional.of(woken::release);
        }

        private synchronized boolean begin() {
            waiter = Optional.of(Thread.currentThread());
            return !gone;
        }

        private synchronized void end() {
            waiter = Optional.empty();
            if (gone) {
                // what was meant for the wait must not end what comes after it
                var _ = Thread.interrupted();
            }
        }

        /// Run once when the work has ended, however it does; before [#work].
        void afterWork(Runnable then) {
            afterWork = then;
        }

        /// Works on a thread of its own and leaves when that is done; at once where there is no
        /// thread to be had.
        void work(ThreadFactory threads, Runnable work) {
            var isBegun = false;
            try {
                threads.newThread(() -> workAndLeave(work)).start();
                isBegun = true;
            } finally {
                if (!isBegun) {
                    leave();
                    afterWork.run();
                }
            }
        }

        private void workAndLeave(Runnable work) {
            try {
                work.run();
            } finally {
                leave();
                afterWork.run();
            }
        }

        private void leave() {
            place.ifPresent(Runnable::run);
            place = Optional.empty();
        }

        @Override
        public void close() {
            leave();
        }
    }
}
