package dev.hansa.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Cart requests on an open schedule: each starts at its time whether or not earlier ones have been
/// answered, so that a stall is seen by every customer that it would have met.
final class SteadyLoad {
    /// A request: when it was sent and answered, on the clock of System.nanoTime, and by whom.
    record Request(long sentNanos, long answeredNanos, boolean ok, String shippedFrom) {}

    /// What a failure in the middle of the load cost.
    record Cost(
            int requests,
            int failed,
            OptionalLong firstSuccessMillis,
            int failedAfterFirstSuccess) {
        /// `from` is the datacenter that took over; a request counts as after the first success
        /// when it was sent after that success had been answered.
        static Cost of(List<Request> requests, long failureNanos, String from) {
            var first =
                    requests.stream()
                            .filter(request ->
                                    request.ok()
                                            && request.shippedFrom().equals(from)
                                            && request.answeredNanos() >= failureNanos)
                            .mapToLong(Request::answeredNanos)
                            .min();
            var failed = (int) requests.stream().filter(request -> !request.ok()).count();
            var later =
                    first.isEmpty()
                            ? failed
                            : (int)
                                    requests.stream()
                                            .filter(request ->
                                                    !request.ok()
                                                            && request.sentNanos()
                                                                    > first.getAsLong())
                                            .count();
            return new Cost(
                    requests.size(),
                    failed,
                    first.isEmpty()
                            ? OptionalLong.empty()
                            : OptionalLong.of(
                                    TimeUnit.NANOSECONDS.toMillis(
                                            first.getAsLong() - failureNanos)),
                    later);
        }
    }

    /// What happens in the middle.
    @FunctionalInterface
    interface Disturbance {
        void happen() throws StepFailed, InterruptedException;
    }

    private final Shopper shopper;
    private final int perSecond;
    private final Duration length;

    SteadyLoad(Shopper shopper, int perSecond, Duration length) {
        this.shopper = shopper;
        this.perSecond = perSecond;
        this.length = length;
    }

    /// Runs the load and, after a fifth of it, the disturbance.
    ///
    /// @return what the disturbance cost, counted from the moment it began
    Cost run(Disturbance disturbance, String takenOverBy) throws StepFailed, InterruptedException {
        var count = (int) (length.toMillis() * perSecond / 1000);
        var period = TimeUnit.SECONDS.toNanos(1) / perSecond;
        var half = new CountDownLatch(1);
        var answers = new ArrayList<CompletableFuture<Request>>(count);
        var begin = System.nanoTime();
        var sender =
                Thread.ofPlatform()
                        .name("load")
                        .start(() -> {
                            try {
                                for (var i = 0; i < count; i++) {
                                    TimeUnit.NANOSECONDS.sleep(
                                            begin + i * period - System.nanoTime());
                                    answers.add(send());
                                    if (i == count / 5) {
                                        half.countDown();
                                    }
                                }
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            } finally {
                                half.countDown();
                            }
                        });
        try {
            half.await();
            var failure = System.nanoTime();
            disturbance.happen();
            sender.join();
            return Cost.of(
                    answers.stream().map(CompletableFuture::join).toList(), failure, takenOverBy);
        } finally {
            sender.interrupt();
        }
    }

    private CompletableFuture<Request> send() {
        var sent = System.nanoTime();
        return shopper.cartLater()
                .handle((page, _) ->
                        page == null
                                ? new Request(sent, System.nanoTime(), false, "")
                                : new Request(
                                        sent,
                                        System.nanoTime(),
                                        page.ok(),
                                        page.from(Datacenter.SHIPPING).orElse("")));
    }
}
