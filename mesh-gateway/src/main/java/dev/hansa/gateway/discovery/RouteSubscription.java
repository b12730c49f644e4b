package dev.hansa.gateway.discovery;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.Observation;
import dev.hansa.failover.ObservationCodec;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.TraceCodec;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.wire.Ack;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.failover.wire.CheckResults;
import dev.hansa.failover.wire.Denial;
import dev.hansa.failover.wire.Hello;
import dev.hansa.failover.wire.ProxyMessage;
import dev.hansa.failover.wire.Registration;
import dev.hansa.failover.wire.ServerMessage;
import dev.hansa.failover.wire.Snapshot;
import dev.hansa.failover.wire.Trace;
import dev.hansa.failover.wire.Traced;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// One identity's stream to the server: registers it, reports its checks, and keeps the newest good
/// snapshot. While the server is away the last one stays, for as long as it takes.
public final class RouteSubscription implements AutoCloseable {
    /// As a person looks; what has not changed is not said again.
    private static final Duration OBSERVED_EVERY = Duration.ofSeconds(1);

    private final Identity identity;
    private final ControlChannel control;
    private final Registration registration;
    private final List<UpstreamName> upstreams;
    private final Latest<List<CheckResult>> checks;
    private final Latest<Presence> presence;
    private final Supplier<List<Observation>> observations;
    private final Tracer tracer;

    /// A trace holds a connection and no more: one at a time is what a person asks for.
    private final Semaphore traces = new Semaphore(1);

    private final Optional<SnapshotFile> file;
    private final String software;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final Latest<Optional<RouteSnapshot>> snapshot;
    private final Latest<Optional<Instant>> lostAt;
    private final Allowance denials = new Allowance();
    private final Thread thread;
    private volatile @Nullable Conversation conversation;

    /// @param checks of the application; each change is reported
    /// @param presence each change is reported
    /// @param observations of each upstream; told now and then
    /// @param tracer asked when the server wants to know how its ways are
    /// @param dataDir where the last good snapshot is kept; empty: nowhere
    public RouteSubscription(
            Identity identity,
            ControlChannel control,
            Registration registration,
            List<UpstreamName> upstreams,
            Latest<List<CheckResult>> checks,
            Latest<Presence> presence,
            Supplier<List<Observation>> observations,
            Tracer tracer,
            Optional<Path> dataDir,
            String software,
            Clock clock,
            Consumer<GatewayEvent> events) {
        this.identity = identity;
        this.control = control;
        this.registration = registration;
        this.upstreams = List.copyOf(upstreams);
        this.checks = checks;
        this.presence = presence;
        this.observations = observations;
        this.tracer = tracer;
        this.file = dataDir.map(directory -> new SnapshotFile(directory, identity.id().path()));
        this.software = software;
        this.clock = clock;
        this.events = events;
        this.snapshot = new Latest<>(remembered());
        this.lostAt = new Latest<>(Optional.of(clock.instant()));
        this.thread = Thread.ofVirtual().name("routes-" + identity.id().path()).start(this::run);
    }

    private Optional<RouteSnapshot> remembered() {
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            var found = file.get().load();
            if (found.isPresent() && !found.get().trustDomain().equals(ownDomain())) {
                events.accept(
                        new GatewayEvent.SnapshotRefused(
                                identity.id().uri(),
                                "on disk: required trust domain '"
                                        + ownDomain()
                                        + "'; found '"
                                        + found.get().trustDomain()
                                        + "'"));
                return Optional.empty();
            }
            found.flatMap(this::ownBundle).ifPresent(control::alsoTrusts);
            return found;
        } catch (IOException e) {
            events.accept(
                    new GatewayEvent.SnapshotRefused(
                            identity.id().uri(), String.valueOf(e.getMessage())));
            return Optional.empty();
        }
    }

    private Optional<TrustBundle> ownBundle(RouteSnapshot from) {
        return from.bundles().of(ownDomain()).filter(bundle -> !bundle.roots().isEmpty());
    }

    private TrustDomain ownDomain() {
        return identity.id().trustDomain();
    }

    /// The newest good snapshot; empty until there is one.
    public Latest<Optional<RouteSnapshot>> snapshot() {
        return snapshot;
    }

    /// Since when the server has not been heard; empty while the stream is up.
    public Optional<Instant> lostAt() {
        return lostAt.get();
    }

    /// Waits until the server has been heard, at most `limit`.
    ///
    /// @throws InterruptedException when the process is told to stop
    public void awaitServer(Duration limit) throws InterruptedException {
        lostAt.await(Optional::isEmpty, limit);
    }

    /// Tells the server of a call that was denied, if there is one that listens and keeps up; the
    /// access log has them all.
    public void report(GatewayEvent.IntentionDenied denied) {
        var listening = conversation;
        if (listening != null && denials.tryTake(System.nanoTime())) {
            listening.report(denied);
        }
    }

    private void run() {
        var backoff = new Backoff();
        var attempt = 0;
        try {
            while (true) {
                var certificate =
                        identity.certificate().await(Optional::isPresent, Duration.ofDays(1));
                if (certificate.isEmpty()) {
                    continue;
                }
                var served = converse(attempt++, certificate.get());
                if (lostAt.get().isEmpty()) {
                    lostAt.set(Optional.of(clock.instant()));
                }
                if (served) {
                    backoff.reset();
                }
                backoff.pause(control.servers());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// One stream, from hello to its end; true when the server sent routes.
    private boolean converse(int attempt, ProxyCertificate certificate)
            throws InterruptedException {
        var server = control.server(attempt);
        ManagedChannel channel;
        try {
            channel = control.open(server, Optional.of(certificate));
        } catch (SSLException e) {
            events.accept(
                    new GatewayEvent.ControlLost(
                            identity.id().uri(), String.valueOf(e.getMessage())));
            return false;
        }
        var talk = new Conversation(server.toString());
        try {
            var out =
                    ClientCalls.asyncBidiStreamingCall(
                            channel.newCall(ControlChannel.ROUTES, CallOptions.DEFAULT), talk);
            talk.begin(out);
            conversation = talk;
            try (var _ = presence.watch(talk::presence);
                    var _ = checks.watch(talk::report);
                    var _ = identity.certificate().watch(_ -> talk.certified())) {
                while (!talk.ended.await(OBSERVED_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                    talk.observed(observations.get());
                }
            }
        } finally {
            conversation = null;
            talk.close();
            channel.shutdownNow();
            channel.awaitTermination(1, TimeUnit.SECONDS);
        }
        return talk.served;
    }

    /// So many at once, and so many a second after that: a caller that is denied in a loop must not
    /// keep the server busy.
    private static final class Allowance {
        private static final int BURST = 100;
        private static final long EVERY_NANOS = 20_000_000;

        private long fullAt = System.nanoTime();

        /// Is there one left at this `System.nanoTime`.
        synchronized boolean tryTake(long now) {
            var start = fullAt - now > 0 ? fullAt : now;
            if (start - now > (BURST - 1) * EVERY_NANOS) {
                return false;
            }
            fullAt = start + EVERY_NANOS;
            return true;
        }
    }

    private final class Conversation implements StreamObserver<ServerMessage> {
        private final String server;
        private final CountDownLatch ended = new CountDownLatch(1);
        private @Nullable StreamObserver<ProxyMessage> out;
        private volatile boolean heard;
        private volatile boolean leaving;
        private volatile boolean served;
        private boolean standby;
        private long acknowledged;
        private String toldIssuer = "";
        private List<Observation> toldSeen = List.of();

        Conversation(String server) {
            this.server = server;
        }

        synchronized void begin(StreamObserver<ProxyMessage> stream) {
            out = stream;
            standby = presence.get() != Presence.SERVING;
            var hello =
                    Hello.newBuilder()
                            .setHaveVersion(snapshot.get().map(RouteSnapshot::version).orElse(0L))
                            .setRegistration(registration)
                            .setSoftware(software)
                            .setStandby(standby)
                            .addAllChecks(checks.get());
            upstreams.forEach(upstream -> hello.addUpstreams(RouteCodec.encode(upstream)));
            send(ProxyMessage.newBuilder().setHello(hello).build());
        }

        void report(GatewayEvent.IntentionDenied denied) {
            send(
                    ProxyMessage.newBuilder()
                            .setDenial(
                                    Denial.newBuilder()
                                            .setAtUnixMs(denied.at().toEpochMilli())
                                            .setSource(denied.source())
                                            .setIntention(denied.intention())
                                            .setSentence(denied.sentence()))
                            .build());
        }

        synchronized void report(List<CheckResult> results) {
            if (presence.get() != Presence.SUCCEEDED) {
                send(
                        ProxyMessage.newBuilder()
                                .setChecks(CheckResults.newBuilder().addAllResults(results))
                                .build());
            }
        }

        synchronized void observed(List<Observation> now) {
            if (acknowledged != 0 && !now.equals(toldSeen)) {
                toldSeen = now;
                send(ProxyMessage.newBuilder().setObserved(ObservationCodec.encode(now)).build());
            }
        }

        synchronized void presence(Presence now) {
            var serving = now == Presence.SERVING;
            // what a successor has registered is not ours to take back
            if (serving == standby && now != Presence.SUCCEEDED) {
                send(
                        ProxyMessage.newBuilder()
                                .setPresence(
                                        dev.hansa.failover.wire.Presence.newBuilder()
                                                .setServing(serving)
                                                .setReason(serving ? "" : "draining"))
                                .build());
            }
            standby = !serving;
        }

        private synchronized void send(ProxyMessage message) {
            if (out != null && ended.getCount() > 0) {
                out.onNext(message);
            }
        }

        synchronized void close() {
            leaving = true;
            if (out != null && ended.getCount() > 0) {
                out.onCompleted();
            }
            out = null;
        }

        @Override
        public void onNext(ServerMessage message) {
            if (!heard) {
                heard = true;
                lostAt.set(Optional.empty());
                events.accept(new GatewayEvent.ControlConnected(identity.id().uri(), server));
            }
            switch (message.getKindCase()) {
                case SNAPSHOT -> {
                    served = true;
                    acknowledge(message.getSnapshot());
                }
                case REFUSED ->
                        events.accept(
                                new GatewayEvent.ControlLost(
                                        identity.id().uri(),
                                        "refused: " + message.getRefused().getReason()));
                case SERVERS -> servers(message.getServers().getAddressesList());
                case TRACE -> trace(message.getTrace());
                case KIND_NOT_SET ->
                        events.accept(
                                new GatewayEvent.SnapshotRefused(
                                        identity.id().uri(),
                                        "expected a snapshot; found a message of a kind not known here"));
            }
        }

        private void servers(List<String> addresses) {
            try {
                control.serversAre(addresses.stream().map(Endpoint::parse).toList());
            } catch (IllegalArgumentException e) {
                events.accept(
                        new GatewayEvent.SnapshotRefused(
                                identity.id().uri(), String.valueOf(e.getMessage())));
            }
        }

        private void trace(Trace message) {
            if (!traces.tryAcquire()) {
                traced(TraceCodec.problem(message.getId(), "another trace is under way"));
                return;
            }
            try {
                tracer.trace(
                        TraceCodec.decode(message),
                        ways -> {
                            traces.release();
                            traced(TraceCodec.encode(message.getId(), ways));
                        });
            } catch (IllegalArgumentException e) {
                traces.release();
                traced(TraceCodec.problem(message.getId(), String.valueOf(e.getMessage())));
            }
        }

        private void traced(Traced message) {
            send(ProxyMessage.newBuilder().setTraced(message).build());
        }

        private void acknowledge(Snapshot message) {
            var error = take(message);
            synchronized (this) {
                acknowledged = message.getVersion();
                toldIssuer = issuer();
                send(ack(error));
            }
        }

        /// Whoever waits for the end of an issuer waits for this word.
        synchronized void certified() {
            if (acknowledged != 0 && !toldIssuer.equals(issuer())) {
                toldIssuer = issuer();
                send(ack(""));
            }
        }

        private ProxyMessage ack(String error) {
            return ProxyMessage.newBuilder()
                    .setAck(
                            Ack.newBuilder()
                                    .setVersion(acknowledged)
                                    .setError(error)
                                    .setIssuer(toldIssuer))
                    .build();
        }

        private String issuer() {
            return identity.certificate().get().map(ProxyCertificate::issuer).orElse("");
        }

        @Override
        public void onError(Throwable failure) {
            if (leaving) {
                ended.countDown();
                return;
            }
            var status = Status.fromThrowable(failure);
            var cause = status.getCause();
            events.accept(
                    new GatewayEvent.ControlLost(
                            identity.id().uri(),
                            server
                                    + ": "
                                    + status.getCode()
                                    + (status.getDescription() == null
                                            ? ""
                                            : ": " + status.getDescription())
                                    + (cause == null || cause.getMessage() == null
                                            ? ""
                                            : ": " + cause.getMessage())));
            ended.countDown();
        }

        @Override
        public void onCompleted() {
            events.accept(
                    new GatewayEvent.ControlLost(
                            identity.id().uri(), server + " ended the stream"));
            ended.countDown();
        }
    }

    /// Takes a snapshot, or says why not; the last good one stays then.
    private String take(Snapshot message) {
        try {
            var next = RouteCodec.decode(message);
            if (!next.trustDomain().equals(ownDomain())) {
                throw new IllegalArgumentException(
                        "required trust domain '"
                                + ownDomain()
                                + "'; found '"
                                + next.trustDomain()
                                + "'");
            }
            // what a gateway would make of it must be possible before anything is replaced
            var table = RouteTable.of(next);
            var present = snapshot.get().map(RouteSnapshot::version).orElse(0L);
            if (table.version() <= present) {
                events.accept(
                        new GatewayEvent.SnapshotIgnored(
                                identity.id().uri(), next.version(), present));
                return "";
            }
            snapshot.set(Optional.of(next));
            ownBundle(next).ifPresent(control::trusts);
            identity.issuerIs(next.activeIssuer());
            events.accept(new GatewayEvent.SnapshotTaken(identity.id().uri(), next.version()));
            if (file.isPresent()) {
                file.get().save(next);
            }
            return "";
        } catch (IllegalArgumentException e) {
            events.accept(
                    new GatewayEvent.SnapshotRefused(
                            identity.id().uri(), String.valueOf(e.getMessage())));
            return String.valueOf(e.getMessage());
        } catch (IOException e) {
            // it routes by it all the same; only a restart while the server is away would miss it
            events.accept(new GatewayEvent.BackgroundFailure("saving the snapshot", e));
            return "";
        }
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
