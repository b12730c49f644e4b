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

    /// Who has waited makes his answer together with so many others: a change wakes thousands, and
    /// answers that are all made at once are all late and fill the memory.
    static final int MAX_WOKEN = 256;

    /// Ten thousand are through in three seconds; clients give up after some more.
    private static final Duration WAKING_LIMIT = Duration.ofSeconds(10);

    private final ReaderLimits limits;
    private final Duration wakingLimit;
    private final Semaphore running = new Semaphore(MAX_RUNNING);
    private final Semaphore waiting;
    private final Semaphore woken = new Semaphore(MAX_WOKEN);
    private final ConcurrentMap<ClientNetwork, Integer> clients = new ConcurrentHashMap<>();

    Places(ReaderLimits limits) {
        this(limits, WAKING_LIMIT);
    }

    /// @param wakingLimit until one who has waited may make his answer
    Places(ReaderLimits limits, Duration wakingLimit) {
        this.limits = limits;
        this.wakingLimit = wakingLimit;
        this.waiting = new Semaphore(limits.all());
    }

    /// A request's stay, or empty when too many are being answered.
    ///
    /// @param client where it comes from
    Optional<Stay> enter(InetAddress client) {
        return running.tryAcquire()
                ? Optional.of(
                        new Stay(true, Optional.of(ClientNetwork.of(client)), Optional.of(running)))
                : Optional.empty();
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
        private Optional<Semaphore> place;
        private Optional<Thread> waiter = Optional.empty();
        private volatile boolean gone;

        private Stay(boolean counted, Optional<ClientNetwork> client, Optional<Semaphore> place) {
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
            take();
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
                giveBack();
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
            place = Optional.of(woken);
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

        private void take() throws RefusedRequestException {
            if (!counted) {
                return;
            }
            if (!waiting.tryAcquire()) {
                throw tooMany("callers", limits.all());
            }
            if (client.isPresent()
                    && clients.merge(client.get(), 1, Integer::sum) > limits.ofOneClient()) {
                giveBack();
                throw tooMany("callers from one address", limits.ofOneClient());
            }
        }

        private RefusedRequestException tooMany(String who, int most) {
            return new RefusedRequestException(
                    429,
                    "blocking query: expected at most "
                            + most
                            + " waiting "
                            + who
                            + "; found as many already waiting");
        }

        private void giveBack() {
            if (!counted) {
                return;
            }
            client.ifPresent(one ->
                    clients.computeIfPresent(one, (_, count) -> count == 1 ? null : count - 1));
            waiting.release();
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
                }
            }
        }

        private void workAndLeave(Runnable work) {
            try {
                work.run();
            } finally {
                leave();
            }
        }

        private void leave() {
            place.ifPresent(Semaphore::release);
            place = Optional.empty();
        }

        @Override
        public void close() {
            leave();
        }
    }
}
