package dev.hansa.tests.multicluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Hurts the two datacenters: what a [SoakPlan] says, each when it is due, or when the one before
/// it at the same place is over. At most one server of a datacenter at a time, unless all of lke's;
/// the ways to `echo` one at a time, so that one instance always has a way to it.
final class SoakFaults {
    /// Until all callers of an instance that has come back have been told of it, or have tried it.
    private static final Duration HOME_AGAIN = Duration.ofSeconds(5);

    /// Longer than an election and a start take.
    private static final Duration WRITES_AGAIN = Duration.ofSeconds(60);

    /// At one place, the one that goes on included: with more of them what is due waits, and the
    /// times that follow with it.
    private static final int AT_ONE_PLACE = 3;

    /// Where one fault happens at a time.
    private static final class Place {
        private final Semaphore entrance = new Semaphore(AT_ONE_PLACE);
        private final Semaphore inside = new Semaphore(1, true);
    }

    private final SoakWorld world;
    private final SoakClients clients;
    private final long seed;
    private final Map<String, Place> servers = Map.of("eks", new Place(), "lke", new Place());
    private final Place path = new Place();
    private final Map<SoakPlan.Kind, Integer> counts = new ConcurrentHashMap<>();
    private final Queue<Long> localDeaths = new ConcurrentLinkedQueue<>();
    private final Queue<SoakExcuses.Window> away = new ConcurrentLinkedQueue<>();
    private final Queue<SoakExcuses.Window> broken = new ConcurrentLinkedQueue<>();
    private final Queue<Long> afterAllWereKilled = new ConcurrentLinkedQueue<>();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private volatile Set<SoakPlan.Kind> impossible = Set.of();
    private final List<Thread> running = new ArrayList<>();

    SoakFaults(SoakWorld world, SoakClients clients, long seed) {
        this.world = world;
        this.clients = clients;
        this.seed = seed;
    }

    /// Those that were made, and have come to their end.
    Map<String, Integer> counts() {
        var all = new TreeMap<String, Integer>();
        counts.forEach((kind, count) -> all.put(kind.name().toLowerCase(Locale.ROOT), count));
        return all;
    }

    /// What this machine cannot make.
    Set<SoakPlan.Kind> impossible() {
        return Set.copyOf(impossible);
    }

    SoakExcuses excuses() {
        return new SoakExcuses(List.copyOf(localDeaths), List.copyOf(away), List.copyOf(broken));
    }

    /// From the moment that a majority of servers runs, of which all had been killed, to the next
    /// write: the longest of them; empty: none was.
    OptionalLong afterAllWereKilledMillis() {
        return afterAllWereKilled.stream().mapToLong(one -> one).max();
    }

    /// What could not be done: the run proves nothing then.
    List<String> problems() {
        return List.copyOf(problems);
    }

    /// Until a moment in `System.nanoTime`; then until all is whole again.
    void run(long until) throws InterruptedException {
        impossible = world.impossible();
        var plan = new SoakPlan(seed, world.eks().count(), impossible);
        var due = System.nanoTime();
        while (due - until < 0) {
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            var fault = plan.next();
            begin(fault, until);
            due = Math.max(due, System.nanoTime()) + fault.pauseMillis() * 1_000_000L;
        }
        for (var thread : running) {
            thread.join();
        }
    }

    private interface Fault {
        void run() throws IOException, InterruptedException;
    }

    private void begin(SoakPlan.Fault fault, long until) throws InterruptedException {
        var group = fault.isInEks() ? world.eks() : world.lke();
        var hold = fault.holdMillis();
        switch (fault.kind()) {
            case SERVER_KILLED ->
                    server(fault, until, () -> kill(group, victim(group, fault), hold));
            case SERVER_PAUSED ->
                    server(
                            fault,
                            until,
                            () -> {
                                var number = victim(group, fault);
                                group.signal(number, "STOP");
                                TimeUnit.MILLISECONDS.sleep(hold);
                                group.signal(number, "CONT");
                            });
            case SERVER_CUT_OFF ->
                    server(
                            fault,
                            until,
                            () -> cut(group, victim(group, fault), hold, "blackhole", Side.BOTH));
            case SERVER_HEARING_NOT_HEARD ->
                    server(
                            fault,
                            until,
                            () -> cut(group, victim(group, fault), hold, "blackhole", Side.FROM));
            case SERVER_HEARD_NOT_HEARING ->
                    server(
                            fault,
                            until,
                            () -> cut(group, victim(group, fault), hold, "blackhole", Side.TO));
            case SERVER_REFUSED ->
                    server(
                            fault,
                            until,
                            () -> cut(group, victim(group, fault), hold, "prohibit", Side.BOTH));
            case SERVER_UNPLUGGED ->
                    server(
                            fault,
                            until,
                            () -> {
                                var node = node(group, victim(group, fault));
                                SoakWorld.link(node, "down");
                                TimeUnit.MILLISECONDS.sleep(hold);
                                SoakWorld.link(node, "up");
                            });
            case SERVER_LOSES_PACKETS ->
                    server(
                            fault,
                            until,
                            () ->
                                    lose(
                                            List.of(node(group, victim(group, fault))),
                                            network(group),
                                            hold));
            case SERVER_CLOCK_OFF ->
                    server(fault, until, () -> shift(group, victim(group, fault), fault));
            case SERVER_DISK_FULL ->
                    server(fault, until, () -> fill(group, victim(group, fault), hold));
            case ALL_SERVERS_OF_A_PEER_KILLED ->
                    // what has just come back could tell nobody that it has
                    onPath(fault, until, () -> beside(world.lke(), () -> killAll(hold)));
            case GATEWAY_KILLED ->
                    onPath(
                            fault,
                            until,
                            () -> {
                                var name = group.name() + "-gw";
                                breaking(() -> restart(name, hold));
                                awaitProxies();
                            });
            case LOCAL_INSTANCE_KILLED ->
                    onPath(
                            fault,
                            until,
                            () -> {
                                var began = System.nanoTime();
                                localDeaths.add(began);
                                restart("eks-echo", hold);
                                awaitProxies();
                                away.add(
                                        new SoakExcuses.Window(
                                                began, System.nanoTime() + HOME_AGAIN.toNanos()));
                            });
            case LINK_CUT -> onPath(fault, until, () -> link("blackhole", () -> {}, hold));
            case LINK_REFUSED -> onPath(fault, until, () -> link("prohibit", () -> {}, hold));
            case LINK_HALF_OPEN ->
                    onPath(fault, until, () -> link("blackhole", () -> restart("lke-gw", 0), hold));
            case LINK_LOSES_PACKETS ->
                    onPath(fault, until, () -> lose(borderOfLke(), SoakWorld.EKS + ".0/24", hold));
            case LINK_SLOW ->
                    onPath(
                            fault,
                            until,
                            () -> {
                                SoakWorld.throttle("lke-gw", "add");
                                TimeUnit.MILLISECONDS.sleep(hold);
                                SoakWorld.throttle("lke-gw", "del");
                            });
            case LINK_DELAYED -> onPath(fault, until, () -> SoakWorld.delay(borderOfLke(), hold));
        }
    }

    /// What is carried over to the peer breaks, until this is over: what was started again may take
    /// longer to be well, but takes nothing with it any more.
    private void breaking(Fault fault) throws IOException, InterruptedException {
        var began = System.nanoTime();
        try {
            fault.run();
        } finally {
            broken.add(new SoakExcuses.Window(began, System.nanoTime()));
        }
    }

    /// It is over once its datacenter takes writes again: the next one is another death.
    private void server(SoakPlan.Fault fault, long until, Fault what) throws InterruptedException {
        var group = fault.isInEks() ? world.eks() : world.lke();
        start(
                fault.kind(),
                place(group),
                until,
                () -> {
                    what.run();
                    awaitWrite(group);
                });
    }

    private Place place(ServerGroup group) {
        return servers.getOrDefault(group.name(), path);
    }

    private void awaitWrite(ServerGroup group) throws InterruptedException {
        var gaps = clients.control(group.name());
        var before = gaps.count();
        var deadline = System.nanoTime() + WRITES_AGAIN.toNanos();
        while (gaps.count() == before) {
            if (System.nanoTime() - deadline > 0) {
                problems.add(
                        group.name() + " took no write for " + WRITES_AGAIN.toSeconds() + " s");
                return;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /// Once the fault of one of its servers is over.
    private void beside(ServerGroup group, Fault fault) throws IOException, InterruptedException {
        var inside = place(group).inside;
        inside.acquire();
        try {
            fault.run();
            awaitProxies();
        } finally {
            inside.release();
        }
    }

    private void onPath(SoakPlan.Fault fault, long until, Fault what) throws InterruptedException {
        start(fault.kind(), path, until, what);
    }

    /// Waits where the place has too many already; what waits there when the time is over is not
    /// made.
    private void start(SoakPlan.Kind kind, Place place, long until, Fault fault)
            throws InterruptedException {
        place.entrance.acquire();
        running.add(
                Thread.ofVirtual()
                        .name("fault-" + kind)
                        .start(() -> {
                            try {
                                place.inside.acquire();
                                try {
                                    if (System.nanoTime() - until < 0) {
                                        make(kind, fault);
                                    }
                                } finally {
                                    place.inside.release();
                                }
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            } finally {
                                place.entrance.release();
                            }
                        }));
    }

    private void make(SoakPlan.Kind kind, Fault fault) throws InterruptedException {
        try {
            say(kind + " begins");
            fault.run();
            say(kind + " is over");
            counts.merge(kind, 1, Integer::sum);
        } catch (IOException | AssertionError | RuntimeException e) {
            e.printStackTrace(System.out);
            problems.add(kind + ": " + e);
        }
    }

    /// In the times of [SoakClients.Failure].
    private static void say(String what) {
        System.out.println("soak: at " + System.nanoTime() / 1_000_000 + " ms: " + what);
    }

    private static int victim(ServerGroup group, SoakPlan.Fault fault) throws InterruptedException {
        return fault.victim() < group.count() ? fault.victim() : group.leader().orElse(0);
    }

    /// With one server there is none while it is away; with three there is.
    private void kill(ServerGroup group, int number, int hold)
            throws IOException, InterruptedException {
        var from = System.nanoTime();
        group.kill(number);
        TimeUnit.MILLISECONDS.sleep(hold);
        group.start(number);
        if (group.count() == 1) {
            excludeUntilAMajorityRuns(group, from);
        }
        group.awaitAnswer(number);
    }

    /// How long it takes to elect and to open is counted.
    private void excludeUntilAMajorityRuns(ServerGroup group, long from) {
        group.awaitMajority();
        clients.control(group.name()).exclude(from, System.nanoTime());
    }

    private void killAll(int hold) throws IOException, InterruptedException {
        var group = world.lke();
        var from = System.nanoTime();
        for (var number = 0; number < group.count(); number++) {
            group.kill(number);
        }
        TimeUnit.MILLISECONDS.sleep(hold);
        for (var number = 0; number < group.count(); number++) {
            group.start(number);
        }
        group.awaitMajority();
        var majority = System.nanoTime();
        awaitWrite(group);
        // no death of one that leads: of all of them, each of which starts anew
        var gaps = clients.control(group.name());
        var again = gaps.firstSince(majority).orElse(System.nanoTime());
        gaps.exclude(from, again);
        afterAllWereKilled.add((again - majority) / 1_000_000);
        for (var number = 0; number < group.count(); number++) {
            group.awaitAnswer(number);
        }
    }

    /// Whose packets are lost: the victim's to the others, theirs to it.
    private enum Side {
        FROM,
        TO,
        BOTH
    }

    /// One server from the others of its datacenter.
    private static void cut(ServerGroup group, int number, int hold, String kind, Side side)
            throws IOException, InterruptedException {
        for (var verb : List.of("add", "del")) {
            for (var other = 0; other < group.count(); other++) {
                if (other != number) {
                    if (side != Side.TO) {
                        SoakWorld.route(node(group, number), verb, kind, group.host(other) + "/32");
                    }
                    if (side != Side.FROM) {
                        SoakWorld.route(node(group, other), verb, kind, group.host(number) + "/32");
                    }
                }
            }
            if (verb.equals("add")) {
                TimeUnit.MILLISECONDS.sleep(hold);
            }
        }
    }

    private void shift(ServerGroup group, int number, SoakPlan.Fault fault)
            throws IOException, InterruptedException {
        var clock = world.clock(node(group, number));
        clock.shift(Duration.ofHours(fault.hoursOff()));
        try {
            TimeUnit.MILLISECONDS.sleep(fault.holdMillis());
        } finally {
            clock.shift(Duration.ZERO);
        }
    }

    /// Whatever its log has come to it is started anew after that: an append that finds no room
    /// ends a log until then.
    private void fill(ServerGroup group, int number, int hold)
            throws IOException, InterruptedException {
        SoakWorld.fill(group.data(number), hold);
        kill(group, number, 0);
    }

    private static String node(ServerGroup group, int number) {
        return group.name() + "-s" + number;
    }

    private void restart(String name, int hold) throws IOException, InterruptedException {
        world.killProxy(name);
        TimeUnit.MILLISECONDS.sleep(hold);
        world.startProxy(name);
    }

    /// Until every proxy is well and connected, and the caller knows both ways to `echo`.
    private void awaitProxies() throws InterruptedException {
        for (var attempt = 0; attempt < 600; attempt++) {
            try {
                if (isWhole()) {
                    return;
                }
            } catch (IOException _) {
                // it has not started yet
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
        problems.add("echo was not whole again after two minutes");
    }

    private boolean isWhole() throws IOException, InterruptedException {
        for (var gateway : List.of("eks-gw", "lke-gw")) {
            if (!isConnected(world.health(gateway), world.health(gateway))) {
                return false;
            }
        }
        for (var sidecar : List.of("eks-echo", "lke-echo", "eks-caller")) {
            var health = world.health(sidecar);
            for (var service : health.path("services")) {
                if (!isConnected(health, service)) {
                    return false;
                }
                for (var upstream : service.path("upstreams")) {
                    for (var target : upstream.path("targets")) {
                        if (!target.asText().endsWith(": passing")) {
                            return false;
                        }
                    }
                }
            }
        }
        return true;
    }

    private static boolean isConnected(JsonNode proxy, JsonNode service) {
        return proxy.path("status").asText().equals("passing")
                && service.path("control").asText().equals("connected");
    }

    /// Between the datacenters.
    ///
    /// @param meanwhile as soon as nothing gets through any more
    private void link(String kind, Fault meanwhile, int hold)
            throws IOException, InterruptedException {
        breaking(() -> {
            route("add", kind);
            meanwhile.run();
            TimeUnit.MILLISECONDS.sleep(hold);
            route("del", kind);
        });
        awaitProxies();
    }

    private void route(String verb, String kind) throws IOException, InterruptedException {
        for (var node : borderOfLke()) {
            SoakWorld.route(node, verb, kind, SoakWorld.EKS + ".0/24");
        }
    }

    /// All machines of lke that talk to eks.
    private List<String> borderOfLke() {
        var nodes = new ArrayList<>(List.of("lke-gw"));
        for (var number = 0; number < world.lke().count(); number++) {
            nodes.add(node(world.lke(), number));
        }
        return nodes;
    }

    private String network(ServerGroup group) {
        return (group == world.eks() ? SoakWorld.EKS : SoakWorld.LKE) + ".0/24";
    }

    private static void lose(List<String> nodes, String network, int hold)
            throws IOException, InterruptedException {
        for (var verb : List.of("-A", "-D")) {
            for (var node : nodes) {
                SoakWorld.lose(node, verb, network);
            }
            if (verb.equals("-A")) {
                TimeUnit.MILLISECONDS.sleep(hold);
            }
        }
    }
}
