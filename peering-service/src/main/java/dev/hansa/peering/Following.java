package dev.hansa.peering;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.Closer;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.peering.api.ApiRouter;
import dev.hansa.peering.cluster.LiveCopy;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.discovery.DenialLog;
import dev.hansa.peering.discovery.FollowerDoor;
import dev.hansa.peering.store.MemberService;
import dev.hansa.peering.store.NotLeadingFailure;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.stream.FollowerService;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.time.Duration;
import java.util.Optional;

/// A server that does not lead: it keeps a copy of what is live, passes operators' requests on, and
/// sends peers and proxies to the leader. Without a leader it answers what may be stale.
final class Following implements Role {
    /// Between two attempts to listen to a leader that is just found or lost.
    private static final Duration PAUSE = Duration.ofMillis(100);

    /// The leader tells all from the beginning each time.
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

    /// Only to notice a defect.
    private static final Duration IDLE = Duration.ofHours(1);

    /// For all that the leader has to tell. A leader of a version that cannot be copied from must
    /// not be in the way of the upgrade that replaces it.
    private static final Duration COPY_WITHIN = Duration.ofSeconds(30);

    private final Closer closer = new Closer();
    private final ServerParts parts;
    private final Doors doors;
    private final long since = System.nanoTime();
    private volatile boolean copied;

    /// @param roles asks whoever leads
    Following(ServerParts parts, Roles roles) throws Exception {
        this.parts = parts;
        var router =
                closer.add(
                        new ApiRouter(
                                Leading.settings(parts),
                                parts.store(),
                                parts.live(),
                                new NotLeading(),
                                (_, _, _, _) -> {
                                    throw new NotLeadingFailure(NotLeading.SENTENCE);
                                },
                                parts.keeper().authority()::bundle,
                                new DenialLog(),
                                parts.monitor(),
                                parts.events()));
        router.members(parts.store().members(), parts.config().deadAfter());
        router.snapshots(parts.snapshots());
        router.audit(parts.store().audit());
        router.history(parts.history());
        router.certificateAuthority(new NotLeading(), parts.config().leafLife());
        // whoever owns a check is heard by the leader
        router.checks((_, _, _) -> {});
        router.failover(new NotLeading());
        router.logins((_, _) -> {
            throw new NotLeadingFailure(NotLeading.SENTENCE);
        });
        router.elsewhere(roles::ask);
        var door =
                GrpcServer.server(
                        parts.vertx(),
                        new GrpcServerOptions().setMaxMessageSize(ProxyRpc.MAX_MESSAGE_BYTES));
        FollowerDoor.register(door, () -> leader().map(ServerInfo::proxies));
        var peers =
                new FollowerService(
                        parts.vertx(),
                        () -> leader().map(ServerInfo::peers).map(Endpoint::toString),
                        roles::exchange);
        doors = new Doors(router.router(parts.vertx()), door, peers::call, peers::opened);
        var listening = Thread.ofVirtual().name("live-copy").start(this::listen);
        closer.add(() -> stop(listening));
        var trusting = Thread.ofVirtual().name("trust").start(this::trust);
        closer.add(() -> stop(trusting));
    }

    private static void stop(Thread thread) throws InterruptedException {
        thread.interrupt();
        thread.join();
    }

    private Optional<ServerInfo> leader() {
        var name = parts.store().members().leadership().get().leader();
        return ServerInfo.in(parts.live().snapshots().get()).stream()
                .filter(server -> name.equals(Optional.of(server.member())))
                .findFirst();
    }

    private void listen() {
        var members = parts.store().members();
        var losses = new LeaderLosses(System::nanoTime);
        try {
            while (true) {
                var now =
                        members.leadership()
                                .await(one -> one.leader().isPresent() && !one.own(), IDLE);
                if (now.leader().isEmpty() || now.own()) {
                    continue;
                }
                try {
                    var copy = new LiveCopy(parts.live());
                    members.toLeader()
                            .follow(
                                    now,
                                    Question.encode(parts.self()),
                                    message -> {
                                        copy.take(message);
                                        if (copy.isWhole()) {
                                            copied = true;
                                        }
                                    });
                } catch (StoreFailure e) {
                    // it says itself when it comes back, or another is elected
                    if (losses.isTold(now)) {
                        parts.events()
                                .accept(
                                        new PeeringEvent.LeaderLost(
                                                String.valueOf(e.getMessage())));
                    }
                } catch (RuntimeException | Error e) {
                    // a leader of another version, during an upgrade, or a defect
                    failed("copying what the leader tells", e);
                    Thread.sleep(AFTER_FAILURE);
                }
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The leader says who signs; each server serves it.
    private void trust() {
        var served = generation(parts.store().now());
        try {
            while (true) {
                var last = served;
                var state = parts.store().state().await(now -> generation(now) != last, IDLE);
                if (generation(state) != last) {
                    try {
                        Leading.serveTrust(parts);
                        served = generation(state);
                    } catch (RuntimeException | Error e) {
                        failed("serving the datacenter's new roots", e);
                        Thread.sleep(AFTER_FAILURE);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void failed(String what, Throwable cause) {
        parts.events().accept(new PeeringEvent.BackgroundFailure(what, cause));
    }

    private static long generation(StoreState state) {
        return state.ca().orElseThrow().generation();
    }

    @Override
    public Doors doors() {
        return doors;
    }

    @Override
    public Question.Answer answer(Question question) {
        return new Question.Answer(500, NotLeading.SENTENCE);
    }

    @Override
    public void tell(ServerInfo who, MemberService.Listener listener) {
        throw new NotLeadingFailure(NotLeading.SENTENCE);
    }

    @Override
    public void retire() {
        // peers and proxies are with the leader
    }

    @Override
    public Optional<String> unready() {
        return copied || System.nanoTime() - since > COPY_WITHIN.toNanos()
                ? Optional.empty()
                : Optional.of("the leader has not told yet all that is live");
    }

    @Override
    public void health(ObjectNode health) {
        health.put("connectedProxies", 0);
    }

    @Override
    public void close() throws Exception {
        closer.close();
    }
}
