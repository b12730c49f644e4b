package dev.hansa.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/// How long a change of health takes from the exporter's API to a reader at an importer, while
/// others change all around it. The first services are the probes and are left alone by the others.
final class ChangeLatency {
    /// So many that a slow change delays no other probe: each has its turn after the rest.
    static final int PROBES = 16;

    /// One probe is due after the other at this distance, whether or not the one before it was
    /// seen; each is timed from when it was due, so that a stall counts for all that fell into it.
    private static final Duration PACE = Duration.ofMillis(10);

    private static final int CHANGES_A_SECOND = 500;
    private static final int WRITERS = 32;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final ServerProcess exporter;
    private final ServerProcess importer;
    private final int services;
    private final int instances;
    private final AtomicLong turns = new AtomicLong();
    private final AtomicLong made = new AtomicLong();

    ChangeLatency(ServerProcess exporter, ServerProcess importer, int services, int instances) {
        this.exporter = exporter;
        this.importer = importer;
        this.services = services;
        this.instances = instances;
    }

    /// What was seen: milliseconds of each probe, and the other changes that went through.
    record Seen(List<Double> millis, double changesPerSecond) {}

    /// @param warmUp what was due in this first part is not counted: after full syncs the way of
    ///   one change is still cold
    /// @throws ExecutionException when a request failed or a change was not seen in time
    Seen measure(Duration warmUp, Duration length) throws InterruptedException, ExecutionException {
        var began = System.nanoTime();
        var counted = began + warmUp.toNanos();
        var end = counted + length.toNanos();
        var millis = new ArrayList<Double>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var writers =
                    IntStream.range(0, WRITERS)
                            .mapToObj(_ -> threads.submit(() -> churn(began, end)))
                            .toList();
            var probes =
                    IntStream.range(0, PROBES)
                            .mapToObj(i -> threads.submit(() -> probe(i, began, counted, end)))
                            .toList();
            for (var probe : probes) {
                millis.addAll(probe.get());
            }
            for (var writer : writers) {
                writer.get();
            }
        }
        return new Seen(millis, made.get() / ((System.nanoTime() - began) / 1e9));
    }

    /// Changes at even distances, whoever of the writers makes them.
    private boolean churn(long began, long end) throws IOException, InterruptedException {
        var random = ThreadLocalRandom.current();
        while (true) {
            var turn = turns.getAndIncrement();
            var due = began + turn * TimeUnit.SECONDS.toNanos(1) / CHANGES_A_SECOND;
            if (due - end >= 0 || System.nanoTime() - end >= 0) {
                return true;
            }
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            exporter.register(
                    PeerStreamBenchmark.service(random.nextInt(PROBES, services)),
                    random.nextInt(instances),
                    turn % 2 == 0);
            made.incrementAndGet();
        }
    }

    private List<Double> probe(int service, long began, long counted, long end)
            throws IOException, InterruptedException {
        var millis = new ArrayList<Double>();
        var isUp = true;
        for (var turn = service; ; turn += PROBES) {
            var due = began + turn * PACE.toNanos();
            if (due - end >= 0) {
                return millis;
            }
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            isUp = !isUp;
            var seen = change(PeerStreamBenchmark.service(service), isUp);
            if (due - counted >= 0) {
                millis.add((seen - due) / 1e6);
            }
        }
    }

    /// Returns when a waiting reader has been told.
    private long change(String service, boolean isUp) throws IOException, InterruptedException {
        var seen = new AtomicLong();
        var reader =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                seen.set(await(service, isUp));
                            } catch (IOException e) {
                                System.err.println("reading health failed: " + e);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        exporter.register(service, 0, isUp);
        if (!reader.join(LIMIT) || seen.get() == 0) {
            throw new IllegalStateException(
                    service + ": expected the change at the importer within 30 s; found none");
        }
        return seen.get();
    }

    private long await(String service, boolean isUp) throws IOException, InterruptedException {
        var path = "/v1/health/service/" + service + "?peer=exporter";
        var limit = System.nanoTime() + LIMIT.toNanos();
        var index = "0";
        while (System.nanoTime() - limit < 0) {
            var read = importer.read(path, index);
            if (ServerProcess.status(read.body(), service + "-0")
                    .equals(ServerProcess.status(isUp))) {
                return System.nanoTime();
            }
            index = read.index();
        }
        return 0;
    }
}
