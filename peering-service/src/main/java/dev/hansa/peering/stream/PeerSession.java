package dev.hansa.peering.stream;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.RefusalReason;
import dev.hansa.peering.cluster.Knowledge;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoredState;
import dev.hansa.peering.wire.Operation;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.peering.wire.ReplicationMessage.Request;
import dev.hansa.peering.wire.ReplicationMessage.Response;
import dev.hansa.peering.wire.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// One conversation with one peer, from its subscriptions to its end, on the caller's thread. The
/// same on both ends, whoever dialled: take a frame, switch on it, apply, acknowledge, and write
/// what the wire has room for.
final class PeerSession {
    private static final Set<String> KNOWN =
            Set.of(
                    PeerStreamRpc.EXPORTED_SERVICE,
                    PeerStreamRpc.EXPORTED_SERVICE_LIST,
                    PeerStreamRpc.TRUST_BUNDLE,
                    PeerStreamRpc.SERVER_ADDRESSES);

    private static final ReplicationMessage HEARTBEAT =
            ReplicationMessage.newBuilder()
                    .setHeartbeat(ReplicationMessage.Heartbeat.getDefaultInstance())
                    .build();
    private static final ReplicationMessage TERMINATED =
            ReplicationMessage.newBuilder()
                    .setTerminated(ReplicationMessage.Terminated.getDefaultInstance())
                    .build();

    private final StreamContext context;
    private final PeeringRecord peering;
    private final boolean dials;
    private final StreamTracker tracker;
    private final PeerChannel channel;
    private final Mailbox mailbox;
    private final Outbox outbox;
    private final Imports imports;
    private final Answers control;
    private long heartbeatDue;
    private long silenceEnds;
    private boolean isOpen;
    private boolean isSynced;
    private long begunAt;
    private int resources;

    PeerSession(
            StreamContext context,
            PeeringRecord peering,
            boolean dials,
            StreamTracker tracker,
            PeerChannel channel,
            Mailbox mailbox) {
        this.context = context;
        this.peering = peering;
        this.dials = dials;
        this.tracker = tracker;
        this.channel = channel;
        this.mailbox = mailbox;
        this.control = new Answers(context.limits().pending());
        this.outbox = new Outbox(context.own(), peering.name(), channel::largest);
        this.imports = new Imports(context, peering, dials, channel::isHansa);
    }

    /// Converses until one side ends it or the wire breaks; the channel is closed then.
    SessionEnd run() {
        tracker.begun(mailbox);
        begunAt = System.nanoTime();
        if (!dials) {
            open();
        }
        SessionEnd end =
                new SessionEnd.Lost(
                        new StreamError(GrpcStatus.INTERNAL, "the conversation failed"));
        var catalogWatch = context.catalog().snapshots().watch(_ -> mailbox.changed());
        var knowledgeWatch = context.catalog().knowledge().watch(_ -> mailbox.changed());
        var storeWatch = context.store().state().watch(_ -> mailbox.changed());
        try {
            end = converse();
            return end;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            end =
                    new SessionEnd.Lost(
                            new StreamError(GrpcStatus.UNAVAILABLE, "the server is stopping"));
            return end;
        } catch (RuntimeException e) {
            context.events()
                    .accept(
                            new PeeringEvent.BackgroundFailure(
                                    "stream of peer '" + peering.name() + "'", e));
            return end;
        } finally {
            catalogWatch.close();
            knowledgeWatch.close();
            storeWatch.close();
            if (isOpen) {
                heard(false);
            }
            finish(end);
            tracker.released(
                    end instanceof SessionEnd.Lost(var error)
                            ? Optional.of(error.message())
                            : Optional.empty());
            context.events().accept(new PeeringEvent.StreamEnded(peering.name(), end.words()));
        }
    }

    /// An acceptor has been shown a secret; a dialer knows that it was taken only when the first
    /// word comes back.
    private void open() {
        isOpen = true;
        tracker.opened();
        heard(true);
        context.events().accept(new PeeringEvent.StreamOpened(peering.name(), dials));
    }

    /// Did the peer ever answer.
    boolean wasOpen() {
        return isOpen;
    }

    private void finish(SessionEnd end) {
        switch (end) {
            case SessionEnd.Lost(var error) -> channel.fail(error);
            case SessionEnd.Closed _, SessionEnd.PeerTerminated _, SessionEnd.WeTerminated _ ->
                    channel.end();
        }
    }

    private void heard(boolean connected) {
        var now = Instant.now(context.clock());
        context.catalog()
                .imported(
                        peering.name(),
                        catalog -> catalog.heard(connected ? now : catalog.heardAt(), connected));
    }

    private SessionEnd converse() throws InterruptedException {
        subscribe();
        heartbeatDue = System.nanoTime() + context.times().heartbeatEvery().toNanos();
        silenceEnds = System.nanoTime() + context.times().silenceLimit().toNanos();
        while (true) {
            flush();
            var stuck = control.tooMany();
            if (stuck.isPresent()) {
                return lost(GrpcStatus.RESOURCE_EXHAUSTED, stuck.get());
            }
            var next = earliest(heartbeatDue, silenceEnds);
            var listDue = channel.isWritable() ? outbox.due() : OptionalLong.empty();
            var end =
                    switch (mailbox.take(
                            listDue.isPresent() ? earliest(next, listDue.getAsLong()) : next)) {
                        case PeerFrame.Received(var message) -> {
                            var outcome = receive(message);
                            channel.fetch();
                            yield outcome;
                        }
                        case PeerFrame.Changed _ -> {
                            refresh();
                            yield Optional.<SessionEnd>empty();
                        }
                        case PeerFrame.Writable _ -> Optional.<SessionEnd>empty();
                        case PeerFrame.Unreadable(var error) -> Optional.of(unreadable(error));
                        case PeerFrame.Goodbye _ -> Optional.of(sayGoodbye());
                        case PeerFrame.Closed(var error) ->
                                Optional.<SessionEnd>of(
                                        error.<SessionEnd>map(SessionEnd.Lost::new)
                                                .orElseGet(SessionEnd.Closed::new));
                        case PeerFrame.Tick _ -> tick();
                    };
            if (end.isPresent()) {
                return end.get();
            }
        }
    }

    /// Only the dialer knows the other side's id of the peering, and only it asks for addresses.
    private void subscribe() {
        List.of(
                        PeerStreamRpc.EXPORTED_SERVICE,
                        PeerStreamRpc.EXPORTED_SERVICE_LIST,
                        PeerStreamRpc.TRUST_BUNDLE)
                .forEach(this::subscribe);
        if (dials) {
            subscribe(PeerStreamRpc.SERVER_ADDRESSES);
        }
    }

    private void subscribe(String url) {
        control.add(
                request(
                        Request.newBuilder()
                                .setPeerID(dials ? peering.peerId() : "")
                                .setResourceURL(url)));
    }

    private static ReplicationMessage request(Request.Builder request) {
        return ReplicationMessage.newBuilder().setRequest(request).build();
    }

    private void flush() {
        while (channel.isWritable()) {
            var answer = control.poll();
            if (answer.isPresent()) {
                channel.write(answer.get());
                continue;
            }
            var before = outbox.exported();
            var resource = outbox.next();
            for (var tooLarge : outbox.leftOut()) {
                context.events()
                        .accept(
                                new PeeringEvent.ResourceTooLarge(
                                        peering.name(),
                                        tooLarge.id(),
                                        tooLarge.most(),
                                        tooLarge.found()));
            }
            if (before != outbox.exported()) {
                tracker.publish(status -> status.exporting(outbox.exported()));
            }
            if (resource.isEmpty()) {
                return;
            }
            channel.write(resource.get());
            resources++;
            context.events().accept(new PeeringEvent.ResourceSent(peering.name()));
            tracker.note(status -> status.sent(Instant.now(context.clock())));
        }
    }

    private void refresh() {
        // first: what makes it whole is in the catalog by then
        var isWhole = context.catalog().knowledge().get() == Knowledge.WHOLE;
        outbox.refresh(context.catalog().snapshots().get(), context.store().now(), isWhole);
    }

    /// Once for each stream, when the peer has taken all that there was to say at its beginning.
    private void noteSynced() {
        if (!isSynced && outbox.isEmpty()) {
            isSynced = true;
            context.events()
                    .accept(
                            new PeeringEvent.StreamSynced(
                                    peering.name(),
                                    Duration.ofNanos(System.nanoTime() - begunAt),
                                    resources));
        }
    }

    private Optional<SessionEnd> tick() {
        var now = System.nanoTime();
        if (silenceEnds - now <= 0) {
            return Optional.of(lost(GrpcStatus.UNKNOWN, "heartbeat timeout"));
        }
        if (heartbeatDue - now <= 0) {
            control.addOnce(HEARTBEAT);
            heartbeatDue = now + context.times().heartbeatEvery().toNanos();
        }
        return Optional.empty();
    }

    private static long earliest(long a, long b) {
        return a - b < 0 ? a : b;
    }

    private Optional<SessionEnd> receive(ReplicationMessage message) throws InterruptedException {
        if (!isOpen && message.getPayloadCase() != ReplicationMessage.PayloadCase.TERMINATED) {
            open();
        }
        return switch (message.getPayloadCase()) {
            case REQUEST -> answer(message.getRequest());
            case RESPONSE -> {
                take(message.getResponse());
                yield Optional.empty();
            }
            case HEARTBEAT -> {
                silenceEnds = System.nanoTime() + context.times().silenceLimit().toNanos();
                heard(true);
                tracker.note(status -> status.heartbeat(Instant.now(context.clock())));
                yield Optional.empty();
            }
            case TERMINATED -> Optional.of(terminatedByPeer());
            // a second Open means nothing, and neither does what a later version may add
            case OPEN, PAYLOAD_NOT_SET -> Optional.empty();
        };
    }

    private Optional<SessionEnd> answer(Request request) {
        var url = request.getResourceURL();
        if (!KNOWN.contains(url)) {
            return Optional.of(
                    lost(
                            GrpcStatus.INVALID_ARGUMENT,
                            "subscription request to unknown resource URL: " + url));
        }
        if (!outbox.subscribe(url)) {
            outbox.acknowledged();
            noteSynced();
            if (request.hasError()) {
                var reason =
                        "client peer was unable to apply resource: "
                                + request.getError().getMessage();
                context.events().accept(new PeeringEvent.PeerNacked(peering.name(), url, reason));
            } else {
                var roots = outbox.rootsOf(request.getResponseNonce());
                if (!roots.isEmpty()) {
                    tracker.trusts(roots);
                }
            }
            return Optional.empty();
        }
        if (!request.getResponseNonce().isEmpty()) {
            return Optional.of(
                    lost(
                            GrpcStatus.INVALID_ARGUMENT,
                            "initial subscription requests for a resource type must not contain a nonce"));
        }
        if (request.hasError()) {
            return Optional.of(
                    lost(
                            GrpcStatus.INVALID_ARGUMENT,
                            "initial subscription request for a resource type must not contain an error"));
        }
        if (dials
                && !request.getPeerID().isEmpty()
                && !request.getPeerID().equals(peering.peerId())) {
            return Optional.of(
                    lost(
                            GrpcStatus.INVALID_ARGUMENT,
                            "initial subscription requests for a resource type must have consistent PeerID values: got=\""
                                    + request.getPeerID()
                                    + "\" expected=\""
                                    + peering.peerId()
                                    + "\""));
        }
        refresh();
        return Optional.empty();
    }

    /// Applies a resource, durably where it must be, and only then acknowledges it.
    private void take(Response response) {
        var answer =
                Request.newBuilder()
                        .setResourceURL(response.getResourceURL())
                        .setResponseNonce(response.getNonce());
        refusal(response)
                .ifPresent(refusal -> {
                    answer.setError(refusal.status());
                    context.events()
                            .accept(
                                    new PeeringEvent.ResourceRefused(
                                            peering.name(),
                                            response.getResourceID(),
                                            refusal.why(),
                                            refusal.status().getMessage()));
                });
        control.add(request(answer));
        tracker.note(status -> status.received(Instant.now(context.clock())));
    }

    private record Refusal(RefusalReason why, Status status) {}

    private Optional<Refusal> refusal(Response response) {
        var url = response.getResourceURL();
        if (!KNOWN.contains(url)) {
            return refusal(
                    RefusalReason.PROTOCOL,
                    GrpcStatus.INVALID_ARGUMENT,
                    "received response for unknown resource type \"" + url + "\"");
        }
        if (response.getNonce().isEmpty()) {
            return refusal(
                    RefusalReason.PROTOCOL,
                    GrpcStatus.INVALID_ARGUMENT,
                    "received response without a nonce for: "
                            + url
                            + ":"
                            + response.getResourceID());
        }
        if (response.getOperation() != Operation.OPERATION_UPSERT) {
            var operation =
                    response.getOperation() == Operation.UNRECOGNIZED
                            ? Integer.toString(response.getOperationValue())
                            : response.getOperation().name();
            return refusal(
                    RefusalReason.PROTOCOL,
                    GrpcStatus.INVALID_ARGUMENT,
                    "unsupported operation: \"" + operation + "\"");
        }
        if (!response.hasResource()) {
            return refusal(
                    RefusalReason.PROTOCOL,
                    GrpcStatus.INVALID_ARGUMENT,
                    "received upsert response with no content");
        }
        try {
            if (!response.getResource().getTypeUrl().equals(url)) {
                throw new RefusedImportException(
                        RefusalReason.PROTOCOL,
                        "mismatched resource URL: \"" + response.getResource().getTypeUrl() + "\"");
            }
            if (imports.apply(url, response.getResourceID(), response.getResource())) {
                tracker.changed();
            }
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return refusal(
                    RefusedImportException.reason(e),
                    GrpcStatus.INTERNAL,
                    "upsert error, ResourceURL: \""
                            + url
                            + "\", ResourceID: \""
                            + response.getResourceID()
                            + "\": "
                            + e.getMessage());
        }
    }

    private static Optional<Refusal> refusal(RefusalReason why, GrpcStatus code, String message) {
        return Optional.of(
                new Refusal(
                        why, Status.newBuilder().setCode(code.code).setMessage(message).build()));
    }

    private SessionEnd unreadable(StreamError error) {
        context.events()
                .accept(
                        new PeeringEvent.ResourceRefused(
                                peering.name(), "message", RefusalReason.LIMIT, error.message()));
        return new SessionEnd.Lost(error);
    }

    private static SessionEnd lost(GrpcStatus status, String message) {
        return new SessionEnd.Lost(new StreamError(status, message));
    }

    private SessionEnd terminatedByPeer() throws InterruptedException {
        PeeringWrites.update(
                        context.store(),
                        peering.id(),
                        record -> record.with(StoredState.TERMINATED))
                .ifPresent(reason ->
                        context.events()
                                .accept(
                                        new PeeringEvent.ResourceRefused(
                                                peering.name(),
                                                "terminated",
                                                RefusalReason.NOT_STORED,
                                                reason)));
        context.events().accept(new PeeringEvent.PeerTerminated(peering.name()));
        channel.end();
        drain();
        return new SessionEnd.PeerTerminated();
    }

    /// Our last word, written when the wire has room for it or never. The dialer also closes its
    /// half; the acceptor waits for that before it closes the stream.
    private SessionEnd sayGoodbye() throws InterruptedException {
        channel.write(TERMINATED);
        if (dials) {
            channel.end();
        }
        drain();
        return new SessionEnd.WeTerminated();
    }

    /// What the peer still sends is read and dropped until it closes too: a stream that is reset
    /// instead could lose the last word on its way.
    private void drain() throws InterruptedException {
        var deadline = System.nanoTime() + context.times().goodbyeLimit().toNanos();
        while (true) {
            switch (mailbox.take(deadline)) {
                case PeerFrame.Received _ -> channel.fetch();
                case PeerFrame.Changed _, PeerFrame.Writable _, PeerFrame.Goodbye _ -> {}
                case PeerFrame.Closed _, PeerFrame.Unreadable _, PeerFrame.Tick _ -> {
                    return;
                }
            }
        }
    }
}
