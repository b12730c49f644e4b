package dev.hansa.gateway.discovery;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.ObservationCodec;
import dev.hansa.failover.RouteCodec;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.wire.Ack;
import dev.hansa.failover.wire.Address;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.failover.wire.CheckResults;
import dev.hansa.failover.wire.Denial;
import dev.hansa.failover.wire.Hello;
import dev.hansa.failover.wire.Moved;
import dev.hansa.failover.wire.ProxyMessage;
import dev.hansa.failover.wire.Registration;
import dev.hansa.failover.wire.ServerMessage;
import dev.hansa.failover.wire.Snapshot;
import dev.hansa.failover.wire.Traced;
import dev.hansa.failover.wire.Upstreams;
import dev.hansa.gateway.GatewayEvent;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
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
    private volatile Registration registration;
    private final boolean transparent;
    private final Latest<List<CheckResult>> checks;
    private final Latest<Presence> presence;
    private final Supplier<Sightings> sightings;
    private final TraceAnswers traces;
    private final String software;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final LastGood routes;
    private final NamedEndpoints addresses;
    private final Latest<Optional<Instant>> lostAt;
    private final List<UpstreamName> upstreams;
    private final Allowance denials = new Allowance();
    private final Thread thread;
    private volatile @Nullable Conversation conversation;

    /// Has what is on the disk, and asks nobody before it is started.
    ///
    /// @param transparent whether it wants the way to each service that has a virtual address
    /// @param checks of the application; each change is reported
    /// @param presence each change is reported
    /// @param sightings what has become of connections; told now and then
    /// @param tracer asked when the server wants to know how its ways are
    /// @param dataDir where the last good snapshot is kept; empty: nowhere
    public RouteSubscription(
            Identity identity,
            ControlChannel control,
            Registration registration,
            List<UpstreamName> upstreams,
            boolean transparent,
            Latest<List<CheckResult>> checks,
            Latest<Presence> presence,
            Supplier<Sightings> sightings,
            Tracer tracer,
            Optional<Path> dataDir,
            String software,
            Clock clock,
            Consumer<GatewayEvent> events) {
        this.identity = identity;
        this.control = control;
        this.registration = registration;
        this.upstreams = new CopyOnWriteArrayList<>(upstreams);
        this.transparent = transparent;
        this.checks = checks;
        this.presence = presence;
        this.sightings = sightings;
        this.traces = new TraceAnswers(tracer);
        this.software = software;
        this.clock = clock;
        this.events = events;
        this.routes =
                new LastGood(
                        identity,
                        control,
                        dataDir.map(directory -> new SnapshotFile(directory, identity.id().path())),
                        events);
        this.addresses = new NamedEndpoints(routes.snapshot(), DnsLookup.OF_THE_MACHINE, events);
        this.lostAt = new Latest<>(Optional.of(clock.instant()));
        this.thread =
                Thread.ofVirtual().name("routes-" + identity.id().path()).unstarted(this::run);
    }

    /// Turns to the server. Once.
    ///
    /// @return this
    public RouteSubscription start() {
        thread.start();
        return this;
    }

    /// The newest good snapshot, with the addresses of the host names in it; empty until there is
    /// one.
    public Latest<Optional<RouteSnapshot>> snapshot() {
        return addresses.snapshot();
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

    /// From now on peers reach this gateway there.
    public void moved(Endpoint wan) {
        registration =
                registration.toBuilder()
                        .setWan(Address.newBuilder().setHost(wan.host()).setPort(wan.port()))
                        .build();
        var listening = conversation;
        if (listening != null) {
            listening.moved();
        }
    }

    /// From now on this is an upstream too: its application has dialled it.
    public void alsoCalls(UpstreamName upstream) {
        if (!upstreams.contains(upstream)) {
            upstreams.add(upstream);
            var listening = conversation;
            if (listening != null) {
                listening.upstreams();
            }
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
            // first, so that no upstream is dialled between its list and this
            conversation = talk;
            talk.begin(out);
            try (var _ = presence.watch(talk::presence);
                    var _ = checks.watch(talk::report);
                    var _ = identity.certificate().watch(_ -> talk.certified())) {
                while (!talk.ended.await(OBSERVED_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                    talk.observed(sightings.get());
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
        private long answered;
        private String refusal = "";
        private Optional<ProxyCertificate> toldCertificate = Optional.empty();
        private Sightings toldSeen = Sightings.NONE;

        Conversation(String server) {
            this.server = server;
        }

        synchronized void begin(StreamObserver<ProxyMessage> stream) {
            out = stream;
            standby = presence.get() != Presence.SERVING;
            var hello =
                    Hello.newBuilder()
                            .setHaveVersion(routes.version())
                            .setRegistration(registration)
                            .setSoftware(software)
                            .setStandby(standby)
                            .setTransparent(transparent)
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

        synchronized void moved() {
            send(
                    ProxyMessage.newBuilder()
                            .setMoved(Moved.newBuilder().setWan(registration.getWan()))
                            .build());
        }

        synchronized void upstreams() {
            var all = Upstreams.newBuilder();
            upstreams.forEach(upstream -> all.addUpstreams(RouteCodec.encode(upstream)));
            send(ProxyMessage.newBuilder().setUpstreams(all).build());
        }

        synchronized void report(List<CheckResult> results) {
            if (presence.get() != Presence.SUCCEEDED) {
                send(
                        ProxyMessage.newBuilder()
                                .setChecks(CheckResults.newBuilder().addAllResults(results))
                                .build());
            }
        }

        synchronized void observed(Sightings now) {
            if (answered != 0 && !now.equals(toldSeen)) {
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
                case TRACE -> traces.answer(message.getTrace(), this::traced);
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

        private void traced(Traced message) {
            send(ProxyMessage.newBuilder().setTraced(message).build());
        }

        private void acknowledge(Snapshot message) {
            var error = routes.take(message);
            synchronized (this) {
                answered = message.getVersion();
                refusal = error;
                toldCertificate = identity.certificate().get();
                send(ack());
            }
        }

        /// Whoever waits for the end of an issuer waits for this word.
        synchronized void certified() {
            var now = identity.certificate().get();
            if (answered != 0 && !toldCertificate.equals(now)) {
                toldCertificate = now;
                // what was not taken has not been taken by that
                send(ack());
            }
        }

        private ProxyMessage ack() {
            var ack = Ack.newBuilder().setVersion(answered).setError(refusal);
            toldCertificate.ifPresent(certificate ->
                    ack.setIssuer(certificate.issuer())
                            .setCertificateNotBeforeUnixMs(certificate.notBefore().toEpochMilli())
                            .setCertificateNotAfterUnixMs(certificate.notAfter().toEpochMilli()));
            return ProxyMessage.newBuilder().setAck(ack).build();
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

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        // returns at once for one that was never started
        thread.join();
        addresses.close();
    }
}
