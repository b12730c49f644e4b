package dev.hansa.gateway.sidecar;

import static java.util.stream.Collectors.joining;

import dev.hansa.failover.Route;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.TracedWay;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// In which order one connection tries the endpoints of an upstream's targets: the policy's order,
/// what is suspect after all others, spares after these, and what the server calls down last, if at
/// all.
///
/// @param causes why targets are not among them
record Plan(List<Attempt> attempts, List<String> causes) {
    /// Endpoints tried of one target: the next target gets its chance while the caller still waits.
    static final int MAX_ATTEMPTS_EACH = 3;

    /// Further attempts by the only gateway of ours that leads to a peer: with one bad instance of
    /// three there, one connection in 27 meets nothing else.
    static final int MORE_BY_THE_ONLY_ONE = 2;

    /// Further attempts by each of several gateways: the others make attempts of their own.
    static final int MORE_BY_EACH = 1;

    /// Attempts for one connection, over all targets.
    static final int MAX_ATTEMPTS = 12;

    Plan {
        attempts = List.copyOf(attempts);
        causes = List.copyOf(causes);
    }

    /// @param rank the target's place in the policy's order
    /// @param more how often the same way may be tried again after this one
    record Attempt(Target target, TargetEndpoint endpoint, int rank, int more) {
        Attempt(Target target, TargetEndpoint endpoint, int rank) {
            this(target, endpoint, rank, 0);
        }

        /// Behind a gateway are all instances of a peer, and the next attempt meets another one as
        /// a rule. Or our gateway has carried the hello to a peer's gateway that was dead already,
        /// on a connection opened ahead: it must not send it to another, and knows better the next
        /// time. Whoever makes a new handshake sends nothing twice.
        ///
        /// Who is silent is followed only where the address is the only one of its target, and
        /// once: it may be the whole peer that says nothing, and callers wait.
        Optional<Attempt> again(Sign sign) {
            var possible =
                    switch (sign) {
                        case REFUSED, UNREACHED -> false;
                        case CLOSED, REJECTED -> more > 0;
                        case SILENT -> more == MORE_BY_THE_ONLY_ONE;
                    };
            return possible
                    ? Optional.of(new Attempt(target, endpoint, rank, more - 1))
                    : Optional.empty();
        }

        boolean leadsToMany() {
            return target instanceof Target.PeerTarget;
        }

        Way way() {
            return Plan.way(target, endpoint);
        }

        @Override
        public String toString() {
            return way().toString();
        }
    }

    static Way way(Target target, TargetEndpoint endpoint) {
        return new Way(target.label(), endpoint.address());
    }

    /// @param stale nobody knows whether those that were down still are, and the caller has nothing
    ///   to lose
    /// @param turn grows by one with each connection, so that each endpoint is the first one
    ///   equally often
    static Plan of(Route route, boolean stale, PassiveHealth health, int turn) {
        var good = new ArrayList<Attempt>();
        var suspect = new ArrayList<Attempt>();
        var spare = new ArrayList<Attempt>();
        var down = new ArrayList<Attempt>();
        var causes = new ArrayList<String>();
        for (var rank = 0; rank < route.targets().size(); rank++) {
            var target = route.targets().get(rank);
            var healthy = endpoints(target, target.health().healthy());
            var kept = endpoints(target, target.health().spare());
            if (!target.health().healthy()) {
                causes.add(target.label() + ": " + target.health().evidence());
            } else if (healthy.isEmpty()) {
                causes.add(target.label() + ": no healthy endpoint" + evidence(target));
            }
            add(target, rank, healthy, false, health, turn, good);
            add(target, rank, healthy, true, health, turn, suspect);
            add(target, rank, kept, false, health, turn, spare);
            add(target, rank, kept, true, health, turn, spare);
            if (stale) {
                add(target, rank, down(target), false, health, turn, down);
                add(target, rank, down(target), true, health, turn, down);
            }
        }
        good.addAll(suspect);
        good.addAll(spare);
        good.addAll(down);
        return new Plan(good.subList(0, Math.min(good.size(), MAX_ATTEMPTS)), causes);
    }

    /// Every endpoint once, whatever its health, in the order of the targets: for a trace, which
    /// tells of so many at most.
    static Plan every(Route route) {
        var all = new ArrayList<Attempt>();
        for (var rank = 0; rank < route.targets().size(); rank++) {
            var target = route.targets().get(rank);
            if (!target.sni().isEmpty()) {
                for (var endpoint : target.endpoints()) {
                    all.add(new Attempt(target, endpoint, rank));
                }
            }
        }
        return new Plan(all.subList(0, Math.min(all.size(), TracedWay.MOST)), List.of());
    }

    /// Those that the server calls healthy, of a target that is wanted.
    private static List<TargetEndpoint> endpoints(Target target, boolean wanted) {
        return target.endpoints().stream()
                .filter(endpoint -> wanted && endpoint.health().healthy())
                .toList();
    }

    private static List<TargetEndpoint> down(Target target) {
        return target.endpoints().stream().filter(endpoint -> !works(target, endpoint)).toList();
    }

    private static boolean works(Target target, TargetEndpoint endpoint) {
        return target.health().works() && endpoint.health().healthy();
    }

    private static void add(
            Target target,
            int rank,
            List<TargetEndpoint> endpoints,
            boolean suspect,
            PassiveHealth health,
            int turn,
            List<Attempt> to) {
        if (target.sni().isEmpty()) {
            return;
        }
        var found =
                endpoints.stream()
                        .filter(endpoint -> health.isSuspect(way(target, endpoint)) == suspect)
                        .toList();
        var more =
                switch (target) {
                    case Target.LocalTarget _ -> 0;
                    case Target.PeerTarget _ ->
                            endpoints.size() == 1 ? MORE_BY_THE_ONLY_ONE : MORE_BY_EACH;
                };
        for (var i = 0; i < Math.min(found.size(), MAX_ATTEMPTS_EACH); i++) {
            var endpoint = found.get(Math.floorMod(turn + i, found.size()));
            to.add(new Attempt(target, endpoint, rank, more));
        }
    }

    private static String evidence(Target target) {
        return target.endpoints().stream()
                .map(endpoint -> endpoint.address() + " " + endpoint.health().evidence())
                .collect(joining(", ", " (", ")"));
    }

    /// Every way to an upstream, and whether the server says that it works.
    static Map<Way, Boolean> listed(Route route) {
        var listed = new HashMap<Way, Boolean>();
        for (var target : route.targets()) {
            for (var endpoint : target.endpoints()) {
                listed.put(way(target, endpoint), works(target, endpoint));
            }
        }
        return listed;
    }
}
