package dev.hansa.tests.multicluster;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/// What a soak has shown, held against what it has to.
///
/// @param figures by their names in the JSON
/// @param complaints why it fails; empty: it does not
/// @param shown one line for each violation
record SoakVerdict(Map<String, Object> figures, List<String> complaints, List<String> shown) {
    /// Below these the run proves too little, and fails.
    static final int OPERATIONS_A_SECOND = 20;

    static final int REQUESTS_A_SECOND = 100;

    /// Where failed requests do not count: CI's machine is shared, and what is lost shows as well.
    static final int REQUESTS_FOR_THE_HISTORY = 50;

    static final int FAULT_EVERY_SECONDS = 10;

    /// For each leader or owner of a stream that dies.
    static final int CONTROL_LIMIT_MILLIS = 5_000;

    /// Where all servers of a datacenter were killed, from the moment that a majority of them runs:
    /// three processes start at once on the processors that carry the load too.
    static final int ALL_KILLED_LIMIT_MILLIS = 10_000;

    /// A caller whose target is dead without a word goes elsewhere within the same connection,
    /// after the `ConnectTimeout` of the world's resolver at the latest:
    /// [SoakWorld#CONNECT_TIMEOUT].
    static final long DATA_LIMIT_MILLIS = SoakWorld.CONNECT_TIMEOUT.toMillis();

    /// @param acknowledged kinds of operations that had their effect
    /// @param faults that were made, by kind
    /// @param problems faults that could not be made, or did not end
    /// @param lost what the history says that cannot be
    /// @param failures all requests that failed
    /// @param controlMillis the longest time in which no write was acknowledged, but for those
    ///   after all servers were killed
    /// @param allKilledMillis the longest of those; empty: they were never killed
    /// @param dataMillis the longest time in which no request succeeded
    record Measured(
            long seconds,
            long operations,
            Map<SoakHistory.Kind, Long> acknowledged,
            Map<String, Integer> faults,
            List<String> problems,
            List<String> lost,
            long requests,
            List<SoakClients.Failure> failures,
            SoakExcuses excuses,
            long controlMillis,
            OptionalLong allKilledMillis,
            long dataMillis) {}

    /// @param isWhole whether requests that fail and times count; a machine that starves its
    ///   processes fails requests, and loses no write
    static SoakVerdict of(Measured measured, boolean isWhole) {
        var violations = new ArrayList<>(measured.lost());
        var excused = new EnumMap<SoakExcuses.Excuse, Integer>(SoakExcuses.Excuse.class);
        for (var failure : measured.failures()) {
            var excuse = measured.excuses().of(failure);
            excused.merge(excuse, 1, Integer::sum);
            if (isWhole && excuse == SoakExcuses.Excuse.NONE) {
                violations.add("a request failed with an instance left: " + failure);
            }
        }
        var figures = new LinkedHashMap<String, Object>();
        figures.put("operations", measured.operations());
        figures.put("acknowledged", measured.acknowledged());
        figures.put("faults", measured.faults());
        figures.put("violations", violations.size());
        figures.put("control_unavailable_max_ms", measured.controlMillis());
        measured.allKilledMillis()
                .ifPresent(millis ->
                        figures.put("control_unavailable_after_all_killed_max_ms", millis));
        figures.put("data_unavailable_max_ms", measured.dataMillis());
        figures.put("requests", measured.requests());
        figures.put("failed", measured.failures().size());
        figures.put(
                "failed_at_a_local_death", excused.getOrDefault(SoakExcuses.Excuse.LOCAL_DEATH, 0));
        figures.put(
                "failed_with_the_way_to_the_peer",
                excused.getOrDefault(SoakExcuses.Excuse.WAY_TO_THE_PEER, 0));

        var complaints = new ArrayList<String>();
        if (!violations.isEmpty()) {
            complaints.add("violations: expected none; found " + violations.size());
        }
        atLeast(
                complaints,
                "operations a second",
                OPERATIONS_A_SECOND,
                measured.operations() / measured.seconds());
        atLeast(
                complaints,
                "requests a second",
                isWhole ? REQUESTS_A_SECOND : REQUESTS_FOR_THE_HISTORY,
                measured.requests() / measured.seconds());
        atLeast(
                complaints,
                "faults in " + measured.seconds() + " s",
                measured.seconds() / FAULT_EVERY_SECONDS,
                measured.faults().values().stream().mapToInt(one -> one).sum());
        if (!measured.problems().isEmpty()) {
            complaints.add(
                    "faults that could not be made: expected none; found " + measured.problems());
        }
        Set<SoakHistory.Kind> without = EnumSet.allOf(SoakHistory.Kind.class);
        without.removeAll(measured.acknowledged().keySet());
        if (!without.isEmpty()) {
            complaints.add(
                    "operations of each kind: expected one that had its effect; found none of "
                            + without);
        }
        if (isWhole) {
            atMost(complaints, "no write for, ms", CONTROL_LIMIT_MILLIS, measured.controlMillis());
            measured.allKilledMillis()
                    .ifPresent(millis ->
                            atMost(
                                    complaints,
                                    "no write after all servers were killed for, ms",
                                    ALL_KILLED_LIMIT_MILLIS,
                                    millis));
            atMost(complaints, "no request for, ms", DATA_LIMIT_MILLIS, measured.dataMillis());
        }
        return new SoakVerdict(figures, complaints, violations);
    }

    private static void atLeast(List<String> complaints, String what, long least, long found) {
        if (found < least) {
            complaints.add(what + ": expected at least " + least + "; found " + found);
        }
    }

    private static void atMost(List<String> complaints, String what, long most, long found) {
        if (found > most) {
            complaints.add(what + ": expected at most " + most + "; found " + found);
        }
    }
}
