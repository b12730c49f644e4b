package dev.hansa.benchmarks.failover;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The same case done to Hansa and to Envoy in the same run of the benchmark.
record Comparison(Tally ours, Tally theirs) {
    static List<Comparison> of(List<Tally> tallies) {
        return tallies.stream()
                .filter(one -> one.against().equals("envoy"))
                .flatMap(theirs ->
                        tallies.stream()
                                .filter(ours ->
                                        ours.against().equals("hansa")
                                                && ours.name().equals(theirs.name())
                                                && ours.client() == theirs.client())
                                .map(ours -> new Comparison(ours, theirs)))
                .toList();
    }

    /// Of medians, Envoy's by ours; of failures, those of one run. Null where there is no first
    /// answer on one side.
    Map<String, @Nullable Object> figures() {
        var figures = new LinkedHashMap<String, @Nullable Object>();
        figures.put("name", ours.name());
        figures.put("client", ours.client().word());
        figures.put("first_answer_p50_envoy_by_hansa", ratio());
        figures.put("failed_begun_after_a_run_hansa", ours.failedAfterPerRun());
        figures.put("failed_begun_after_a_run_envoy", theirs.failedAfterPerRun());
        figures.put("runs_without_first_answer_envoy", theirs.runsWithoutFirstAnswer());
        return figures;
    }

    private @Nullable Double ratio() {
        var our = ours.firstAnswer();
        var their = theirs.firstAnswer();
        return our.isEmpty() || their.isEmpty() || our.getAsDouble() == 0
                ? null
                : Math.round(their.getAsDouble() / our.getAsDouble() * 100) / 100.0;
    }
}
