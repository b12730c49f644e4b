package dev.hansa.peering.stream;

import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.wire.RemoteInfo;
import dev.hansa.peering.wire.ReplicationMessage;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Keeps the stream of one peering that dials: connects, converses, waits a little, again, through
/// one address after the other. Ends by itself when the peering is no longer live.
public final class DialLoop implements Runnable {
    private final StreamContext context;
    private final PeerConnector connector;
    private final String peeringId;
    private final Backoff backoff;
    private final DialRing ring = new DialRing();

    public DialLoop(StreamContext context, PeerConnector connector, String peeringId) {
        this.context = context;
        this.connector = connector;
        this.peeringId = peeringId;
        this.backoff =
                new Backoff(
                        context.times().firstRetry(),
                        context.times().longestRetry(),
                        RandomGenerator.getDefault());
    }

    /// What a dialer needs of a peering; a change of it is worth a new attempt at once.
    private record Call(PeeringRecord peering, Secret secret, List<String> addresses) {
        boolean isAs(Call other) {
            return secret.equals(other.secret)
                    && addresses.equals(other.addresses)
                    && peering.caPems().equals(other.peering.caPems());
        }
    }

    /// Does this peering have what a stream needs.
    public static boolean wanted(PeeringRecord peering, StoreState state) {
        return peering.state().isLive()
                && peering.dials()
                && state.secrets(peering.id()).dialerStream().isPresent();
    }

    private Optional<Call> call(StoreState state) {
        return state.peeringById(peeringId)
                .filter(peering -> wanted(peering, state))
                .map(peering ->
                        new Call(
                                peering,
                                state.secrets(peeringId).dialerStream().orElseThrow(),
                                addresses(peering, state)));
    }

    /// Our own gateways first, if we must go through them, then the peer's addresses themselves.
    private List<String> addresses(PeeringRecord peering, StoreState state) {
        var ring =
                new ArrayList<>(
                        context.own()
                                .addresses()
                                .gatewaysToDial(state, context.catalog().snapshots().get()));
        ring.addAll(peering.addressesToDial());
        return ring;
    }

    @Override
    public void run() {
        try {
            for (var call = call(context.store().now());
                    call.isPresent();
                    call = call(context.store().now())) {
                var failed = converse(call.get());
                if (failed.isPresent()) {
                    var dialed = call.get();
                    context.store()
                            .state()
                            .await(
                                    state -> call(state).filter(dialed::isAs).isEmpty(),
                                    failed.get());
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// @return how long to wait before the next attempt; empty when there is nothing to wait for
    private Optional<Duration> converse(Call call) throws InterruptedException {
        var peering = call.peering();
        var claimed = context.streams().claim(peering.name());
        if (claimed.isEmpty()) {
            return Optional.of(backoff.next(GrpcStatus.UNKNOWN, call.addresses().size()));
        }
        var tracker = claimed.get();
        // who deletes a peering writes it first, and then ends the stream that has the place
        if (call(context.store().now()).isEmpty()) {
            tracker.released(Optional.empty());
            return Optional.empty();
        }
        var address = ring.next(call.addresses());
        var isOurs = true;
        try (var stream =
                connector.open(
                        new PeerConnector.Remote(address, peering.serverName(), peering.caPems()),
                        context.times().connectLimit())) {
            var began = System.nanoTime();
            stream.channel().write(open(call));
            var session =
                    new PeerSession(
                            context, peering, true, tracker, stream.channel(), stream.mailbox());
            // which gives it back, however it ends; another may have it right after
            isOurs = false;
            var end = session.run();
            if (session.wasOpen()
                    && System.nanoTime() - began > context.times().longestRetry().toNanos()) {
                backoff.reset();
            }
            stream.leader().get().ifPresent(leader -> follow(leader, call));
            if (Thread.interrupted()) {
                throw new InterruptedException("told to stop");
            }
            return switch (end) {
                case SessionEnd.PeerTerminated _, SessionEnd.WeTerminated _ -> Optional.empty();
                case SessionEnd.Closed _ ->
                        Optional.of(backoff.next(GrpcStatus.UNAVAILABLE, call.addresses().size()));
                case SessionEnd.Lost(var error) ->
                        Optional.of(backoff.next(error.status(), call.addresses().size()));
            };
        } catch (PeerUnreachableException e) {
            var message = e.getMessage() == null ? "no stream" : e.getMessage();
            tracker.released(Optional.of(message));
            context.events().accept(new PeeringEvent.StreamEnded(peering.name(), message));
            return Optional.of(backoff.next(GrpcStatus.UNAVAILABLE, call.addresses().size()));
        } catch (RuntimeException | Error e) {
            if (isOurs) {
                tracker.released(Optional.of("the conversation failed"));
            }
            context.events()
                    .accept(
                            new PeeringEvent.BackgroundFailure(
                                    "stream to peer '" + peering.name() + "'", e));
            return Optional.of(backoff.next(GrpcStatus.INTERNAL, call.addresses().size()));
        } catch (InterruptedException e) {
            if (isOurs) {
                tracker.released(Optional.of("the server is stopping"));
            }
            throw e;
        }
    }

    private void follow(String leader, Call call) {
        context.events()
                .accept(
                        new PeeringEvent.LeaderNamed(
                                call.peering().name(), ring.follow(leader, call.addresses())));
    }

    private ReplicationMessage open(Call call) {
        return ReplicationMessage.newBuilder()
                .setOpen(
                        ReplicationMessage.Open.newBuilder()
                                .setPeerID(call.peering().peerId())
                                .setStreamSecretID(call.secret().value())
                                .setRemote(
                                        RemoteInfo.newBuilder()
                                                .setDatacenter(context.own().datacenter().name())))
                .build();
    }
}
