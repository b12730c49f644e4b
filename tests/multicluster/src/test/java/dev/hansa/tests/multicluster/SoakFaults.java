package dev.hansa.tests.multicluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Hurts the two datacenters: one fault after the other, each with its end, chosen by a seed. At
/// most one server of a datacenter at a time, unless all of lke's; the ways to `echo` one at a
/// time, so that one instance always has a way to it.
final class SoakFaults {
    enum Kind {
        SERVER_KILLED,
        SERVER_PAUSED,
        SERVER_CUT_OFF,
        SERVER_HEARD_NOT_HEARING,
        SERVER_REFUSED,
        SERVER_UNPLUGGED,
        SERVER_LOSES_PACKETS,
        ALL_SERVERS_OF_A_PEER_KILLED,
        GATEWAY_KILLED,
        LOCAL_INSTANCE_KILLED,
        LINK_CUT,
        LINK_REFUSED,
        LINK_LOSES_PACKETS,
        LINK_SLOW
    }

    /// In `System.nanoTime`.
    record Window(long began, long ended) {
        boolean contains(long at) {
            return at - began >= 0 && at - ended <= 0;
        }

        boolean overlaps(long from, long to) {
            return to - began >= 0 && from - ended <= 0;
        }
    }

    /// Of kinds, until one of them may begin beside what is going on.
    private static final int DRAWS = 20;

    /// Until all callers of an instance that has come back have been told of it, or have tried it.
    private static final Duration HOME_AGAIN = Duration.ofSeconds(5);

    /// At most, and at least half of it. Two faults of five start a process anew, or three, which
    /// takes ten seconds of a slow processor each until it is warm.
    private static final int EVERY_MILLIS = 9_000;

    private final SoakWorld world;
    private final SoakClients clients;
    private final Random random;
    private final Map<String, Semaphore> servers =
            Map.of("eks", new Semaphore(1), "lke", new Semaphore(1));
    private final Semaphore path = new Semaphore(1);
    private final Map<Kind, Integer> counts = new ConcurrentHashMap<>();
    private final Queue<Long> localDeaths = new ConcurrentLinkedQueue<>();
    private final Queue<Window> away = new ConcurrentLinkedQueue<>();
    private final Queue<Window> broken = new ConcurrentLinkedQueue<>();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final List<Thread> running = new ArrayList<>();

    SoakFaults(SoakWorld world, SoakClients clients, long seed) {
        this.world = world;
        this.clients = clients;
        this.random = new Random(seed);
    }

    Map<String, Integer> counts() {
        var all = new TreeMap<String, Integer>();
        counts.forEach((kind, count) -> all.put(kind.name().toLowerCase(Locale.ROOT), count));
        return all;
    }

    /// When the local instance was killed, in `System.nanoTime`.
    Queue<Long> localDeaths() {
        return localDeaths;
    }

    /// While the local instance was away, and until all have found back: who connected then was
    /// carried to the peer.
    Queue<Window> away() {
        return away;
    }

    /// While the way to the peer was broken.
    Queue<Window> broken() {
        return broken;
    }

    /// What could not be done: the run proves nothing then.
    Queue<String> problems() {
        return problems;
    }

    /// Until a moment in `System.nanoTime`; then until all is whole again.
    void run(long until) throws InterruptedException {
        var canLose = SoakWorld.canLose();
        while (System.nanoTime() - until < 0) {
            for (var draw = 0; draw < DRAWS; draw++) {
                var kind = Kind.values()[random.nextInt(Kind.values().length)];
                if ((canLose || !kind.name().endsWith("LOSES_PACKETS")) && begin(kind)) {
                    break;
                }
            }
            TimeUnit.MILLISECONDS.sleep(EVERY_MILLIS / 2 + random.nextInt(EVERY_MILLIS / 2));
        }
        for (var thread : running) {
            thread.join();
        }
    }

    private interface Fault {
        void run() throws IOException, InterruptedException;
    }

    /// @return whether it has begun; it has not where another is going on
    private boolean begin(Kind kind) {
        var group = random.nextBoolean() ? world.eks() : world.lke();
        var hold = 500 + random.nextInt(4_500);
        // the leader more often than by chance
        var wanted = random.nextInt(group.count() * 2);
        return switch (kind) {
            case SERVER_KILLED ->
                    server(kind, group, () -> kill(group, victim(group, wanted), hold));
            case SERVER_PAUSED ->
                    server(
                            kind,
                            group,
                            () -> {
                                var number = victim(group, wanted);
                                group.signal(number, "STOP");
                                TimeUnit.MILLISECONDS.sleep(hold);
                                group.signal(number, "CONT");
                            });
            case SERVER_CUT_OFF ->
                    server(
                            kind,
                            group,
                            () -> cut(group, victim(group, wanted), hold, "blackhole", true));
            case SERVER_HEARD_NOT_HEARING ->
                    server(
                            kind,
                            group,
                            () -> cut(group, victim(group, wanted), hold, "blackhole", false));
            case SERVER_REFUSED ->
                    server(
                            kind,
                            group,
                            () -> cut(group, victim(group, wanted), hold, "prohibit", true));
            case SERVER_UNPLUGGED ->
                    server(
                            kind,
                            group,
                            () -> {
                                var node = node(group, victim(group, wanted));
                                SoakWorld.link(node, "down");
                                TimeUnit.MILLISECONDS.sleep(hold);
                                SoakWorld.link(node, "up");
                            });
            case SERVER_LOSES_PACKETS ->
                    server(
                            kind,
                            group,
                            () ->
                                    lose(
                                            List.of(node(group, victim(group, wanted))),
                                            network(group),
                                            hold));
            case ALL_SERVERS_OF_A_PEER_KILLED ->
                    // what has just come back could tell nobody that it has
                    onPath(kind, () -> beside(world.lke(), () -> killAll(hold)));
            case GATEWAY_KILLED -> {
                var name = random.nextBoolean() ? "eks-gw" : "lke-gw";
                yield onPath(kind, () -> breaking(() -> proxy(name, hold)));
            }
            case LOCAL_INSTANCE_KILLED ->
                    onPath(
                            kind,
                            () -> {
                                var began = System.nanoTime();
                                localDeaths.add(began);
                                proxy("eks-echo", hold);
                                away.add(
                                        new Window(
                                                began, System.nanoTime() + HOME_AGAIN.toNanos()));
                            });
            case LINK_CUT -> onPath(kind, () -> breaking(() -> link("blackhole", hold)));
            case LINK_LOSES_PACKETS ->
                    onPath(kind, () -> lose(borderOfLke(), SoakWorld.EKS + ".0/24", hold));
            case LINK_SLOW ->
                    onPath(
                            kind,
                            () -> {
                                SoakWorld.throttle("lke-gw", "add");
                                TimeUnit.MILLISECONDS.sleep(hold);
                                SoakWorld.throttle("lke-gw", "del");
                            });
            case LINK_REFUSED -> onPath(kind, () -> breaking(() -> link("prohibit", hold)));
        };
    }

    /// What is carried over to the peer breaks.
    private void breaking(Fault fault) throws IOException, InterruptedException {
        var began = System.nanoTime();
        try {
            fault.run();
        } finally {
            broken.add(new Window(began, System.nanoTime()));
        }
    }

    private boolean server(Kind kind, ServerGroup group, Fault fault) {
        return start(kind, servers.getOrDefault(group.name(), path), fault);
    }

    /// Once the fault of one of its servers is over.
    private void beside(ServerGroup group, Fault fault) throws IOException, InterruptedException {
        var place = servers.getOrDefault(group.name(), path);
        place.acquire();
        try {
            fault.run();
            awaitProxies();
        } finally {
            place.release();
        }
    }

    private boolean onPath(Kind kind, Fault fault) {
        return start(kind, path, fault);
    }

    private boolean start(Kind kind, Semaphore place, Fault fault) {
        if (!place.tryAcquire()) {
            return false;
        }
        counts.merge(kind, 1, Integer::sum);
        running.add(
                Thread.ofVirtual()
                        .name("fault-" + kind)
                        .start(() -> {
                            try {
                                say(kind + " begins");
                                fault.run();
                                say(kind + " is over");
                            } catch (IOException | AssertionError | RuntimeException e) {
                                problems.add(kind + ": " + e);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            } finally {
                                place.release();
                            }
                        }));
        return true;
    }

    /// In the times of [SoakClients.Failure].
    private static void say(String what) {
        System.out.println("soak: at " + System.nanoTime() / 1_000_000 + " ms: " + what);
    }

    private static int victim(ServerGroup group, int wanted) throws InterruptedException {
        return wanted < group.count() ? wanted : group.leader().orElse(0);
    }

    /// With one server there is none while it is away; with three there is.
    private void kill(ServerGroup group, int number, int hold)
            throws IOException, InterruptedException {
        var from = System.nanoTime();
        group.kill(number);
        TimeUnit.MILLISECONDS.sleep(hold);
        group.start(number);
        group.awaitAnswer(number);
        if (group.count() == 1) {
            clients.control(group.name()).exclude(from, System.nanoTime());
        }
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
        for (var number = 0; number < group.count(); number++) {
            group.awaitAnswer(number);
        }
        clients.control(group.name()).exclude(from, System.nanoTime());
    }

    /// One server from the others of its datacenter.
    private static void cut(
            ServerGroup group, int number, int hold, String kind, boolean isBothWays)
            throws IOException, InterruptedException {
        for (var verb : List.of("add", "del")) {
            for (var other = 0; other < group.count(); other++) {
                if (other != number) {
                    SoakWorld.route(node(group, number), verb, kind, group.host(other) + "/32");
                    if (isBothWays) {
                        SoakWorld.route(node(group, other), verb, kind, group.host(number) + "/32");
                    }
                }
            }
            if (verb.equals("add")) {
                TimeUnit.MILLISECONDS.sleep(hold);
            }
        }
    }

    private static String node(ServerGroup group, int number) {
        return group.name() + "-s" + number;
    }

    private void proxy(String name, int hold) throws IOException, InterruptedException {
        world.killProxy(name);
        TimeUnit.MILLISECONDS.sleep(hold);
        world.startProxy(name);
        awaitProxies();
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
    private void link(String kind, int hold) throws IOException, InterruptedException {
        for (var verb : List.of("add", "del")) {
            for (var node : borderOfLke()) {
                SoakWorld.route(node, verb, kind, SoakWorld.EKS + ".0/24");
            }
            if (verb.equals("add")) {
                TimeUnit.MILLISECONDS.sleep(hold);
            }
        }
        awaitProxies();
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
