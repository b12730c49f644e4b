package dev.hansa.benchmarks.failover;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// What is measured, in order: first with the control planes, then without.
///
/// @param deadEnds also what callers are told when nothing is left
/// @param crowd also how soon 200 subscriptions know
/// @param importer also how soon an importer knows that its peer has no instance left
record Plan(List<Planned> cases, boolean deadEnds, boolean crowd, boolean importer) {
    static final String WITHOUT_CONTROL_PLANE = "-no-control-plane";
    static final String DEAD_ENDS = "dead-ends";
    static final String CROWD = "crowd";
    static final String IMPORTER = "importer";

    /// Enough for a p99 that is not the one bad run.
    private static final int MANY_RUNS = 30;

    private static final int FEW_RUNS = 5;

    private static final List<FailoverCase> HEADLINES =
            List.of(FailoverCase.KILL, FailoverCase.DROP);

    private static final List<FailoverCase> QUICK =
            List.of(
                    FailoverCase.KILL,
                    FailoverCase.DROP,
                    FailoverCase.FREEZE_APP,
                    FailoverCase.CRITICAL);

    Plan {
        cases = List.copyOf(cases);
    }

    /// A case with the kinds of client that share its load, and how often.
    ///
    /// @param envoyRuns how many of the runs are followed by one against Envoy
    record Planned(
            FailoverCase which,
            boolean withControlPlanes,
            List<ClientKind> clients,
            int runs,
            int envoyRuns) {
        Planned {
            clients = List.copyOf(clients);
        }

        /// Whether one against Envoy follows this run, counted from 1: they are spread evenly.
        boolean isFollowedByEnvoy(int run) {
            return run * envoyRuns / runs > (run - 1) * envoyRuns / runs;
        }

        String name() {
            return which.word() + (withControlPlanes ? "" : WITHOUT_CONTROL_PLANE);
        }
    }

    /// What can be chosen by name.
    static List<String> words() {
        return Stream.of(
                        FailoverCase.words().stream(),
                        FailoverCase.words().stream().map(word -> word + WITHOUT_CONTROL_PLANE),
                        Stream.of(DEAD_ENDS, CROWD, IMPORTER))
                .flatMap(each -> each)
                .toList();
    }

    /// One run of what CI looks at.
    static Plan quick() {
        return new Plan(
                QUICK.stream()
                        .map(which -> new Planned(which, true, List.of(ClientKind.HTTP_NEW), 1, 0))
                        .toList(),
                false,
                false,
                false);
    }

    /// @param words of the cases wanted
    /// @param full 30 runs of everything
    /// @param runs of each instead; 0: as it is
    static Plan of(List<String> words, boolean full, int runs) {
        var cases = new ArrayList<Planned>();
        for (var withControlPlanes : List.of(true, false)) {
            for (var which : FailoverCase.values()) {
                var name = which.word() + (withControlPlanes ? "" : WITHOUT_CONTROL_PLANE);
                if (words.contains(name)) {
                    cases.addAll(planned(which, withControlPlanes, full, runs));
                }
            }
        }
        return new Plan(
                cases, words.contains(DEAD_ENDS), words.contains(CROWD), words.contains(IMPORTER));
    }

    private static List<Planned> planned(
            FailoverCase which, boolean withControlPlanes, boolean full, int runs) {
        var few = runs > 0 ? runs : full ? MANY_RUNS : FEW_RUNS;
        var many = runs > 0 ? runs : MANY_RUNS;
        var all = Arrays.asList(ClientKind.values());
        if (!withControlPlanes || !HEADLINES.contains(which)) {
            return List.of(new Planned(which, withControlPlanes, all, few, 0));
        }
        // an Envoy that nobody answers may wait for the whole limit of a first answer
        var envoyRuns = which == FailoverCase.DROP && !full ? Math.min(many, FEW_RUNS) : many;
        // all of the load on new HTTP connections, as against Envoy; the rest by itself
        return List.of(
                new Planned(which, true, List.of(ClientKind.HTTP_NEW), many, envoyRuns),
                new Planned(which, true, all.subList(1, all.size()), few, 0));
    }

    boolean needsThirdDatacenter() {
        return deadEnds
                || cases.stream().anyMatch(one -> one.which() == FailoverCase.DATACENTER_DIES);
    }

    boolean needsEnvoy() {
        return cases.stream().anyMatch(one -> one.envoyRuns() > 0);
    }
}
