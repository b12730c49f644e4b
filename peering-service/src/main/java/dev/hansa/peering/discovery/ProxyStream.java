package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.ObservationCodec;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.TraceCodec;
import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.failover.wire.Denial;
import dev.hansa.failover.wire.ProxyMessage;
import dev.hansa.failover.wire.Refused;
import dev.hansa.failover.wire.Registration;
import dev.hansa.failover.wire.ServerMessage;
import dev.hansa.failover.wire.Servers;
import dev.hansa.failover.wire.Traced;
import dev.hansa.failover.wire.Upstream;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.trustbundle.Datacenter;
import io.vertx.core.Context;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One proxy's stream: registration and checks in, snapshots out. Everything here runs on the
/// stream's own event loop but [#send]; nothing blocks. A proxy that reads slowly holds one
/// snapshot, the newest.
final class ProxyStream implements ProxySession {
    /// An upstream is a listener of its own in the proxy; more than this in one is a mistake.
    private static final int MAX_UPSTREAMS = 1024;

    /// Snapshots sent and not yet acknowledged that are remembered, so that an ACK can be matched
    /// to its content.
    private static final int MAX_UNACKNOWLEDGED = 8;

    /// Of a snapshot. A server that was started anew each second for thirty years would be there;
    /// above it there might be no room for newer ones.
    private static final long MAX_VERSION = 1L << 62;

    /// Names and a sentence of names.
    private static final int MAX_DENIAL_TEXT = 512;

    private final ProxyIdentity identity;
    private final DenialLog denials;
    private final GrpcServerResponse<ProxyMessage, ServerMessage> response;
    private final Context loop;
    private final Datacenter datacenter;
    private final RoutePublisher publisher;
    private final ProxyRegistrations registrations;
    private final Consumer<PeeringEvent> events;
    private final Deque<RouteSnapshot> unacknowledged = new ArrayDeque<>();

    private volatile List<UpstreamName> upstreams = List.of();
    private volatile Optional<Sightings> sightings = Optional.empty();
    private volatile Optional<CertificateLife> certificate = Optional.empty();
    private volatile ProxyPlace place = ProxyPlace.UNKNOWN;
    private volatile RouteSnapshot acknowledged = RoutePublisher.NOTHING_YET;
    private @Nullable Registration registration;
    private List<CheckResult> results = List.of();
    private boolean serving;
    private volatile boolean transparent;
    private volatile String machine = "";
    private volatile long had;
    private volatile String owner = "";
    private volatile String issuer = "";
    private @Nullable RouteSnapshot waiting;

    /// The highest that the proxy has or was sent. Touched only on the event loop.
    private long newest;

    private boolean ended;

    ProxyStream(
            ProxyIdentity identity,
            GrpcServerRequest<ProxyMessage, ServerMessage> request,
            Context loop,
            Datacenter datacenter,
            RoutePublisher publisher,
            ProxyRegistrations registrations,
            DenialLog denials,
            Consumer<PeeringEvent> events) {
        this.identity = identity;
        this.response = request.response();
        this.loop = loop;
        this.datacenter = datacenter;
        this.publisher = publisher;
        this.registrations = registrations;
        this.denials = denials;
        this.events = events;
        response.drainHandler(_ -> flush());
        response.exceptionHandler(failure -> end("stream failed: " + failure.getMessage()));
        request.handler(this::take);
        request.exceptionHandler(failure -> end("stream failed: " + failure.getMessage()));
        request.errorHandler(error -> end("stream ended: " + error));
        request.endHandler(_ -> {
            end("the proxy closed its stream");
            response.end();
        });
        request.connection().closeHandler(_ -> end("the proxy's connection closed"));
    }

    @Override
    public ProxyIdentity identity() {
        return identity;
    }

    @Override
    public String name() {
        return owner;
    }

    @Override
    public String issuer() {
        return issuer;
    }

    @Override
    public List<UpstreamName> upstreams() {
        return upstreams;
    }

    @Override
    public long had() {
        return had;
    }

    @Override
    public boolean isTransparent() {
        return transparent;
    }

    @Override
    public Optional<Sightings> sightings() {
        return sightings;
    }

    @Override
    public Optional<CertificateLife> certificate() {
        return certificate;
    }

    @Override
    public ProxyPlace place() {
        return place;
    }

    @Override
    public String machine() {
        return machine.isEmpty() ? place.node() : machine;
    }

    @Override
    public RouteSnapshot acknowledgedRoutes() {
        return acknowledged;
    }

    @Override
    public void send(RouteSnapshot snapshot) {
        loop.runOnContext(_ -> {
            // a proxy takes newer ones only, and this server may count from further back than the
            // one that it was with: a restore knows of no starts since its snapshot was saved
            newest = Math.max(newest + 1, snapshot.version());
            waiting = snapshot.version() == newest ? snapshot : snapshot.at(newest);
            flush();
        });
    }

    @Override
    public void servers(List<Endpoint> servers) {
        var message = Servers.newBuilder();
        servers.forEach(server -> message.addAddresses(server.toString()));
        loop.runOnContext(_ -> {
            if (!ended) {
                response.write(ServerMessage.newBuilder().setServers(message).build());
            }
        });
    }

    @Override
    public void trace(long id, TraceOrder order) {
        loop.runOnContext(_ -> {
            if (!ended) {
                response.write(
                        ServerMessage.newBuilder().setTrace(TraceCodec.encode(id, order)).build());
            }
        });
    }

    private void traced(Traced message) {
        publisher
                .traces()
                .answered(
                        this,
                        message.getId(),
                        message.getProblem().isEmpty()
                                ? new Traces.Answer.Tried(TraceCodec.decode(message))
                                : new Traces.Answer.Untold(TraceCodec.problem(message)));
    }

    private void flush() {
        if (waiting == null || ended || response.writeQueueFull()) {
            return;
        }
        var snapshot = waiting;
        waiting = null;
        if (unacknowledged.size() == MAX_UNACKNOWLEDGED) {
            unacknowledged.removeFirst();
        }
        unacknowledged.addLast(snapshot);
        response.write(ServerMessage.newBuilder().setSnapshot(RouteCodec.encode(snapshot)).build());
    }

    private void take(ProxyMessage message) {
        if (ended) {
            return;
        }
        try {
            switch (message.getKindCase()) {
                case HELLO -> hello(message);
                case ACK -> {
                    issuer = message.getAck().getIssuer();
                    certificate = CertificateLife.told(message.getAck());
                    ack(message.getAck().getVersion(), message.getAck().getError());
                }
                case CHECKS -> register(message.getChecks().getResultsList());
                case UPSTREAMS -> {
                    upstreams = names(message.getUpstreams().getUpstreamsList());
                    publisher.changed();
                }
                case DENIAL -> denied(message.getDenial());
                case PRESENCE ->
                        presence(
                                message.getPresence().getServing(),
                                cut(message.getPresence().getReason()));
                case OBSERVED ->
                        sightings =
                                Optional.of(
                                        ObservationCodec.decode(message.getObserved(), upstreams));
                case TRACED -> traced(message.getTraced());
                case MOVED -> moved(message.getMoved().getWan());
                case KIND_NOT_SET -> {
                    // a proxy of tomorrow may say what is not known here yet
                    if (message.getUnknownFields().asMap().isEmpty()) {
                        throw new IllegalArgumentException("message: expected a kind; found none");
                    }
                }
            }
        } catch (IllegalArgumentException e) {
            refuse(String.valueOf(e.getMessage()));
        }
    }

    /// A sidecar speaks for its own service only.
    private void denied(Denial denial) {
        if (!(identity instanceof ProxyIdentity.Sidecar(_, var service))) {
            throw new IllegalArgumentException(
                    "denial: expected one from a sidecar; found one from '" + identity.id() + "'");
        }
        denials.add(
                new DenialLog.Denial(
                        Instant.ofEpochMilli(denial.getAtUnixMs()),
                        cut(denial.getSource()),
                        service.value(),
                        cut(denial.getIntention()),
                        cut(denial.getSentence())));
    }

    private static String cut(String text) {
        return text.length() > MAX_DENIAL_TEXT ? text.substring(0, MAX_DENIAL_TEXT) : text;
    }

    private void hello(ProxyMessage message) {
        if (registration != null) {
            throw new IllegalArgumentException("message: expected one hello; found another");
        }
        var hello = message.getHello();
        had = version(hello.getHaveVersion());
        newest = had;
        registration = hello.getRegistration();
        place = ProxyPlace.of(hello.getRegistration());
        owner = identity.id().path() + "#" + hello.getRegistration().getProxyId();
        upstreams = names(hello.getUpstreamsList());
        serving = !hello.getStandby();
        transparent = hello.getTransparent();
        machine = cut(hello.getRegistration().getMachine());
        // first: whoever waits for its registration finds it among the connected
        publisher.add(this);
        register(hello.getChecksList());
        events.accept(
                new PeeringEvent.ProxyConnected(
                        place.node(), hello.getRegistration().getProxyId(), identity.id().uri()));
    }

    private static long version(long said) {
        if (Long.compareUnsigned(said, MAX_VERSION) > 0) {
            throw new IllegalArgumentException(
                    "hello: expected the version of a snapshot, at most "
                            + MAX_VERSION
                            + "; found "
                            + Long.toUnsignedString(said));
        }
        return said;
    }

    private void register(List<CheckResult> results) {
        if (registration == null) {
            throw new IllegalArgumentException(
                    "message: expected a hello first; found something else");
        }
        this.results = results;
        var instances = ProxyInstances.of(identity, registration, results, datacenter);
        if (serving) {
            registrations.publish(owner, this, instances);
        }
    }

    /// A sidecar is reached by its own datacenter alone.
    private void moved(Address wan) {
        if (registration == null) {
            throw new IllegalArgumentException(
                    "message: expected a hello first; found something else");
        }
        if (!(identity instanceof ProxyIdentity.Gateway)) {
            throw new IllegalArgumentException(
                    "moved: expected a gateway; found '" + identity.id() + "'");
        }
        registration = registration.toBuilder().setWan(wan).build();
        register(results);
    }

    /// It goes on listening to us either way; what it vouches for is used while it serves.
    private void presence(boolean serves, String reason) {
        var served = serving;
        serving = serves;
        if (serves) {
            register(results);
        } else if (served) {
            registrations.ended(owner, this, reason);
        }
    }

    private static List<UpstreamName> names(List<Upstream> messages) {
        if (messages.size() > MAX_UPSTREAMS) {
            throw new IllegalArgumentException(
                    "upstreams: expected at most " + MAX_UPSTREAMS + "; found " + messages.size());
        }
        return messages.stream().map(RouteCodec::decode).distinct().toList();
    }

    private void ack(long version, String error) {
        if (!error.isEmpty()) {
            events.accept(
                    new PeeringEvent.ProxyRefused(
                            identity.id().uri(),
                            "snapshot " + version + " was not taken: " + error));
            return;
        }
        while (!unacknowledged.isEmpty() && unacknowledged.getFirst().version() <= version) {
            acknowledged = unacknowledged.removeFirst();
        }
        publisher.acknowledged();
    }

    private void refuse(String reason) {
        events.accept(new PeeringEvent.ProxyRefused(identity.id().uri(), reason));
        if (!ended) {
            response.write(
                    ServerMessage.newBuilder()
                            .setRefused(Refused.newBuilder().setReason(reason))
                            .build());
            response.status(GrpcStatus.INVALID_ARGUMENT).statusMessage(reason).end();
        }
        end(reason);
    }

    private void end(String reason) {
        if (ended) {
            return;
        }
        ended = true;
        publisher.remove(this);
        if (registration != null) {
            events.accept(
                    new PeeringEvent.ProxyDisconnected(
                            registration.getNodeName(),
                            registration.getProxyId(),
                            identity.id().uri(),
                            reason));
            registrations.ended(owner, this, reason);
        }
    }
}
