package dev.hansa.kubernetes;

import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.CatalogApi;
import dev.hansa.kubernetes.api.RegisteredInstance;
import dev.hansa.kubernetes.api.Registration;
import dev.hansa.kubernetes.catalog.Instances;
import dev.hansa.kubernetes.catalog.KubeService;
import dev.hansa.kubernetes.catalog.PodProblem;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Brings the catalog to what a Service's slices say, and removes what no pod stands for any more.
/// What is there is read first: only a difference is written.
final class CatalogWork {
    /// What is nobody's, of all Services.
    static final KubeService SWEEP = new KubeService("", "");

    /// A Service may be applied after the pods that it selects.
    private static final Duration ALONE = Duration.ofSeconds(30);

    private final Desk desk;
    private final CatalogApi api;
    private final CatalogWatch watch;
    private final PodEvents pods;
    private final Map<String, String> mark;

    /// Names in the mesh that a Service's pods had when it was last looked at: bounded by the
    /// Services that are there.
    private final Map<KubeService, Set<String>> names = new ConcurrentHashMap<>();

    private final ClusterIpsWork clusterIps;
    private final Consumer<KubeService> changed;

    /// @param changed told of what else is to be looked at
    CatalogWork(
            Desk desk,
            CatalogApi api,
            CatalogWatch watch,
            PodEvents pods,
            Consumer<KubeService> changed) {
        this.desk = desk;
        this.api = api;
        this.watch = watch;
        this.pods = pods;
        this.mark = Map.of(Owner.SOURCE, "kubernetes", Owner.CLUSTER, desk.name());
        this.clusterIps = new ClusterIpsWork(desk, watch, pods, mark);
        this.changed = changed;
    }

    /// What has become of one look. One write that is refused does not keep the others.
    private static final class Round {
        private Outcome outcome = new Outcome.Settled();
        private int registered;
        private int removed;
        private boolean isUnanswered;

        /// @return whether it was done
        boolean attempt(Desk.Removal write) throws InterruptedException {
            if (isUnanswered) {
                // each would wait for its own answer
                return false;
            }
            try {
                write.run();
                return true;
            } catch (ApiException e) {
                isUnanswered = e.reason() == ApiException.Cause.UNREACHABLE;
                if (isUnanswered || outcome instanceof Outcome.Settled) {
                    outcome = Desk.outcome(e);
                }
                return false;
            }
        }
    }

    Outcome work(KubeService service) throws InterruptedException {
        if (!watch.isKnown()) {
            return new Outcome.Failed(
                    "watch of services, endpointslices and pods: expected to have begun; found that it has not");
        }
        if (service.equals(ClusterIpsWork.ENTRY)) {
            try {
                return clusterIps.work();
            } catch (ApiException e) {
                return Desk.outcome(e);
            }
        }
        var round = new Round();
        round.attempt(() -> {
            if (service.equals(SWEEP)) {
                sweep(round);
            } else {
                bring(service, round);
            }
        });
        if (round.registered + round.removed > 0) {
            desk.events()
                    .accept(
                            new OperatorEvent.CatalogWritten(
                                    service.equals(SWEEP) ? "leftovers" : service.toString(),
                                    round.registered,
                                    round.removed));
        }
        return round.outcome;
    }

    private void bring(KubeService service, Round round) throws ApiException, InterruptedException {
        var wanted = Instances.of(service, watch, mark);
        wanted.problems().forEach(pods::tell);
        if (clusterIps.isNews(service, wanted.shown())) {
            changed.accept(ClusterIpsWork.ENTRY);
        }
        var called = new TreeSet<String>();
        wanted.registrations().values().forEach(one -> called.add(one.service()));
        // of a Service that had none the sweep finds what an earlier life of this operator left
        var asked = new TreeSet<>(called);
        asked.addAll(names.getOrDefault(service, Set.of()));
        var there = new HashMap<String, RegisteredInstance>();
        for (var name : asked) {
            for (var one : api.instances(name, Instances.mark(service, mark))) {
                there.put(one.key(), one);
            }
        }
        for (var one : wanted.registrations().values()) {
            var found = there.get(one.key());
            if (found == null || !found.isAs(one)) {
                register(one, round);
            }
        }
        for (var one : there.values()) {
            if (!wanted.registrations().containsKey(one.key())
                    && !wanted.held().contains(one.key())) {
                remove(one, round);
            }
        }
        remember(service, called, round);
    }

    private void remember(KubeService service, Set<String> called, Round round) {
        var all = new TreeSet<>(called);
        if (!(round.outcome instanceof Outcome.Settled)) {
            all.addAll(names.getOrDefault(service, Set.of()));
        }
        if (all.isEmpty()) {
            names.remove(service);
        } else {
            names.put(service, Set.copyOf(all));
        }
    }

    private void register(Registration wanted, Round round) throws InterruptedException {
        if (round.attempt(
                () -> {
                    desk.mayWrite();
                    api.register(wanted);
                })) {
            round.registered++;
        }
    }

    private void remove(RegisteredInstance instance, Round round) throws InterruptedException {
        if (round.attempt(
                () -> {
                    desk.mayWrite();
                    api.deregister(instance.node(), instance.id());
                })) {
            round.removed++;
        }
    }

    /// What was registered for pods that went while nobody looked; nodes of machines that went; and
    /// pods that no Service selects.
    private void sweep(Round round) throws ApiException, InterruptedException {
        var wanted = new HashMap<KubeService, Instances>();
        var machines = new HashSet<String>();
        watch.machines().forEach(machine -> machines.add(Instances.node(machine)));
        for (var node : api.syntheticNodes()) {
            var left = 0;
            for (var one : api.at(node.name())) {
                if (isLeft(one, wanted)) {
                    remove(one, round);
                } else {
                    left++;
                }
            }
            // another cluster of this datacenter may have a machine of the same name
            if (left == 0
                    && !machines.contains(node.name())
                    && desk.name().equals(node.meta().get(Owner.CLUSTER))) {
                round.attempt(() -> {
                    desk.mayWrite();
                    api.deregister(node.name(), "");
                });
            }
        }
        var since = desk.clock().instant().minus(ALONE);
        watch.injected()
                .filter(pod -> !pod.isEnding() && !pod.isGateway())
                .filter(pod -> pod.begun().filter(since::isAfter).isPresent())
                .filter(pod -> !watch.isSelected(pod))
                .forEach(pod -> pods.tell(PodProblem.noService(pod)));
    }

    private boolean isLeft(RegisteredInstance one, Map<KubeService, Instances> wanted) {
        var owner = Instances.owner(one.meta());
        if (owner.isEmpty()
                || !desk.name().equals(one.meta().get(Owner.CLUSTER))
                || !desk.cluster().sees(owner.get().namespace())) {
            return false;
        }
        var instances =
                wanted.computeIfAbsent(owner.get(), service -> Instances.of(service, watch, mark));
        return !instances.registrations().containsKey(one.key())
                && !instances.held().contains(one.key());
    }
}
