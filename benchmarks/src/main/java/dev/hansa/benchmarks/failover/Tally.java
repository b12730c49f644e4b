package dev.hansa.benchmarks.failover;

import dev.hansa.benchmarks.Figures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What one kind of client has seen of all runs of a case.
final class Tally {
    private final String name;
    private final String against;
    private final ClientKind client;
    private int runs;
    private int requests;
    private int failedBefore;
    private int failedBegunAfter;
    private int failedAfterFirstAnswer;
    private int failedInFlight;
    private int failedInFailback;
    private int begunAfter;
    private int strayedBefore;
    private int withoutFirstAnswer;
    private int withoutFailback;
    private int wentToPeer;
    private boolean hasShares;
    private String latest = "-";
    private final List<Double> strikes = new ArrayList<>();
    private final List<Double> gaps = new ArrayList<>();
    private final List<Double> lateness = new ArrayList<>();
    private final List<Double> uneven = new ArrayList<>();
    private final List<Double> detected = new ArrayList<>();
    private final List<Double> firstAnswers = new ArrayList<>();
    private final List<Double> failbacks = new ArrayList<>();
    private final List<Double> laterAnswers = new ArrayList<>();
    private final List<Double> connectTimes = new ArrayList<>();
    private final Map<String, Integer> failures = new TreeMap<>();

    Tally(String name, String against, ClientKind client) {
        this.name = name;
        this.against = against;
        this.client = client;
    }

    String name() {
        return name;
    }

    ClientKind client() {
        return client;
    }

    String against() {
        return against;
    }

    /// What is missing of what the case has to show; empty: nothing is.
    Optional<String> lack() {
        if (client.keeps()) {
            // by when its connections of before have been used up depends on the load
            return Optional.empty();
        }
        if (begunAfter == 0) {
            return Optional.of("no connection began after the blow");
        }
        if (withoutFirstAnswer > 0) {
            return Optional.of(
                    "no first answer in %d of %d runs".formatted(withoutFirstAnswer, runs));
        }
        return withoutFailback > 0
                ? Optional.of("no failback in %d of %d runs".formatted(withoutFailback, runs))
                : Optional.empty();
    }

    /// Takes a run in: one episode, or several one after the other.
    void add(List<Episode> episodes, OptionalDouble connectMillis) {
        runs++;
        connectMillis.ifPresent(connectTimes::add);
        episodes.forEach(this::add);
    }

    private void add(Episode episode) {
        var mine = episode.outcomes().stream().filter(one -> one.client() == client).toList();
        requests += mine.size();
        begunAfter +=
                (int)
                        mine.stream()
                                .filter(one ->
                                        one.connectionNanos() >= episode.dead()
                                                && one.dueNanos() < episode.undoing())
                                .count();
        strikes.add((episode.dead() - episode.struck()) / 1e6);
        gaps.add(longestGap(episode, mine));
        mine.stream()
                .filter(one -> one.connectionNanos() >= one.dueNanos())
                .forEach(one -> lateness.add((one.connectionNanos() - one.dueNanos()) / 1e6));
        strayed(episode, mine);
        var first = firstAnswer(episode, mine);
        mine.stream().filter(one -> !one.ok()).forEach(one -> failed(episode, one, first));
        episode.known().of(client).ifPresent(at -> detected.add((at - episode.struck()) / 1e6));
        if (hasToGo(episode.blow())) {
            if (first == Long.MAX_VALUE) {
                withoutFirstAnswer++;
                latest = "none";
            } else {
                firstAnswers.add(Math.max(0, first - began(episode)) / 1e6);
                latest = rounded(firstAnswers.getLast()) + " ms";
            }
        }
        later(episode, mine, first);
        failback(episode, mine);
        shares(episode, mine);
    }

    /// How long callers wait for an answer from the refuge once they go there.
    private void later(Episode episode, List<Outcome> mine, long first) {
        mine.stream()
                .filter(Outcome::ok)
                .filter(one -> one.dueNanos() > first && one.dueNanos() < episode.undoing())
                .filter(one -> episode.blow().isRefuge(one.from()))
                .forEach(one -> laterAnswers.add(one.millis()));
    }

    /// Whether this client needs another answerer. Where the struck one goes on serving what it
    /// has, kept connections stay with it.
    private boolean hasToGo(Blow blow) {
        return !blow.refuge().isEmpty() && !(blow.isTold() && client.keeps());
    }

    /// From when times count.
    private long began(Episode episode) {
        return episode.blow().isTold()
                ? episode.known().of(client).orElse(episode.struck())
                : episode.struck();
    }

    /// The longest time without an answer between the blow and the undoing, in milliseconds.
    private static double longestGap(Episode episode, List<Outcome> mine) {
        var answers =
                mine.stream().filter(Outcome::ok).mapToLong(Outcome::endedNanos).sorted().toArray();
        var last = episode.struck();
        var longest = 0L;
        for (var at : answers) {
            if (at > last) {
                longest = Math.max(longest, Math.min(at, episode.undoing()) - last);
                last = Math.min(at, episode.undoing());
            }
        }
        return Math.max(longest, episode.undoing() - last) / 1e6;
    }

    /// Answers from where nobody had to go yet.
    private void strayed(Episode episode, List<Outcome> mine) {
        var refuge = episode.blow().refuge();
        var survivors = episode.blow().survivors();
        if (refuge.isEmpty() && survivors.isEmpty()) {
            return;
        }
        strayedBefore +=
                (int)
                        mine.stream()
                                .filter(Outcome::ok)
                                .filter(one -> one.endedNanos() < episode.struck())
                                .filter(one ->
                                        refuge.isEmpty()
                                                ? !one.from().startsWith(local(survivors))
                                                : episode.blow().isRefuge(one.from()))
                                .count();
    }

    /// When the first answer from the refuge was there; the end of time when none came.
    private static long firstAnswer(Episode episode, List<Outcome> mine) {
        var refuge = episode.blow().refuge();
        if (refuge.isEmpty()) {
            return Long.MAX_VALUE;
        }
        return mine.stream()
                .filter(Outcome::ok)
                .filter(one ->
                        one.dueNanos() >= episode.struck()
                                && one.dueNanos() < episode.undoing()
                                && episode.blow().isRefuge(one.from()))
                .mapToLong(Outcome::endedNanos)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private void failed(Episode episode, Outcome one, long first) {
        failures.merge(shortened(one.failure()), 1, Integer::sum);
        if (one.endedNanos() < episode.struck()) {
            failedBefore++;
        } else if (one.connectionNanos() < episode.dead()) {
            failedInFlight++;
        } else if (one.dueNanos() < episode.undoing()) {
            failedBegunAfter++;
            if (one.dueNanos() > first) {
                failedAfterFirstAnswer++;
            }
        } else {
            failedInFailback++;
        }
    }

    private static String shortened(String failure) {
        return failure.length() > 100 ? failure.substring(0, 100) : failure;
    }

    /// Of new connections only: kept ones stay where they are.
    private void failback(Episode episode, List<Outcome> mine) {
        if (episode.blow().victim().isEmpty() || client.keeps()) {
            return;
        }
        mine.stream()
                .filter(Outcome::ok)
                .filter(one ->
                        one.dueNanos() >= episode.undoing()
                                && one.from().equals(episode.blow().victim()))
                .mapToLong(Outcome::endedNanos)
                .min()
                .ifPresentOrElse(
                        at -> failbacks.add(Math.max(0, at - episode.back().of(client)) / 1e6),
                        () -> withoutFailback++);
    }

    /// How even those who are left share what began after the blow. Of clients that keep
    /// connections, it is connections that are shared, and those are too few to say.
    private void shares(Episode episode, List<Outcome> mine) {
        var survivors = episode.blow().survivors();
        if (survivors.isEmpty()) {
            return;
        }
        var after =
                mine.stream()
                        .filter(Outcome::ok)
                        .filter(one ->
                                one.connectionNanos()
                                                >= episode.known().of(client).orElse(episode.dead())
                                        && one.dueNanos() < episode.undoing())
                        .toList();
        wentToPeer +=
                (int)
                        after.stream()
                                .filter(one -> !one.from().startsWith(local(survivors)))
                                .count();
        hasShares = true;
        if (after.isEmpty() || client.keeps()) {
            return;
        }
        var even = after.size() / (double) survivors.size();
        uneven.add(
                survivors.stream()
                        .mapToDouble(survivor ->
                                Math.abs(
                                        after.stream()
                                                        .filter(one -> one.from().equals(survivor))
                                                        .count()
                                                - even))
                        .map(off -> off / even * 100)
                        .max()
                        .orElseThrow());
    }

    private static String local(List<String> survivors) {
        var name = survivors.getFirst();
        return name.substring(0, name.indexOf('-'));
    }

    /// The median, in milliseconds.
    OptionalDouble firstAnswer() {
        return firstAnswers.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(Figures.median(firstAnswers));
    }

    double failedAfterPerRun() {
        return runs == 0 ? 0 : rounded(failedBegunAfter / (double) runs);
    }

    int runsWithoutFirstAnswer() {
        return withoutFirstAnswer;
    }

    /// For a line while the runs go on.
    String shortly() {
        return "%s %s: %d failed after, %d in flight, %d in failback, first answer %s"
                .formatted(
                        against,
                        client.word(),
                        failedBegunAfter,
                        failedInFlight,
                        failedInFailback,
                        latest);
    }

    /// With the keys that docs/BENCHMARKS.md explains.
    Map<String, @Nullable Object> figures() {
        var figures = new LinkedHashMap<String, @Nullable Object>();
        figures.put("name", name);
        figures.put("against", against);
        figures.put("client", client.word());
        figures.put("requests", requests);
        figures.put("failed_begun_after", failedBegunAfter);
        figures.put("failed_in_flight", failedInFlight);
        figures.put("detected_ms", quantile(detected, 0.5));
        figures.put("first_answer_p50_ms", quantile(firstAnswers, 0.5));
        figures.put("first_answer_p99_ms", quantile(firstAnswers, 0.99));
        figures.put("failback_ms", quantile(failbacks, 0.5));
        figures.put("rtt_ms", quantile(connectTimes, 0.5));
        figures.put("runs", runs);
        figures.put("later_answer_p50_ms", quantile(laterAnswers, 0.5));
        figures.put("later_answer_p99_ms", quantile(laterAnswers, 0.99));
        figures.put("begun_after", begunAfter);
        figures.put("longest_gap_ms", quantile(gaps, 0.5));
        figures.put("longest_gap_max_ms", quantile(gaps, 1));
        figures.put("strike_ms", quantile(strikes, 0.5));
        figures.put("begun_late_p99_ms", quantile(lateness, 0.99));
        figures.put("failed_before", failedBefore);
        figures.put("strayed_before", strayedBefore);
        figures.put("failed_begun_after_first_answer", failedAfterFirstAnswer);
        figures.put("failed_in_failback", failedInFailback);
        figures.put("runs_without_first_answer", withoutFirstAnswer);
        figures.put("runs_without_failback", withoutFailback);
        figures.put("detected_max_ms", quantile(detected, 1));
        figures.put("went_to_peer", hasShares ? wentToPeer : null);
        figures.put("uneven_percent", quantile(uneven, 0.5));
        figures.put("uneven_max_percent", quantile(uneven, 1));
        figures.put("failures", failures);
        return figures;
    }

    private static @Nullable Double quantile(List<Double> values, double part) {
        return values.isEmpty() ? null : rounded(Figures.quantile(values, part));
    }

    private static double rounded(double value) {
        return Math.round(value * 10) / 10.0;
    }
}
