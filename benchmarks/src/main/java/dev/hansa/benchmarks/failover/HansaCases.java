package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// The cases, done to datacenters of Hansa. `local` is eks's instance, `refuge` lke's.
final class HansaCases {
    /// What an instance that comes back elsewhere adds to its ports.
    private static final int MOVE = 100;

    /// The death of a gateway that heard less in a second shows nothing.
    private static final int FEW_CONNECTIONS = 5;

    /// A TLS handshake's half and a request have more.
    private static final int BYTES_OF_ONE = 1000;

    /// Callers that have lost the local instance may be answered by any of them.
    private static final String PEERS = "lke-,aws-";

    private static final int WARM_UP_CALLS = 300;

    private static final Duration COMING = Duration.ofMinutes(1);

    private final HansaWorld world;
    private final Datacenter eks;
    private final Datacenter lke;
    private final String local;
    private final String refuge;

    HansaCases(HansaWorld world) {
        this.world = world;
        this.eks = world.eks();
        this.lke = world.lke();
        this.local = eks.instance(1);
        this.refuge = lke.instance(1);
    }

    /// What has just started runs slowly, as nothing does that has run for a day. Calls both ways,
    /// few at once, so that nothing piles up.
    void warmUp() throws IOException, InterruptedException {
        world.exercise(WARM_UP_CALLS);
        liveOnTheRefuge();
        world.exercise(WARM_UP_CALLS);
        localAgain();
        world.exercise(WARM_UP_CALLS);
    }

    /// The blows of a case, one after the other.
    List<Blow> blows(FailoverCase which) {
        return switch (which) {
            case KILL -> List.of(kill());
            case DEREGISTER -> List.of(deregister());
            case DROP -> List.of(drop());
            case FREEZE_APP -> List.of(freezeApp());
            case CRITICAL -> List.of(critical());
            case GATEWAY_DIES -> List.of(gatewayDies());
            case LOCAL_3 -> localThree();
            case MOVED -> List.of(moved());
            case DATACENTER_DIES -> List.of(datacenterDies());
        };
    }

    /// Of the local instance.
    ///
    /// @param move of its ports, when it comes back
    private PerService<Knowledge> knowsLocal(int move) {
        return world.controlPlanesRun()
                ? new PerService<>(
                        eks.knows(Datacenter.WEB, local), eks.knows(Datacenter.RPC, local))
                : PerService.same(new Knowledge.Port(eks.sidecarAddress(1, move)));
    }

    /// A blow to the last local instance, after which lke answers.
    private Blow toLocal(boolean isTold, Blow.Step strike, Blow.Step undo) {
        return new Blow(local, PEERS, List.of(), isTold, knowsLocal(0), strike, undo);
    }

    /// SIGKILL to the last local instance and its sidecar, as to a pod.
    private Blow kill() {
        return toLocal(
                false,
                () -> eks.kill(Datacenter.app(1), Datacenter.sidecar(1)),
                () -> eks.startInstance(1, 0));
    }

    /// The last local instance leaves as one does that is scaled down: its sidecar is told to stop
    /// and takes it out of the catalog, while the application serves what it has.
    private Blow deregister() {
        return toLocal(
                true,
                () -> eks.signal(Libc.SIGTERM, Datacenter.sidecar(1)),
                () -> {
                    eks.kill(Datacenter.app(1), Datacenter.sidecar(1));
                    eks.startInstance(1, 0);
                });
    }

    /// The machine of the last local instance is cut off without a word; where that cannot be done
    /// both processes are stopped.
    private Blow drop() {
        if (world.ground().cuts()) {
            return toLocal(
                    false,
                    () -> world.ground().cutOff(eks.instanceMachine(1)),
                    () -> world.ground().joinAgain(eks.instanceMachine(1)));
        }
        return toLocal(
                false,
                () -> eks.signal(Libc.SIGSTOP, Datacenter.app(1), Datacenter.sidecar(1)),
                () -> eks.signal(Libc.SIGCONT, Datacenter.app(1), Datacenter.sidecar(1)));
    }

    /// The application hangs; the kernel goes on accepting connections for it.
    private Blow freezeApp() {
        return toLocal(
                false,
                () -> eks.signal(Libc.SIGSTOP, Datacenter.app(1)),
                () -> eks.signal(Libc.SIGCONT, Datacenter.app(1)));
    }

    /// The application says that it is not well, and goes on answering. Times count from the
    /// catalog's write, as far as it can be seen from outside. Without control planes it is its
    /// sidecar alone that turns callers away.
    private Blow critical() {
        return toLocal(true, () -> eks.tellApp(1, "critical"), () -> eks.tellApp(1, "passing"));
    }

    /// One of lke's two gateways dies while eks lives on what lke gives, and comes through it.
    private Blow gatewayDies() {
        var second = Datacenter.gateway(1);
        var before = new AtomicLong();
        return new Blow(
                "",
                "",
                List.of(),
                false,
                PerService.same(
                        world.controlPlanesRun()
                                ? lke.knows("mesh-gateway", "lke-" + second)
                                : new Knowledge.None()),
                () -> {
                    liveOnTheRefuge();
                    awaitCallersThroughSecond();
                    before.set(lke.heard(1));
                },
                () -> {
                    var heard = lke.heard(1) - before.get();
                    if (heard < FEW_CONNECTIONS * BYTES_OF_ONE) {
                        throw new IllegalStateException(
                                "lke's second gateway: expected at least "
                                        + FEW_CONNECTIONS
                                        + " connections in a second of load, "
                                        + BYTES_OF_ONE
                                        + " bytes each; found bytes: "
                                        + heard);
                    }
                    lke.kill(second);
                },
                () -> lke.startGateway(1),
                this::localAgain);
    }

    /// A gateway that has been away may be tried last for some seconds.
    private void awaitCallersThroughSecond() throws InterruptedException {
        Patience.until(
                "callers to come through lke's second gateway",
                COMING,
                () -> {
                    var before = lke.heard(1);
                    for (var i = 0; i < 4 * FEW_CONNECTIONS; i++) {
                        world.awaitAnswer(ClientKind.HTTP_NEW, refuge);
                    }
                    return lke.heard(1) - before >= FEW_CONNECTIONS * BYTES_OF_ONE;
                });
    }

    private void liveOnTheRefuge() throws IOException, InterruptedException {
        eks.kill(Datacenter.app(1), Datacenter.sidecar(1));
        for (var kind : ClientKind.values()) {
            world.awaitAnswer(kind, refuge);
        }
    }

    private void localAgain() throws IOException, InterruptedException {
        eks.startInstance(1, 0);
        world.awaitWhole();
    }

    /// Three local instances: one is killed, then frozen, then critical. The others have to take
    /// everything, evenly.
    private List<Blow> localThree() {
        var blows = new ArrayList<Blow>();
        for (var one : List.of(kill(), freezeApp(), critical())) {
            blows.add(
                    new Blow(
                            local,
                            "",
                            List.of(eks.instance(2), eks.instance(3)),
                            one.isTold(),
                            one.knowledge(),
                            this::startTwoMore,
                            one.strike(),
                            one.undo(),
                            Blow.Step.NONE));
        }
        var last = blows.removeLast();
        blows.add(
                new Blow(
                        last.victim(),
                        last.refuge(),
                        last.survivors(),
                        last.isTold(),
                        last.knowledge(),
                        last.before(),
                        last.strike(),
                        last.undo(),
                        world.controlPlanesRun() ? this::stopTwoOfThem : Blow.Step.NONE));
        return blows;
    }

    /// Who is not in the callers' tables when the control planes die is never called: where they
    /// are dead they come back for it, and die again.
    private void startTwoMore() throws IOException, InterruptedException {
        if (eks.isRunning(Datacenter.sidecar(2))) {
            awaitAllThree();
        } else if (world.controlPlanesRun()) {
            startInstances();
        } else {
            world.startControlPlanes();
            startInstances();
            world.killControlPlanes();
        }
    }

    private void startInstances() throws IOException, InterruptedException {
        for (var which : List.of(2, 3)) {
            eks.startInstance(which, 0);
        }
        awaitAllThree();
    }

    private void awaitAllThree() throws IOException, InterruptedException {
        for (var which : List.of(1, 2, 3)) {
            for (var kind : ClientKind.values()) {
                world.awaitAnswer(kind, eks.instance(which));
            }
        }
    }

    private void stopTwoOfThem() throws IOException, InterruptedException {
        for (var which : List.of(2, 3)) {
            eks.kill(Datacenter.app(which), Datacenter.sidecar(which));
        }
        world.awaitWhole();
    }

    /// The local instance dies, and comes back on other ports. Without control planes nobody can
    /// tell the callers where it is, so that there is no failback to see.
    private Blow moved() {
        return new Blow(
                world.controlPlanesRun() ? local : "",
                PEERS,
                List.of(),
                false,
                knowsLocal(MOVE),
                Blow.Step.NONE,
                () -> eks.kill(Datacenter.app(1), Datacenter.sidecar(1)),
                () -> eks.startInstance(1, MOVE),
                () -> {
                    eks.kill(Datacenter.app(1), Datacenter.sidecar(1));
                    localAgain();
                });
    }

    /// Every process of lke dies while eks lives on what lke gives; aws is next.
    private Blow datacenterDies() {
        return new Blow(
                refuge,
                "aws-",
                List.of(),
                false,
                // what was imported stays when a peer is silent, so that no catalog tells
                PerService.same(new Knowledge.None()),
                this::liveOnTheRefuge,
                lke::killAll,
                this::lkeAgain,
                this::localAgain);
    }

    private void lkeAgain() throws IOException, InterruptedException {
        if (world.controlPlanesRun()) {
            lke.startServer();
            lke.awaitServer();
        }
        lke.startGateway(0);
        lke.startGateway(1);
        lke.startInstance(1, 0);
        if (world.controlPlanesRun()) {
            world.awaitPeer(lke);
        }
    }
}
